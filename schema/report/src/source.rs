//! Where a reader takes values from: some JSON library, which this crate does not know.

use crate::hold::Hold;
use crate::kind::Kind;
use crate::shape::Field;
use core::time::Duration;

/// How a source holds a list of a kind.
pub type ListOf<S, K> = <<S as Source>::Hold as Hold>::List<K>;

/// How a source holds a call's arguments.
pub type ArgumentsOf<S> = <<S as Source>::Hold as Hold>::Arguments;

/// How a source holds a text.
pub type TextOf<S> = <<S as Source>::Hold as Hold>::Text;

/// A JSON value. Each function fails where the value is of another type than it asks for.
pub trait Source: Sized {
    /// How what is read is held.
    type Hold: Hold;
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

    /// An object of any keys, whose members [`crate::Argument::read`] reads.
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
