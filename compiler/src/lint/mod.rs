//! Lints: what is valid in a policy and deserves a look all the same, across its layers.
//!
//! They read what a policy was resolved and lowered to, never the policy itself. They run after every other stage that can
//! find something, and each module is about one theme. A lint says what can happen and what to
//! write instead; one that is often wrong is worse than none.

mod audit;
mod calls;
mod capabilities;
mod cover;
mod dangerous_paths;
mod destinations;
mod devices;
mod effect;
mod environment;
mod equivalents;
mod fields;
mod host_paths;
mod interfaces;
mod kind;
mod names;
mod network;
mod parents;
mod paths;
mod process;
mod resources;
mod rules;
mod scope;
mod search;
mod start;
pub mod suppress;
mod syscalls;
mod working;

pub use calls::{Access, access};
pub use capabilities::without_effect;
pub use devices::dangerous;
pub use environment::{contains_secret, holds_secret, loads_code};
pub use host_paths::{Danger, Share, shares};
pub use parents::Before;

use crate::diagnostics::Sink;
use crate::ir::Ir;
use crate::parse::Document;
use crate::resolve::{Grant, Resolved};
use scope::Scope;

/// The policy that is looked at.
pub struct Subject<'a> {
    /// What it was resolved to.
    pub resolved: &'a Resolved,
    /// What it was lowered to.
    pub ir: &'a Ir,
    /// Where its keys stand.
    pub document: &'a Document,
    /// What it grants by name, and until when.
    pub grants: &'a [Grant],
}

/// Runs every lint on a policy without errors: fixing an error changes what a lint sees.
pub fn lint(subject: &Subject<'_>, before: Option<&Before>, sink: &mut Sink) {
    if sink.has_errors() {
        if let Some(before) = before {
            before.parents.report(|_| true, sink);
        }
        return;
    }
    let mut scope = Scope::new(subject.resolved, subject.ir, subject.document, sink);
    if let Some(before) = before {
        parents::lint(before, subject.grants, &mut scope);
    }
    start::lint(&mut scope);
    syscalls::lint(&mut scope);
    interfaces::lint(&mut scope);
    equivalents::lint(&mut scope);
    rules::lint(&mut scope);
    fields::lint(&mut scope);
    capabilities::lint(&mut scope);
    dangerous_paths::lint(&mut scope);
    devices::lint(&mut scope);
    names::lint(before, &mut scope);
    search::lint(&mut scope);
    paths::lint(&mut scope);
    working::lint(&mut scope);
    environment::lint(&mut scope);
    resources::lint(&mut scope);
    process::lint(&mut scope);
    network::lint(&mut scope);
    destinations::lint(&mut scope);
    audit::lint(&mut scope);
    effect::lint(before, &mut scope);
}

#[cfg(test)]
mod tests;
