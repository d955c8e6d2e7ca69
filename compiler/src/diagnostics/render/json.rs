//! The form for programs of one's own: one JSON document for a run, one finding a line.
//!
//! Its contract is `schema/diagnostics.schema.json`. Keys are added, never renamed or removed,
//! within one `format`.

use super::excerpt::word;
use super::lines::{list, spelt_out};
use super::tally::Tally;
use crate::diagnostics::Suppressed;
use crate::diagnostics::{Applicability, Diagnostic, Fix};
use crate::source::{Sources, Span};
use serde_json::{Value, json};

/// The JSON Schema (draft-07) of the document.
pub const JSON_SCHEMA: &str = include_str!("../../../../schema/diagnostics.schema.json");

/// The number of the document's form.
const FORMAT: u32 = 1;

/// The findings of one file, one a line, with no comma after the last; empty where there is none.
pub fn json_findings(sources: &Sources, findings: &[Diagnostic]) -> String {
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| format!("    {}", spelt_out(&value(sources, finding).to_string())))
        .collect();
    lines.join(",\n")
}

/// The findings of one file that comments let stand, in the same form, each with the reason.
pub fn json_suppressed(sources: &Sources, suppressed: &[Suppressed]) -> String {
    let lines: Vec<String> = suppressed
        .iter()
        .map(|one| {
            let value = json!({
                "finding": value(sources, &one.diagnostic),
                "reason": one.reason,
                "comment": location(sources, one.span),
            });
            format!("    {}", spelt_out(&value.to_string()))
        })
        .collect();
    lines.join(",\n")
}

/// The document of a run, from what was found in its files and what of that comments let stand.
pub fn json(findings: &[String], suppressed: &[String], tally: &Tally) -> String {
    let failures: Vec<String> = tally
        .failures
        .iter()
        .map(|one| json!({"file": one.file, "message": one.message}).to_string())
        .map(|line| format!("    {}", spelt_out(&line)))
        .collect();
    let summary = json!({
        "files": tally.files,
        "errors": tally.errors,
        "warnings": tally.warnings,
        "notes": tally.notes,
        "suppressed": tally.suppressed,
        "failures": tally.failures.len(),
    });
    let tool = json!({"name": "purplec", "version": env!("CARGO_PKG_VERSION")});
    format!(
        "{{\n  \"format\": {FORMAT},\n  \"tool\": {tool},\n  \"findings\": {},\n  \
         \"suppressed\": {},\n  \"failures\": {},\n  \"summary\": {summary}\n}}\n",
        list(findings, "  "),
        list(suppressed, "  "),
        list(&failures, "  ")
    )
}

fn value(sources: &Sources, finding: &Diagnostic) -> Value {
    let related = finding.related.iter().map(
        |related| json!({"message": related.message, "location": location(sources, related.span)}),
    );
    json!({
        "code": finding.code,
        "severity": word(finding.severity),
        "message": finding.message,
        "location": location(sources, finding.span),
        "related": related.collect::<Vec<_>>(),
        "help": finding.help,
        "fix": finding.fix.as_ref().map(|fix| repair(sources, fix)),
    })
}

fn repair(sources: &Sources, fix: &Fix) -> Value {
    let edits = fix.edits.iter().map(
        |edit| json!({"location": location(sources, edit.span), "replacement": edit.replacement}),
    );
    json!({
        "message": fix.message,
        "applicability": match fix.applicability {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
        },
        "edits": edits.collect::<Vec<_>>(),
    })
}

fn location(sources: &Sources, span: Span) -> Value {
    let source = sources.of(span);
    let at = |offset: usize| {
        let offset = source.text.floor_char_boundary(offset);
        let position = source.position(offset);
        json!({"offset": source.origin(offset), "line": position.line, "column": position.column})
    };
    json!({
        "file": source.name,
        "start": at(span.start),
        "end": at(span.end.max(span.start)),
    })
}
