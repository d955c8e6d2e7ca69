//! What a kind of value, a way to hold values and a source of values require of each other. The three name
//! one another, so they stand together.

use crate::json::Json;
use crate::shape::{Field, Shape};
use core::time::Duration;

/// A kind of value. Types that implement it stand in declarations and have no values of their own.
pub trait Kind: 'static {
    /// What holds such a value.
    type Value<H: Storage>;
    /// What values there are.
    const SHAPE: Shape;

    /// Writes a value.
    fn write<H: Storage>(value: Self::Value<H>, json: &mut Json<'_>);

    /// Reads a value.
    fn read<S: Source>(source: &S) -> Result<Self::Value<S::Storage>, S::Error>;
}

/// How the texts and lists of a value are held. What is written is the same for each.
pub trait Storage: Sized {
    /// A text: bytes, which need not be UTF-8.
    type Text: AsRef<[u8]>;
    /// Values of a kind, one behind the other.
    type List<K: Kind>: IntoIterator<Item = K::Value<Self>>;
    /// The arguments of a call, by name.
    type Arguments: IntoIterator<Item = (Self::Text, Argument<Self::Text>)>;
}

/// The value of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument<T> {
    /// A small number.
    Number(u64),
    /// The names of constants, or an address in hexadecimal digits.
    Text(T),
}

impl<T> Argument<T> {
    /// Reads one.
    pub fn read<S: Source>(source: &S) -> Result<Self, S::Error>
    where
        S::Storage: Storage<Text = T>,
    {
        match source.number() {
            Ok(number) => Ok(Self::Number(number)),
            Err(_) => source.text().map(Self::Text),
        }
    }
}

/// How a source holds a list of a kind.
pub type ListOf<S, K> = <<S as Source>::Storage as Storage>::List<K>;

/// How a source holds a call's arguments.
pub type ArgumentsOf<S> = <<S as Source>::Storage as Storage>::Arguments;

/// How a source holds a text.
pub type TextOf<S> = <<S as Source>::Storage as Storage>::Text;

/// A JSON value. Each function fails where the value is of another type than it asks for.
pub trait Source: Sized {
    /// How what is read is value.
    type Storage: Storage;
    /// Says which value is wrong, and how.
    type Error;
    /// An object.
    type Members: Members<Source = Self>;

    /// A string.
    fn text(&self) -> Result<TextOf<Self>, Self::Error>;

    /// A whole number that is not negative.
    fn number(&self) -> Result<u64, Self::Error>;

    /// `true` or `false`.
    fn flag(&self) -> Result<bool, Self::Error>;

    /// A number of seconds, to the microsecond.
    fn seconds(&self) -> Result<Duration, Self::Error>;

    /// Whether it is `null`.
    fn is_null(&self) -> bool;

    /// A list whose items are of a kind.
    fn list<K: Kind>(&self) -> Result<ListOf<Self, K>, Self::Error>;

    /// An object of any keys, whose members [`Argument::read`] reads.
    fn arguments(&self) -> Result<ArgumentsOf<Self>, Self::Error>;

    /// An object that has these keys and no others.
    fn members(&self, fields: &'static [Field]) -> Result<Self::Members, Self::Error>;

    /// The error that this value is not what it should be.
    fn wrong(&self, expected: &'static str) -> Self::Error;
}

/// The members of an object.
pub trait Members {
    /// What a member's value is.
    type Source: Source;

    /// The value behind a key; an error where the key is not there.
    fn member(&self, key: &'static str) -> Result<Self::Source, <Self::Source as Source>::Error>;
}
