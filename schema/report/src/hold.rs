//! How the texts and lists of a value are held.

use crate::kind::{Argument, Kind};
use core::iter::Empty;
use core::marker::PhantomData;

/// How the texts and lists of a value are held. What is written is the same for each.
pub trait Hold: Sized {
    /// A text: bytes, which need not be UTF-8.
    type Text: AsRef<[u8]>;
    /// Values of a kind, one behind the other.
    type List<K: Kind>: IntoIterator<Item = K::Held<Self>>;
    /// The arguments of a call, by name.
    type Arguments: IntoIterator<Item = (Self::Text, Argument<Self::Text>)>;
}

/// Texts are borrowed slices, lists are borrowed iterators, which the writing uses up: nothing needs
/// an allocator. The iterators live as long as the slices, so none of them may implement `Drop`.
#[derive(Debug)]
pub struct Lent<'a>(PhantomData<&'a ()>);

impl<'a> Hold for Lent<'a> {
    type Text = &'a [u8];
    type List<K: Kind> = &'a mut (dyn Iterator<Item = K::Held<Self>> + 'a);
    type Arguments = Empty<(&'a [u8], Argument<&'a [u8]>)>;
}

/// No value: names an object's declaration alone.
#[derive(Debug)]
pub enum Declared {}

impl Hold for Declared {
    type Text = &'static [u8];
    type List<K: Kind> = Empty<K::Held<Self>>;
    type Arguments = Empty<(&'static [u8], Argument<&'static [u8]>)>;
}
