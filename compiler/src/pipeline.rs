//! All stages on one screen: what happens to a policy, in order.

use crate::diagnostics::{Diagnostic, Sink};
use crate::parse;
use crate::source::Source;
use crate::validate;

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

/// Compiles a policy. The sink holds what reading the file found already.
pub fn compile(source: &Source, options: &Options, mut sink: Sink) -> Outcome {
    let mut outcome = Outcome::default();
    let finished = stages(source, options, &mut sink, &mut outcome);
    outcome.diagnostics = sink.into_sorted();
    if finished.is_none() {
        outcome.plan = None;
    }
    outcome
}

/// The stages, in order. `None` where the last one was not reached.
fn stages(
    source: &Source,
    options: &Options,
    sink: &mut Sink,
    outcome: &mut Outcome,
) -> Option<()> {
    let mut document = parse::parse(source, sink)?;
    if options.emit == Some(Stage::Document) {
        outcome.listing = pretty(&document.to_json());
        return None;
    }
    let policy = validate::validate(&mut document, sink)?;
    if sink.has_errors() {
        return None;
    }
    if options.emit == Some(Stage::Policy) {
        outcome.listing = pretty(&policy);
        return None;
    }
    // The later stages go here: resolve, lower, emit, seal.
    None
}

fn pretty(value: &impl serde::Serialize) -> Option<String> {
    // Neither a JSON value nor a policy has a key that is not text.
    serde_json::to_string_pretty(value).ok().map(|text| text + "\n")
}
