//! Names for which no interface of a policy has a call.

use crate::source::Span;
use std::collections::BTreeMap;

/// Names without a call, by where they stand and why there is none.
pub(super) type Elsewhere<'a> = BTreeMap<(Place, Why), Vec<(&'a str, Span)>>;

/// Where a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// In `allow`.
    Allow,
    /// In `deny`.
    Deny,
    /// In a rule.
    Rule,
}

/// Why an architecture has no such call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// It is a library's or another system's.
    NoCall,
    /// It was proposed for Linux.
    NeverMerged,
    /// Other architectures have it.
    Other,
}
