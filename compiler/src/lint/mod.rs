//! Lints: what is valid in a policy and deserves a look all the same, across its layers.
//!
//! They run on the representation of a policy without errors, after every other stage that can
//! find something, and each module is about one theme. A lint says what can happen and what to
//! write instead; one that is often wrong is worse than none.

mod audit;
mod calls;
mod capabilities;
mod environment;
mod equivalents;
mod network;
mod paths;
mod resources;
mod rules;
mod search;
mod shared;
mod start;
pub mod suppress;
mod syscalls;
mod working;

pub use calls::{Way, way};
pub use capabilities::without_effect;
pub use environment::{holds_secret, loads_code};
pub use shared::{Danger, Share, shares};

use crate::diagnostics::{Diagnostic, Severity, Sink};
use crate::ir::Ir;
use crate::parse::Document;
use crate::source::Span;
use purple_policy::Policy;
use std::collections::BTreeSet;

/// Runs every lint on a policy without errors; a policy with one has to be fixed first, and what
/// it then means is another policy.
pub fn lint(policy: &Policy, ir: &Ir, document: &Document, sink: &mut Sink) {
    if sink.has_errors() {
        return;
    }
    let mut scope = Scope {
        policy,
        ir,
        document,
        sink,
        warned: BTreeSet::new(),
    };
    start::lint(&mut scope);
    syscalls::lint(&mut scope);
    equivalents::lint(&mut scope);
    rules::lint(&mut scope);
    capabilities::lint(&mut scope);
    shared::lint(&mut scope);
    search::lint(&mut scope);
    paths::lint(&mut scope);
    working::lint(&mut scope);
    environment::lint(&mut scope);
    resources::lint(&mut scope);
    network::lint(&mut scope);
    audit::lint(&mut scope);
}

/// What every lint looks at, and tells what it finds.
struct Scope<'a> {
    policy: &'a Policy,
    ir: &'a Ir,
    document: &'a Document,
    sink: &'a mut Sink,
    /// Where a warning stands: a note there would say less.
    warned: BTreeSet<Span>,
}

impl Scope<'_> {
    fn span(&self, pointer: &str) -> Span {
        self.document.span(pointer)
    }

    fn key(&self, pointer: &str) -> Span {
        self.document.key_span(pointer)
    }

    /// Tells what was found; a note only where no warning says more about the place.
    fn report(&mut self, diagnostic: Diagnostic) {
        if diagnostic.severity > Severity::Note {
            self.warned.insert(diagnostic.span);
        } else if self.warned.contains(&diagnostic.span) {
            return;
        }
        self.sink.push(diagnostic);
    }
}

/// Names for a message: `` `a`, `b` and `c` ``, or the first few and how many more.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 8;
    let quoted = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => format!("`{last}`"),
        Some((last, before)) if names.len() <= MOST => format!("{} and `{last}`", quoted(before)),
        _ => {
            let shown = names.get(..MOST).unwrap_or_default();
            format!(
                "{} and {} more",
                quoted(shown),
                names.len().saturating_sub(MOST)
            )
        }
    }
}

#[cfg(test)]
mod tests;
