//! Decides questions about sets of calls exactly, within a budget of steps.
//!
//! A [`CallSet`] holds every call for which some comparisons of single words hold. A question is one
//! more comparison: all calls of the set answer yes, all answer no, or the answer cuts the set in
//! two. Following both parts until no question is left open partitions all calls into sets that are
//! alike: that proves that a program means what a policy says, and it compares two policies in the
//! same way. [`classes`] begins such a partition, by architecture and number.
//!
//! Nothing here knows how a meaning is translated.

mod call_set;
mod classes;
mod solve;
mod word;

pub(crate) use call_set::{
    ARCH_WORD, ARGUMENT_WORDS, CallSet, NUMBER_WORD, Settled, Split, Stop, WORDS,
};
pub(crate) use classes::{Class, classes};
pub(crate) use solve::{Exhausted, WordTest};
