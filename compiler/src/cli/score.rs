//! `purplec check --score`: how much a policy leaves open.

use clap::ValueEnum;
use purple_report::VisibleLines;
use purplec::diagnostics::render::{spelt_out, visible};
use purplec::pipeline::Compilation;
use purplec::score::{Score, number, word};
use purplec::source::Span;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How scores are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people: a table
    Human,
    /// A JSON array, instead of the findings
    Json,
}

/// One policy's score; a word on a policy that has none.
pub(super) fn render(format: Format, outcome: &Compilation) -> String {
    match format {
        Format::Human => human(outcome),
        Format::Json => spelt_out(&json(outcome).to_string()),
    }
}

/// The scores together.
pub(super) fn join(format: Format, scores: &[String]) -> String {
    match format {
        Format::Human => scores.iter().flat_map(|score| ["\n", score]).collect(),
        Format::Json => format!("[{}]\n", scores.join(",\n ")),
    }
}

fn human(outcome: &Compilation) -> String {
    let name = visible(&outcome.sources.policy().name);
    let Some(score) = &outcome.score else {
        return format!("{name}: no score, because the policy has errors\n");
    };
    let overall = score.overall;
    let mut out = format!(
        "{name}: exposure {} of 10, {}\n",
        number(overall),
        word(overall)
    );
    let mut line = |text: String| {
        // Writing to a string cannot fail.
        if writeln!(out, "{text}").is_err() {}
    };
    for (layer, points) in &score.layers {
        let bar = "#".repeat(usize::try_from(points / 5).unwrap_or(0));
        line(
            format!(
                "  {:13} {:>4}  {bar:20}  {}",
                layer.name(),
                number(*points),
                most(score, *layer)
            )
            .trim_end()
            .to_owned(),
        );
    }
    if !score.changes.is_empty() {
        line("  changes that would lower it most:".to_owned());
    }
    for change in &score.changes {
        let at = change.span.filter(|span| span.end > 0);
        let place = at.map(|span| place(outcome, span)).unwrap_or_default();
        line(format!(
            "    {} -> {}  {}{place}",
            number(overall),
            number(change.overall_after),
            change.what
        ));
    }
    visible_lines(&out)
}

/// The place of a change, with the name of an inherited text.
fn place(outcome: &Compilation, span: Span) -> String {
    let line = outcome.sources.line(span);
    match span.file {
        0 => format!(" (line {line})"),
        _ => format!(" ({} line {line})", outcome.sources.of(span).name),
    }
}

/// What counts most in a layer.
fn most(score: &Score, layer: purplec::score::Layer) -> &str {
    let factors = score.factors.iter().filter(|factor| factor.layer == layer);
    // The first of the largest.
    let largest = factors.rev().max_by_key(|factor| factor.points);
    largest.map_or("", |factor| factor.what.as_str())
}

/// The text without control characters but the ends of lines.
fn visible_lines(text: &str) -> String {
    VisibleLines(text).to_string()
}

fn json(outcome: &Compilation) -> Value {
    let name = &outcome.sources.policy().name;
    let Some(score) = &outcome.score else {
        return json!({ "policy": name, "score": null });
    };
    let tenths = |score: u32| f64::from(score) / 10.0;
    let line = |span: Option<Span>| {
        span.filter(|span| span.end > 0)
            .map(|span| outcome.sources.line(span))
    };
    json!({
        "policy": name,
        "score": tenths(score.overall),
        "word": word(score.overall),
        "layers": score.layers.iter().map(|(layer, points)| json!({
            "name": layer.name(),
            "score": tenths(*points),
            "weight": f64::from(layer.weight()) / 100.0,
            "factors": score.factors.iter().filter(|factor| factor.layer == *layer).map(|factor| json!({
                "what": factor.what, "points": tenths(factor.points), "line": line(factor.span),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "changes": score.changes.iter().map(|change| json!({
            "what": change.what, "layer": change.layer.name(), "line": line(change.span),
            "layer_after": tenths(change.layer_after), "score_after": tenths(change.overall_after),
        })).collect::<Vec<_>>(),
    })
}
