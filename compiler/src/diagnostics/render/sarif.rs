//! The form for code scanning: SARIF 2.1.0 (OASIS), one run a document, one result a line.

use super::excerpt::word;
use super::lines::{list, spelt_out};
use super::tally::Tally;
use crate::diagnostics::Suppressed;
use crate::diagnostics::pages::{self, Entry};
use crate::diagnostics::{Diagnostic, Fix, Severity};
use crate::source::{Source, Sources, Span};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Where relative places start: the root of what is scanned.
const BASE: &str = "%SRCROOT%";

/// The results of one file.
#[derive(Debug, Clone, Default)]
pub struct Results {
    lines: String,
    codes: BTreeSet<&'static str>,
    files: BTreeSet<String>,
}

/// The findings of one file, with those that comments let stand among them: whoever scans a repository
/// sees them too, and why they stand.
pub fn sarif_results(
    sources: &Sources,
    findings: &[Diagnostic],
    suppressed: &[Suppressed],
) -> Results {
    let mut results = Results::default();
    results.files.insert(sources.policy().name.clone());
    results
        .files
        .extend(sources.parents().iter().map(|parent| parent.name.clone()));
    let stand = suppressed.iter().map(|one| (&one.diagnostic, Some(one)));
    let mut all: Vec<_> = findings
        .iter()
        .map(|finding| (finding, None))
        .chain(stand)
        .collect();
    all.sort_by_key(|(finding, _)| finding.span);
    let mut lines = Vec::new();
    for (finding, stands) in all {
        results.codes.insert(finding.code);
        lines.push(format!(
            "        {}",
            spelt_out(&result(sources, finding, stands).to_string())
        ));
    }
    results.lines = lines.join(",\n");
    results
}

/// The document of a run, from the results of its files.
pub fn sarif(results: Vec<Results>, tally: &Tally) -> String {
    let (mut lines, mut codes, mut files) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for one in results {
        lines.push(one.lines);
        codes.extend(one.codes);
        files.extend(one.files);
    }
    let index = pages::index();
    let rules: Vec<String> = codes
        .iter()
        .map(|code| rule(code, index.iter().find(|entry| entry.code == *code)))
        .map(|rule| format!("          {rule}"))
        .collect();
    let artifacts: Vec<String> = files
        .iter()
        .map(|name| json!({"location": artifact(name), "sourceLanguage": "yaml"}))
        .map(|artifact| format!("        {}", spelt_out(&artifact.to_string())))
        .collect();
    let notifications: Vec<Value> = tally
        .failures
        .iter()
        .map(|one| {
            json!({
                "level": "error",
                "message": {"text": one.message},
                "locations": [{"physicalLocation": {"artifactLocation": artifact(&one.file)}}],
            })
        })
        .collect();
    let invocation = json!({
        "executionSuccessful": tally.failures.is_empty(),
        "toolExecutionNotifications": notifications,
    });
    let invocation = spelt_out(&invocation.to_string());
    let version = json!(env!("CARGO_PKG_VERSION"));
    let base = json!({BASE: {"description": {"text": "where purplec was started"}}});
    format!(
        "{{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n  \
         \"version\": \"2.1.0\",\n  \"runs\": [\n    {{\n      \"tool\": {{\"driver\": {{\n        \
         \"name\": \"purplec\", \"version\": {version}, \"semanticVersion\": {version},\n        \
         \"rules\": {}\n      }}}},\n      \"columnKind\": \"unicodeCodePoints\",\n      \
         \"originalUriBaseIds\": {base},\n      \"invocations\": [{invocation}],\n      \
         \"artifacts\": {},\n      \"results\": {}\n    }}\n  ]\n}}\n",
        list(&rules, "        "),
        list(&artifacts, "      "),
        list(&lines, "      "),
    )
}

