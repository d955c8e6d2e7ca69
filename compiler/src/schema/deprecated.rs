//! Deprecated spellings of keys and operators get their preferred names.

use crate::diagnostics::{Applicability, Diagnostic, Sink};
use crate::parse::Document;
use purple_policy::{DEPRECATED_OPERATORS, DEPRECATED_SPELLINGS};

/// Renames every deprecated spelling in the document, with a note each.
pub(super) fn rename(document: &mut Document, sink: &mut Sink) {
    rename_keys(document, sink);
    rename_operators(document, sink);
}

fn rename_keys(document: &mut Document, sink: &mut Sink) {
    for spelling in DEPRECATED_SPELLINGS {
        let Some((_, section)) = document.entry(document.root(), spelling.section) else {
            continue;
        };
        let Some((deprecated, value)) = document.entry(section, spelling.deprecated) else {
            continue;
        };
        if let Some((preferred, other)) = document.entry(section, spelling.preferred) {
            let same = document.same(value, other);
            let applicability = if same {
                Applicability::Safe
            } else {
                Applicability::Unsafe
            };
            sink.push(
                Diagnostic::error(
                    "conflicting-spellings",
                    deprecated,
                    format!(
                        "`{}` and `{}` are two spellings of one key",
                        spelling.deprecated, spelling.preferred
                    ),
                )
                .with_related(preferred, "the preferred spelling is given here")
                .with_help(format!("keep `{}` only", spelling.preferred))
                .with_key_removed(
                    applicability,
                    deprecated,
                    document.node_span(value),
                ),
            );
            document.remove_key(section, spelling.deprecated);
            continue;
        }
        sink.push(note(deprecated, spelling.deprecated, spelling.preferred));
        document.rename_key(section, spelling.deprecated, spelling.preferred);
    }
}

fn rename_operators(document: &mut Document, sink: &mut Sink) {
    let root = document.root();
    let rules = document
        .entry(root, "syscalls")
        .and_then(|(_, syscalls)| document.entry(syscalls, "advanced_rules"));
    let Some((_, rules)) = rules else { return };
    let mut renamed = Vec::new();
    for &rule in document.items(rules) {
        let Some((_, conditions)) = document.entry(rule, "conditions") else {
            continue;
        };
        for &condition in document.items(conditions) {
            let Some((_, operator)) = document.entry(condition, "op") else {
                continue;
            };
            let Some(text) = document.scalar(operator) else {
                continue;
            };
            if let Some(&(deprecated, preferred)) = DEPRECATED_OPERATORS
                .iter()
                .find(|(deprecated, _)| *deprecated == text)
            {
                renamed.push((operator, deprecated, preferred));
            }
        }
    }
    for (operator, deprecated, preferred) in renamed {
        // An alias may lead to one operator from several rules.
        if document.scalar(operator) == Some(deprecated) {
            sink.push(note(document.node_span(operator), deprecated, preferred));
            document.set_scalar(operator, preferred);
        }
    }
}

fn note(span: crate::source::Span, deprecated: &str, preferred: &str) -> Diagnostic {
    Diagnostic::note(
        "older-spelling",
        span,
        format!("`{deprecated}` is an older spelling of `{preferred}`"),
    )
    .with_help("both mean the same")
    .with_fix(
        Applicability::Safe,
        format!("write `{preferred}`"),
        span,
        preferred,
    )
}
