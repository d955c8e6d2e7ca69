//! Two ways to hold texts and lists: lent for writing, and not at all.

use crate::value::{Argument, Kind, Storage};
use core::iter::Empty;
use core::marker::PhantomData;

/// Texts are borrowed slices, lists are borrowed iterators, which the writing uses up: nothing needs
/// an allocator. The iterators live as long as the slices, so none of them may implement `Drop`.
#[derive(Debug)]
pub struct Borrowed<'a>(PhantomData<&'a ()>);

impl<'a> Storage for Borrowed<'a> {
    type Text = &'a [u8];
    type List<K: Kind> = &'a mut (dyn Iterator<Item = K::Value<Self>> + 'a);
    type Arguments = Empty<(&'a [u8], Argument<&'a [u8]>)>;
}

/// No value: names an object's declaration alone.
#[derive(Debug)]
pub enum Declared {}

impl Storage for Declared {
    type Text = &'static [u8];
    type List<K: Kind> = Empty<K::Value<Self>>;
    type Arguments = Empty<(&'static [u8], Argument<&'static [u8]>)>;
}
