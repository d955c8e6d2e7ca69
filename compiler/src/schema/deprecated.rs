//! Older spellings of keys and operators get their preferred names.

use crate::diagnostics::{Applicability, Diagnostic, Sink};
use crate::parse::Document;
use purple_policy::{OLDER_OPERATORS, OLDER_SPELLINGS};

/// Renames every older spelling in the document, with a note each.
pub(super) fn rename(document: &mut Document, sink: &mut Sink) {
    rename_keys(document, sink);
    rename_operators(document, sink);
}

fn rename_keys(document: &mut Document, sink: &mut Sink) {
    for spelling in OLDER_SPELLINGS {
        let Some((_, section)) = document.entry(document.root(), spelling.section) else {
            continue;
        };
        let Some((older, value)) = document.entry(section, spelling.older) else {
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
                    older,
                    format!(
                        "`{}` and `{}` are two spellings of one key",
                        spelling.older, spelling.preferred
                    ),
                )
                .with_related(preferred, "the preferred spelling is given here")
                .with_help(format!("keep `{}` only", spelling.preferred))
                .with_key_removed(applicability, older, document.node_span(value)),
            );
            document.remove_key(section, spelling.older);
            continue;
        }
        sink.push(note(older, spelling.older, spelling.preferred));
        document.rename_key(section, spelling.older, spelling.preferred);
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
            if let Some(&(older, preferred)) =
                OLDER_OPERATORS.iter().find(|(older, _)| *older == text)
            {
                renamed.push((operator, older, preferred));
            }
        }
    }
    for (operator, older, preferred) in renamed {
        // An alias may lead to one operator from several rules.
        if document.scalar(operator) == Some(older) {
            sink.push(note(document.node_span(operator), older, preferred));
            document.set_scalar(operator, preferred);
        }
    }
}

fn note(span: crate::source::Span, older: &str, preferred: &str) -> Diagnostic {
    Diagnostic::note(
        "older-spelling",
        span,
        format!("`{older}` is an older spelling of `{preferred}`"),
    )
    .with_help("both mean the same")
    .with_fix(
        Applicability::Safe,
        format!("write `{preferred}`"),
        span,
        preferred,
    )
}
