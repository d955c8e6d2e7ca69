//! What a finding is about, where that is several things, each at its own place.

use super::suggest::quote;
use crate::source::Span;

/// What a finding is about, where that is several things, and how it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    /// Their names, and where each stands.
    pub each: Vec<(String, Span)>,
    /// What is said of one, and of several: `is allowed: ...`, `are allowed: ...`.
    pub said: [String; 2],
    /// What is said at the place of each but the first: `allowed here`.
    pub here: &'static str,
}

/// How many names a message has.
const MOST: usize = 8;

/// Names for a message: `` `a`, `b` and `c` ``, or the first few and how many more.
pub fn listed(names: &[&str]) -> String {
    let quoted = |names: &[&str]| {
        let names = names.iter().map(|name| quote(name));
        names.collect::<Vec<_>>().join(", ")
    };
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => quote(last),
        Some((last, before)) if names.len() <= MOST => {
            format!("{} and {}", quoted(before), quote(last))
        }
        _ => {
            let shown = names.get(..MOST).unwrap_or_default();
            let more = names.len().saturating_sub(MOST);
            format!("{} and {more} more", quoted(shown))
        }
    }
}
