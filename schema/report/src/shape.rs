//! What is declared, as data: for schemas and for documentation.

/// An object's declaration.
#[derive(Debug, Clone, Copy)]
pub struct Object {
    /// Its name in schemas.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its keys in the order in which they are written. Each is always there.
    pub fields: &'static [Field],
}

/// A key of an object.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What its value means.
    pub about: &'static str,
    /// What values it takes.
    pub shape: Shape,
}

/// What values a key takes.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Any text.
    Text,
    /// A whole number, not negative.
    Number,
    /// `true` or `false`.
    Flag,
    /// Seconds with six decimals.
    Seconds,
    /// A time of day in UTC (RFC 3339) with milliseconds.
    Time,
    /// `sha256:` and 64 hexadecimal digits.
    Digest,
    /// `0x` and 16 hexadecimal digits.
    Word,
    /// 16 hexadecimal digits.
    Bits,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// An object with these keys.
    Object(&'static Object),
    /// An object with any keys, each a text or a number.
    Arguments,
    /// `null`, or a value of the shape.
    Nullable(&'static Shape),
    /// A list of such values.
    List(&'static Shape),
    /// A list of exactly so many.
    Array(&'static Shape, usize),
}
