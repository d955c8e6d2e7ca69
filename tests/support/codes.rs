//! The diagnostic codes that the compiler's sources hold.
//!
//! A code is the literal in a call that makes a diagnostic. In a file with a call whose code is
//! computed, every literal of two or more words in kebab case is taken for a code.

use crate::repository::Tracked;
use std::collections::BTreeSet;

/// A code and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code<'f> {
    /// The source file.
    pub file: &'f str,
    /// The line, from 1.
    pub line: usize,
    /// The code; `None` for a computed one when no literal could be meant.
    pub code: Option<&'f str>,
}

/// Every code in the compiler's sources, each once a file.
pub fn emitted(files: &[Tracked]) -> Vec<Code<'_>> {
    files
        .iter()
        .filter(|file| file.path.starts_with("compiler/src/") && file.has_extension("rs"))
        .filter(|file| file.path != DEFINITION)
        .flat_map(|file| {
            let found = codes(&file.text).into_iter();
            found.map(|(line, code)| Code {
                file: &file.path,
                line,
                code,
            })
        })
        .collect()
}

/// The calls that make a diagnostic, and how many arguments stand before the code.
const CALLS: [(&str, usize); 7] = [
    ("Diagnostic::error(", 0),
    ("Diagnostic::warning(", 0),
    ("Diagnostic::note(", 0),
    ("Diagnostic::new(", 1),
    ("Diagnostic::about(", 1),
    ("scope.error(", 0),
    ("scope.refuse_quantity(", 0),
];

/// The file that defines these calls.
const DEFINITION: &str = "compiler/src/diagnostics/mod.rs";

/// Every code in the text outside its tests, with its line; `None` for a computed code when no
/// literal could be meant.
fn codes(text: &str) -> Vec<(usize, Option<&str>)> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    let (mut found, mut computed) = (Vec::new(), Vec::new());
    for (call, before) in CALLS {
        for (at, _) in text.match_indices(call) {
            let arguments = text.get(at + call.len()..).unwrap_or_default();
            let argument = arguments
                .splitn(before + 2, ',')
                .nth(before)
                .unwrap_or_default();
            match argument
                .trim()
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'))
            {
                Some(code) => found.push((line(at), Some(code))),
                None => computed.push((line(at), None)),
            }
        }
    }
    if !computed.is_empty() {
        let literals = text.match_indices('"').filter_map(|(at, _)| {
            let literal = text.get(at + 1..)?.split('"').next()?;
            (literal.contains('-') && is_kebab_case(literal)).then_some((line(at), Some(literal)))
        });
        let literals = literals.collect::<Vec<_>>();
        found.extend(if literals.is_empty() {
            computed
        } else {
            literals
        });
    }
    found.sort_unstable();
    let mut seen = BTreeSet::new();
    found.retain(|&(_, code)| code.is_none() || seen.insert(code));
    found
}

/// Words of small letters and digits, with hyphens between them.
pub fn is_kebab_case(code: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    code.split('-').all(plain)
}
