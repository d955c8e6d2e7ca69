//! What beside its value decides whether a key is harmless.

use crate::base::Base;
use std::collections::BTreeSet;

/// Where the file lies, and what else it says.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c> {
    pub(crate) base: &'c Base,
    /// The remotes whose addresses the same file has.
    pub(crate) remotes: &'c BTreeSet<String>,
}
