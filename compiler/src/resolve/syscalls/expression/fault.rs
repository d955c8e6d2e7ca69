//! What is wrong with the text of a condition, in words.

use std::ops::Range;

use crate::diagnostics::quote;

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::resolve::syscalls) struct Fault {
    pub(in crate::resolve::syscalls) kind: FaultKind,
    pub(in crate::resolve::syscalls) range: Range<usize>,
    pub(in crate::resolve::syscalls) message: String,
    pub(in crate::resolve::syscalls) help: String,
}

/// The two ways in which a text is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::resolve::syscalls) enum FaultKind {
    /// It is no condition.
    Syntax,
    /// It is too long or too deep.
    Size,
}

pub(super) const EXAMPLE: &str = "write a condition such as `flags & O_ACCMODE == O_RDONLY`";

/// A text that is no condition.
pub(super) fn fault(
    range: Range<usize>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Fault {
    Fault {
        kind: FaultKind::Syntax,
        range,
        message: message.into(),
        help: help.into(),
    }
}

/// Says what is wrong at the place where the grammar found nothing that fits.
pub(super) fn stopped(text: &str, at: usize) -> Fault {
    if text.trim().is_empty() {
        return fault(0..text.len(), "the condition is empty", EXAMPLE);
    }
    let rest = text.get(at..).unwrap_or("").trim_start();
    let at = text.len() - rest.len();
    let token = token(rest);
    let here = at..at + token.len();
    if token.is_empty() {
        if let Some(open) = unclosed(text) {
            let bracket = text.get(open..=open).unwrap_or("(");
            let help = if bracket == "{" {
                "close it with `}`"
            } else {
                "close it with `)`"
            };
            return fault(
                open..open + 1,
                format!("{} is not closed", quote(bracket)),
                help,
            );
        }
        let shown = text.trim_end();
        let last = last_token(shown);
        let range = shown.len() - last.len()..shown.len();
        return fault(
            range,
            format!("something is missing after {}", quote(last)),
            EXAMPLE,
        );
    }
    let help = match token {
        "AND" | "OR" | "NOT" | "IN" => {
            format!("write `{}` in small letters", token.to_ascii_lowercase())
        }
        "\"" | "'" => "write names and numbers without quotes".to_owned(),
        "}" if text.get(..at).is_some_and(|before| before.trim_end().ends_with([',', '{'])) => {
            "a value is missing before it: a set is written `{AF_UNIX, AF_INET}`, with no comma at its end".to_owned()
        }
        ")" if text.get(..at).is_some_and(|before| unclosed(before).is_some()) => {
            "a value is missing before it".to_owned()
        }
        ")" | "}" => "it closes nothing".to_owned(),
        "[" => "a set is written in braces: `domain in {AF_UNIX, AF_INET}`".to_owned(),
        "+" | "*" | "/" | "%" | "^" | "<" | ">" => {
            "a filter compares and masks; it does not calculate".to_owned()
        }
        "," => "commas separate the values of a set, in braces".to_owned(),
        "===" | "=" => "write `==`".to_owned(),
        "}," | "." => EXAMPLE.to_owned(),
        _ if before_is_value(text, at) && in_braces(text, at) => {
            "a comma is missing before it: a set is written `{AF_UNIX, AF_INET}`".to_owned()
        }
        _ if before_is_value(text, at) => {
            "join comparisons with `&&` or `||`; bits are joined with `|` and masked with `&`"
                .to_owned()
        }
        _ => EXAMPLE.to_owned(),
    };
    fault(here, format!("{} does not belong here", quote(token)), help)
}

/// The word or the sign at the start of a text.
fn token(text: &str) -> &str {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let word = text.find(|letter| !is_letter(letter)).unwrap_or(text.len());
    let end = match word {
        0 => text.chars().next().map_or(0, char::len_utf8),
        end => end,
    };
    text.get(..end).unwrap_or("")
}

/// The word or the operator at the end of a text.
fn last_token(text: &str) -> &str {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_sign = |letter: char| "=!<>&|".contains(letter);
    let word = text.trim_end_matches(is_letter);
    let sign = text.trim_end_matches(is_sign);
    let start = match text.chars().next_back() {
        _ if word.len() < text.len() => word.len(),
        _ if sign.len() < text.len() => sign.len(),
        Some(last) => text.len() - last.len_utf8(),
        None => 0,
    };
    text.get(start..).unwrap_or("")
}

/// Where the innermost bracket stands that nothing closes.
fn unclosed(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '{' => open.push(at),
            ')' | '}' => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}

/// Whether the innermost bracket that is open at a place is a brace.
fn in_braces(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("");
    unclosed(before).is_some_and(|open| before.get(open..).unwrap_or("").starts_with('{'))
}

fn before_is_value(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("").trim_end();
    before.ends_with(|letter: char| letter.is_ascii_alphanumeric() || "_)}".contains(letter))
}
