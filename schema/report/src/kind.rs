//! The kinds of values that keys take: how each is held, written, read and described.

use crate::hold::Hold;
use crate::json::Json;
use crate::shape::Shape;
use crate::source::{ArgumentsOf, ListOf, Source, TextOf};
use crate::time::parse_time;
use core::marker::PhantomData;
use core::time::Duration;

/// A kind of value. Types that implement it stand in declarations and have no values of their own.
pub trait Kind: 'static {
    /// What holds such a value.
    type Held<H: Hold>;
    /// What values there are.
    const SHAPE: Shape;

    /// Writes a value.
    fn write<H: Hold>(held: Self::Held<H>, json: &mut Json<'_>);

    /// Reads a value.
    fn read<S: Source>(source: &S) -> Result<Self::Held<S::Hold>, S::Error>;
}

/// A kind of value that 64 bits hold.
pub trait Whole: 'static {
    /// As in [`Kind`].
    const SHAPE: Shape;

    /// Writes a value.
    fn write(value: u64, json: &mut Json<'_>);

    /// Reads a value.
    fn read<S: Source>(source: &S) -> Result<u64, S::Error>;
}

impl<W: Whole> Kind for W {
    type Held<H: Hold> = u64;
    const SHAPE: Shape = W::SHAPE;

    fn write<H: Hold>(held: u64, json: &mut Json<'_>) {
        W::write(held, json);
    }

    fn read<S: Source>(source: &S) -> Result<u64, S::Error> {
        W::read(source)
    }
}

/// A whole number.
#[derive(Debug)]
pub enum Number {}

impl Whole for Number {
    const SHAPE: Shape = Shape::Number;

    fn write(value: u64, json: &mut Json<'_>) {
        json.number(value, 1);
    }

    fn read<S: Source>(source: &S) -> Result<u64, S::Error> {
        source.number()
    }
}

/// The value of a register: `0x` and 16 hexadecimal digits.
#[derive(Debug)]
pub enum Word {}

impl Whole for Word {
    const SHAPE: Shape = Shape::Word;

    fn write(value: u64, json: &mut Json<'_>) {
        json.hexadecimal("0x", &value.to_be_bytes());
    }

    fn read<S: Source>(source: &S) -> Result<u64, S::Error> {
        let text = source.text()?;
        let digits = text.as_ref().strip_prefix(b"0x");
        let value = digits.and_then(hexadecimal).map(u64::from_be_bytes);
        value.ok_or_else(|| source.wrong("`0x` and 16 hexadecimal digits"))
    }
}

/// A set of 64 bits: 16 hexadecimal digits.
#[derive(Debug)]
pub enum Bits {}

impl Whole for Bits {
    const SHAPE: Shape = Shape::Bits;

    fn write(value: u64, json: &mut Json<'_>) {
        json.hexadecimal("", &value.to_be_bytes());
    }

    fn read<S: Source>(source: &S) -> Result<u64, S::Error> {
        let value = hexadecimal(source.text()?.as_ref()).map(u64::from_be_bytes);
        value.ok_or_else(|| source.wrong("16 hexadecimal digits"))
    }
}

/// The bytes of exactly so many lower-case hexadecimal digits.
fn hexadecimal<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(byte.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    };
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

/// A SHA-256: `sha256:` and 64 hexadecimal digits.
#[derive(Debug)]
pub enum Digest {}

/// The bytes of a digest's text; `None` for any other text.
pub fn parse_digest(text: &[u8]) -> Option<[u8; 32]> {
    text.strip_prefix(b"sha256:").and_then(hexadecimal)
}

impl Kind for Digest {
    type Held<H: Hold> = [u8; 32];
    const SHAPE: Shape = Shape::Digest;

    fn write<H: Hold>(held: [u8; 32], json: &mut Json<'_>) {
        json.hexadecimal("sha256:", &held);
    }

    fn read<S: Source>(source: &S) -> Result<[u8; 32], S::Error> {
        let digest = parse_digest(source.text()?.as_ref());
        digest.ok_or_else(|| source.wrong("`sha256:` and 64 hexadecimal digits"))
    }
}

/// `true` or `false`.
#[derive(Debug)]
pub enum Flag {}

impl Kind for Flag {
    type Held<H: Hold> = bool;
    const SHAPE: Shape = Shape::Flag;

    fn write<H: Hold>(held: bool, json: &mut Json<'_>) {
        json.literal(if held { "true" } else { "false" });
    }

    fn read<S: Source>(source: &S) -> Result<bool, S::Error> {
        source.flag()
    }
}

/// A number of seconds.
#[derive(Debug)]
pub enum Seconds {}

impl Kind for Seconds {
    type Held<H: Hold> = Duration;
    const SHAPE: Shape = Shape::Seconds;

