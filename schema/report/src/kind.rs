//! The kinds of values that keys take: how each is held, written, read and described.

use crate::json::Json;
use crate::shape::Shape;
use crate::time::parse_time;
use crate::value::{Argument, ArgumentsOf, Kind, ListOf, Source, Storage, TextOf};
use core::marker::PhantomData;
use core::time::Duration;

/// A kind of value that 64 bits hold.
pub trait Integer: 'static {
    /// As in [`Kind`].
    const SHAPE: Shape;

    /// Writes a value.
    fn write(value: u64, json: &mut Json<'_>);

    /// Reads a value.
    fn read<S: Source>(source: &S) -> Result<u64, S::Error>;
}

impl<W: Integer> Kind for W {
    type Value<H: Storage> = u64;
    const SHAPE: Shape = W::SHAPE;

    fn write<H: Storage>(value: u64, json: &mut Json<'_>) {
        W::write(value, json);
    }

    fn read<S: Source>(source: &S) -> Result<u64, S::Error> {
        W::read(source)
    }
}

/// A whole number.
#[derive(Debug)]
pub enum Number {}

impl Integer for Number {
    const SHAPE: Shape = Shape::Number;

    fn write(value: u64, json: &mut Json<'_>) {
        json.number(value);
    }

    fn read<S: Source>(source: &S) -> Result<u64, S::Error> {
        source.number()
    }
}

/// The value of a register: `0x` and 16 hexadecimal digits.
#[derive(Debug)]
pub enum Word {}

impl Integer for Word {
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

impl Integer for Bits {
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
    type Value<H: Storage> = [u8; 32];
    const SHAPE: Shape = Shape::Digest;

    fn write<H: Storage>(value: [u8; 32], json: &mut Json<'_>) {
        json.hexadecimal("sha256:", &value);
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
    type Value<H: Storage> = bool;
    const SHAPE: Shape = Shape::Flag;

    fn write<H: Storage>(value: bool, json: &mut Json<'_>) {
        json.literal(if value { "true" } else { "false" });
    }

    fn read<S: Source>(source: &S) -> Result<bool, S::Error> {
        source.flag()
    }
}

/// A number of seconds.
#[derive(Debug)]
pub enum Seconds {}

impl Kind for Seconds {
    type Value<H: Storage> = Duration;
    const SHAPE: Shape = Shape::Seconds;

    fn write<H: Storage>(value: Duration, json: &mut Json<'_>) {
        json.seconds(value);
    }

    fn read<S: Source>(source: &S) -> Result<Duration, S::Error> {
        source.seconds()
    }
}

/// A time of day in UTC, held as the time since 1970.
#[derive(Debug)]
pub enum Time {}

impl Kind for Time {
    type Value<H: Storage> = Duration;
    const SHAPE: Shape = Shape::Time;

    fn write<H: Storage>(value: Duration, json: &mut Json<'_>) {
        json.time(value);
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
    type Value<H: Storage> = H::Text;
    const SHAPE: Shape = Shape::Text;

    fn write<H: Storage>(value: H::Text, json: &mut Json<'_>) {
        json.text("", value.as_ref());
    }

    fn read<S: Source>(source: &S) -> Result<TextOf<S>, S::Error> {
        source.text()
    }
}

/// `null`, or a value of the kind.
#[derive(Debug)]
pub struct Nullable<K>(PhantomData<K>);

impl<K: Kind> Kind for Nullable<K> {
    type Value<H: Storage> = Option<K::Value<H>>;
    const SHAPE: Shape = Shape::Nullable(&K::SHAPE);

    fn write<H: Storage>(value: Self::Value<H>, json: &mut Json<'_>) {
        match value {
            Some(value) => K::write::<H>(value, json),
            None => json.literal("null"),
        }
    }

    fn read<S: Source>(source: &S) -> Result<Self::Value<S::Storage>, S::Error> {
        (!source.is_null()).then(|| K::read(source)).transpose()
    }
}

/// A list of values of the kind.
#[derive(Debug)]
pub struct List<K>(PhantomData<K>);

impl<K: Kind> Kind for List<K> {
    type Value<H: Storage> = H::List<K>;
    const SHAPE: Shape = Shape::List(&K::SHAPE);

    fn write<H: Storage>(value: Self::Value<H>, json: &mut Json<'_>) {
        json.list(|json| {
            for one in value {
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

impl<W: Integer, const N: usize> Kind for Array<W, N> {
    type Value<H: Storage> = [u64; N];
    const SHAPE: Shape = Shape::Array(&W::SHAPE, N);

    fn write<H: Storage>(value: [u64; N], json: &mut Json<'_>) {
        json.list(|json| {
            for one in value {
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

impl Kind for Arguments {
    type Value<H: Storage> = H::Arguments;
    const SHAPE: Shape = Shape::Arguments;

    fn write<H: Storage>(value: Self::Value<H>, json: &mut Json<'_>) {
        json.object("", |json| {
            for (name, value) in value {
                json.key(name.as_ref());
                match value {
                    Argument::Number(number) => json.number(number),
                    Argument::Text(text) => json.text("", text.as_ref()),
                }
            }
        });
    }

    fn read<S: Source>(source: &S) -> Result<ArgumentsOf<S>, S::Error> {
        source.arguments()
    }
}