/// What a code means, from its page.
fn rule(code: &str, entry: Option<&Entry>) -> Value {
    let page = pages::page(code).unwrap_or_default();
    let summary = entry.map_or(code, |entry| entry.summary);
    let severity = entry.map_or("error", |entry| entry.severity);
    json!({
        "id": code,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": pages::prose(page)},
        "help": {"text": pages::text(page), "markdown": page},
        "defaultConfiguration": {"level": severity},
        "properties": {"tags": ["security"], "precision": "very-high"},
    })
}

/// A result. One that a comment lets stand carries a suppression; an empty list says that there is none.
fn result(sources: &Sources, finding: &Diagnostic, stands: Option<&Suppressed>) -> Value {
    let message = match &finding.help {
        Some(help) => format!("{}\n{help}", finding.message),
        None => finding.message.clone(),
    };
    let related = finding.related.iter().enumerate().map(|(at, related)| {
        json!({
            "id": at + 1,
            "message": {"text": related.message},
            "physicalLocation": physical(sources, related.span),
        })
    });
    let related: Vec<Value> = related.collect();
    let mut result = json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "message": {"text": message},
        "locations": [{"physicalLocation": physical(sources, finding.span)}],
        "suppressions": stands.map(|one| suppression(sources, one)).into_iter().collect::<Vec<_>>(),
    });
    if let Some(fields) = result.as_object_mut() {
        if !related.is_empty() {
            fields.insert("relatedLocations".to_owned(), related.into());
        }
        // What stands is not to be changed, and its edits have not been fitted to the text.
        if let Some(fix) = finding.fix.as_ref().filter(|_| stands.is_none()) {
            fields.insert("fixes".to_owned(), json!([repair(sources, fix)]));
        }
    }
    result
}

fn suppression(sources: &Sources, one: &Suppressed) -> Value {
    json!({
        "kind": "inSource",
        "justification": one.reason,
        "location": {"physicalLocation": physical(sources, one.span)},
    })
}

/// SARIF's word for a severity is ours.
fn level(severity: Severity) -> &'static str {
    word(severity)
}

fn repair(sources: &Sources, fix: &Fix) -> Value {
    let files: BTreeSet<u8> = fix.edits.iter().map(|edit| edit.span.file).collect();
    let changes = files.into_iter().map(|file| {
        let edits = fix.edits.iter().filter(|edit| edit.span.file == file);
        let replacements = edits.map(|edit| {
            json!({
                "deletedRegion": region(sources.of(edit.span), edit.span),
                "insertedContent": {"text": edit.replacement},
            })
        });
        let name = &sources.of(Span::new(0, 0).in_file(file)).name;
        json!({
            "artifactLocation": artifact(name),
            "replacements": replacements.collect::<Vec<_>>(),
        })
    });
    json!({
        "description": {"text": fix.message},
        "artifactChanges": changes.collect::<Vec<_>>(),
    })
}

fn physical(sources: &Sources, span: Span) -> Value {
    let source = sources.of(span);
    json!({"artifactLocation": artifact(&source.name), "region": region(source, span)})
}

fn region(source: &Source, span: Span) -> Value {
    let start = source.text.floor_char_boundary(span.start);
    let end = source.text.floor_char_boundary(span.end).max(start);
    let (first, last) = (source.position(start), source.position(end));
    json!({
        "startLine": first.line,
        "startColumn": first.column,
        "endLine": last.line,
        "endColumn": last.column,
        "byteOffset": start,
        "byteLength": end - start,
    })
}

/// A file: relative to where purplec was started, unless it was named by its whole path.
fn artifact(name: &str) -> Value {
    if name.starts_with('/') {
        json!({"uri": format!("file://{}", uri(name))})
    } else {
        json!({"uri": uri(name.strip_prefix("./").unwrap_or(name)), "uriBaseId": BASE})
    }
}

/// A path as a URI reference (RFC 3986): everything but unreserved characters and `/` is escaped.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.extend([String::from("%"), format!("{byte:02X}")]),
        }
    }
    out
}