    fn write<H: Hold>(held: Duration, json: &mut Json<'_>) {
        json.seconds(held);
    }

    fn read<S: Source>(source: &S) -> Result<Duration, S::Error> {
        source.seconds()
    }
}

/// A time of day in UTC, held as the time since 1970.
#[derive(Debug)]
pub enum Time {}

impl Kind for Time {
    type Held<H: Hold> = Duration;
    const SHAPE: Shape = Shape::Time;

    fn write<H: Hold>(held: Duration, json: &mut Json<'_>) {
        json.time(held);
    }

    fn read<S: Source>(source: &S) -> Result<Duration, S::Error> {
        let time = parse_time(source.text()?.as_ref());
        time.ok_or_else(|| source.wrong("a time such as `2000-02-29T23:59:59.123Z`"))
    }
}

/// A text.
#[derive(Debug)]
pub enum Text {}

impl Kind for Text {
    type Held<H: Hold> = H::Text;
    const SHAPE: Shape = Shape::Text;

    fn write<H: Hold>(held: H::Text, json: &mut Json<'_>) {
        json.text("", held.as_ref());
    }

    fn read<S: Source>(source: &S) -> Result<TextOf<S>, S::Error> {
        source.text()
    }
}

/// `null`, or a value of the kind.
#[derive(Debug)]
pub struct Nullable<K>(PhantomData<K>);

impl<K: Kind> Kind for Nullable<K> {
    type Held<H: Hold> = Option<K::Held<H>>;
    const SHAPE: Shape = Shape::Nullable(&K::SHAPE);

    fn write<H: Hold>(held: Self::Held<H>, json: &mut Json<'_>) {
        match held {
            Some(held) => K::write::<H>(held, json),
            None => json.literal("null"),
        }
    }

    fn read<S: Source>(source: &S) -> Result<Self::Held<S::Hold>, S::Error> {
        (!source.is_null()).then(|| K::read(source)).transpose()
    }
}

/// A list of values of the kind.
#[derive(Debug)]
pub struct List<K>(PhantomData<K>);

impl<K: Kind> Kind for List<K> {
    type Held<H: Hold> = H::List<K>;
    const SHAPE: Shape = Shape::List(&K::SHAPE);

    fn write<H: Hold>(held: Self::Held<H>, json: &mut Json<'_>) {
        json.list(|json| {
            for one in held {
                json.next();
                K::write::<H>(one, json);
            }
        });
    }

    fn read<S: Source>(source: &S) -> Result<ListOf<S, K>, S::Error> {
        source.list::<K>()
    }
}

/// A list of exactly so many numbers of the kind.
#[derive(Debug)]
pub struct Array<W, const N: usize>(PhantomData<W>);

impl<W: Whole, const N: usize> Kind for Array<W, N> {
    type Held<H: Hold> = [u64; N];
    const SHAPE: Shape = Shape::Array(&W::SHAPE, N);

    fn write<H: Hold>(held: [u64; N], json: &mut Json<'_>) {
        json.list(|json| {
            for one in held {
                json.next();
                W::write(one, json);
            }
        });
    }

    fn read<S: Source>(source: &S) -> Result<[u64; N], S::Error> {
        let too_long_or_short = || source.wrong("a list of the declared length");
        let mut found = source.list::<W>()?.into_iter();
        let mut values = [0; N];
        for value in &mut values {
            *value = found.next().ok_or_else(too_long_or_short)?;
        }
        match found.next() {
            Some(_) => Err(too_long_or_short()),
            None => Ok(values),
        }
    }
}

/// The arguments of a call by name.
#[derive(Debug)]
pub enum Arguments {}

/// The value of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument<T> {
    /// A small number.
    Number(u64),
    /// The names of constants, or an address in hexadecimal digits.
    Text(T),
}

impl Kind for Arguments {
    type Held<H: Hold> = H::Arguments;
    const SHAPE: Shape = Shape::Arguments;

    fn write<H: Hold>(held: Self::Held<H>, json: &mut Json<'_>) {
        json.object(|json| {
            for (name, value) in held {
                json.key(name.as_ref());
                match value {
                    Argument::Number(number) => json.number(number, 1),
                    Argument::Text(text) => json.text("", text.as_ref()),
                }
            }
        });
    }

    fn read<S: Source>(source: &S) -> Result<ArgumentsOf<S>, S::Error> {
        source.arguments()
    }
}

impl<T> Argument<T> {
    /// Reads one.
    pub fn read<S: Source>(source: &S) -> Result<Self, S::Error>
    where
        S::Hold: Hold<Text = T>,
    {
        match source.number() {
            Ok(number) => Ok(Self::Number(number)),
            Err(_) => source.text().map(Self::Text),
        }
    }
}
