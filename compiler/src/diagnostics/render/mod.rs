//! Findings in the forms that people and programs read, one file a form.
//!
//! For people there are three: plain for logs, graphical for terminals, narrow for small ones. Every
//! other form is for programs, and has a contract: `docs/diagnostics/formats.md`.

mod excerpt;
mod github;
mod graphical;
mod json;
mod lines;
mod narrow;
mod paint;
mod plain;
mod repair;
mod sarif;
mod tally;

pub use excerpt::visible;
pub use github::{github, github_failure};
pub use json::{JSON_SCHEMA, json, json_findings, json_suppressed};
pub use lines::{spelt_out, usage_error_spelt_out};
pub use sarif::{Results, sarif, sarif_results};
pub use tally::{Failure, Tally, counted};

use super::finding::Diagnostic;
use crate::source::Sources;

/// How findings look to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The form.
    pub form: Form,
    /// Whether escape sequences for colours may be written.
    pub colour: bool,
    /// How many columns there are; the plain form does not look at it.
    pub width: usize,
}

/// A form for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For logs and editors: `FILE:LINE:COLUMN: severity[code]: message`, then the text.
    Plain,
    /// For terminals: the text with its neighbours, in a frame.
    Graphical {
        /// Whether the frame is drawn with characters beyond ASCII.
        unicode: bool,
    },
    /// For terminals that are too narrow for a frame.
    Narrow,
}

/// Findings in the plain form, in the order given, without colour.
pub fn human(sources: &Sources, findings: &[Diagnostic]) -> String {
    plain::render(sources, findings, false)
}

/// Findings for people, in the order given. Characters of the policy that could move a terminal's
/// cursor or reorder a line are spelt out.
pub fn human_as(look: Look, sources: &Sources, findings: &[Diagnostic]) -> String {
    match look.form {
        Form::Plain => plain::render(sources, findings, look.colour),
        Form::Graphical { unicode } => {
            graphical::render(sources, findings, look.colour, unicode, look.width)
        }
        Form::Narrow => narrow::render(sources, findings, look.colour, look.width),
    }
}
