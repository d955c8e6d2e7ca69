//! All stages on one screen: what happens to a policy, in order.

use crate::diagnostics::{Diagnostic, Sink};
use crate::parse::{self, Document};
use crate::source::Source;
use crate::validate;
use purple_policy::Policy;

/// What the caller asks for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The architectures to compile for; empty: the one that the compiler runs on.
    pub architectures: Vec<String>,
    /// Print this stage's result instead of a plan.
    pub emit: Option<Stage>,
}

/// A stage whose result can be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The document as JSON, older spellings as written.
    Document,
    /// The typed policy as JSON.
    Policy,
}

/// What came out.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Everything found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The sealed plan; only where no error was found.
    pub plan: Option<Vec<u8>>,
    /// The printed stage, where one was asked for and reached.
    pub listing: Option<String>,
}

/// Runs every stage that needs no more than the text: what `purplec check` reports.
pub fn check(source: &Source, mut sink: Sink) -> Vec<Diagnostic> {
    let checked = front(source, &mut sink);
    drop(checked);
    sink.into_sorted()
}

/// Compiles a policy. The sink holds what reading the file found already.
pub fn compile(source: &Source, options: &Options, mut sink: Sink) -> Outcome {
    let mut outcome = Outcome::default();
    if options.emit == Some(Stage::Document) {
        outcome.listing = parse::parse(source, &mut sink).and_then(|it| pretty(&it.to_json()));
    } else if let Some(front) = front(source, &mut sink).filter(|_| !sink.has_errors()) {
        if options.emit == Some(Stage::Policy) {
            outcome.listing = pretty(&front.policy);
        }
        // The later stages go here: resolve, lower, emit, seal.
    }
    outcome.diagnostics = sink.into_sorted();
    outcome
}

/// A policy with the document that its places are in.
#[derive(Debug)]
pub struct Front {
    /// The document, under preferred spellings.
    pub document: Document,
    /// The typed policy.
    pub policy: Policy,
}

/// Text to typed policy.
pub fn front(source: &Source, sink: &mut Sink) -> Option<Front> {
    let mut document = parse::parse(source, sink)?;
    let policy = validate::validate(&mut document, sink)?;
    Some(Front { document, policy })
}

fn pretty(value: &impl serde::Serialize) -> Option<String> {
    // Neither a JSON value nor a policy has a key that is not text.
    serde_json::to_string_pretty(value).ok().map(|text| text + "\n")
}
