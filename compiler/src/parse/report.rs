//! The words for what the tree builder finds.

use super::events::SyntaxError;
use super::limits::{MAX_DEPTH, MAX_NODES};
use super::scalar::{self, Ambiguity};
use crate::diagnostics::{Applicability, Diagnostic, Sink, quote};
use crate::source::Span;

/// Reports a plain scalar that readers of YAML disagree about.
pub(super) fn ambiguous(text: &str, span: Span, sink: &mut Sink) {
    let Some(ambiguity) = scalar::ambiguity(text) else {
        return;
    };
    let shown = clipped(text);
    let (reading, help) = match ambiguity {
        Ambiguity::Truth(value) => (
            format!("is `{value}` to some YAML readers and text to others"),
            format!("write `{value}` if you mean that, or \"{shown}\" if you mean the text"),
        ),
        Ambiguity::LeadingZero => {
            let digits = shown.trim_start_matches(['+', '-', '0']);
            let digits = if digits.is_empty() { "0" } else { digits };
            (
                "is an octal number to some YAML readers and text to others".to_owned(),
                format!(
                    "write `0o{digits}` for an octal number, `{digits}` for a decimal one, or \
                     \"{shown}\" for the text"
                ),
            )
        }
        Ambiguity::Binary => (
            "is a binary number to some YAML readers and text to others".to_owned(),
            "write the number in decimal or as `0x...`, or put the text in quotes".to_owned(),
        ),
        Ambiguity::Underscore => (
            "is a number to some YAML readers and text to others".to_owned(),
            format!(
                "write `{}` for the number, or \"{shown}\" for the text",
                shown.replace('_', "")
            ),
        ),
        Ambiguity::NotFinite => (
            "is not a finite number".to_owned(),
            format!("leave the key out for no limit, or write \"{shown}\" for the text"),
        ),
        Ambiguity::Sexagesimal => (
            "is a number in base 60 to some YAML readers and text to others".to_owned(),
            format!("put it in quotes: \"{shown}\""),
        ),
        Ambiguity::TooLarge => (
            "does not fit in 64 bits".to_owned(),
            "write a number from -2^63 to 2^64-1".to_owned(),
        ),
    };
    let code = match ambiguity {
        Ambiguity::TooLarge => "number-too-large",
        _ => "ambiguous-scalar",
    };
    let found = Diagnostic::error(code, span, format!("`{shown}` {reading}")).with_help(help);
    // One of the readings, which a person has to agree to. Text it is to this reader; where a truth
    // value is wanted, the next stage says so.
    let meant = match ambiguity {
        Ambiguity::Truth(_) | Ambiguity::LeadingZero | Ambiguity::Sexagesimal => {
            format!("\"{text}\"")
        }
        Ambiguity::Underscore => text.replace('_', ""),
        Ambiguity::Binary | Ambiguity::NotFinite | Ambiguity::TooLarge => {
            sink.push(found);
            return;
        }
    };
    let shown = if meant.contains('"') {
        meant.clone()
    } else {
        format!("`{meant}`")
    };
    sink.push(found.with_fix(Applicability::Unsafe, format!("write {shown}"), span, meant));
}

/// Reports tabs used as indentation, one for each line; gives the first one's offset.
pub(super) fn tabs(tabs: &[Span], scalars: &[Span], text: &str, sink: &mut Sink) -> Option<usize> {
    let mut first = None;
    let mut line_end = 0;
    for tab in tabs {
        let after = scalars.partition_point(|scalar| scalar.start <= tab.start);
        let inside = after
            .checked_sub(1)
            .and_then(|at| scalars.get(at))
            .is_some_and(|scalar| tab.start < scalar.end);
        if inside || tab.start < line_end {
            continue;
        }
        let rest = text.get(tab.start..).unwrap_or("");
        line_end = tab.start + rest.find('\n').unwrap_or(rest.len());
        let run = rest.len() - rest.trim_start_matches('\t').len();
        first = first.or(Some(tab.start));
        sink.push(
            Diagnostic::error(
                "tab-indentation",
                Span::new(tab.start, tab.start + run),
                "a tab is used as indentation",
            )
            .with_help("indent with spaces: YAML does not accept tabs here")
            .with_fix(
                Applicability::Unsafe,
                "write two spaces for each tab",
                Span::new(tab.start, tab.start + run),
                "  ".repeat(run),
            ),
        );
    }
    first
}

/// Reports what ended libyaml's reading.
pub(super) fn syntax(error: &SyntaxError, text: &str, sink: &mut Sink) {
    let at = text.floor_char_boundary(error.at.min(text.len()));
    let width = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    let mut found = Diagnostic::error(
        "yaml-syntax",
        Span::new(at, at + width),
        explain(&error.problem),
    );
    if let Some((context, from)) = &error.context {
        let from = text.floor_char_boundary((*from).min(text.len()));
        if from != at {
            found = found.with_related(Span::new(from, from), began(context));
        }
    }
    let start = text.get(..at).and_then(|before| before.rfind('\n'));
    let line = text.get(start.map_or(0, |line_feed| line_feed + 1)..);
    let line = line.and_then(|rest| rest.lines().next());
    if line.is_some_and(|line| line.contains("${")) {
        found = found.with_help("put a value with `${` in quotes: `\"${workspace}\"`");
    } else if let Some(help) = syntax_help(&error.problem) {
        found = found.with_help(help);
    }
    if let Some((context, from)) = &error.context
        && context == "while scanning a tag"
    {
        found = unread_tag(text, *from);
    }
    if let Some((context, from)) = &error.context
        && context == "while scanning an alias"
    {
        found = unread_alias(text, *from);
    }
    sink.push(found);
}

/// An exclusion without quotes, which the scanner takes for a tag.
fn unread_tag(text: &str, from: usize) -> Diagnostic {
    let from = text.floor_char_boundary(from.min(text.len()));
    let rest = text.get(from..).unwrap_or("");
    let end = rest.find([' ', ',', ']', '}', '\n']).unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or("");
    let message = format!("{} is a tag to YAML, and not text", quote(word));
    Diagnostic::error("yaml-syntax", Span::new(from, from + end), message)
        .with_help(format!("put it in quotes: `\"{}\"`", clipped(word)))
}

/// A name behind `*` without quotes, which the scanner takes for an alias.
fn unread_alias(text: &str, from: usize) -> Diagnostic {
    let from = text.floor_char_boundary(from.min(text.len()));
    let rest = text.get(from..).unwrap_or("");
    let end = rest
        .find([' ', ',', ']', '}', '\r', '\n'])
        .unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or("");
    let message = format!("{} is an alias to YAML, and not text", quote(word));
    Diagnostic::error("yaml-syntax", Span::new(from, from + end), message)
        .with_help(format!("put it in quotes: `\"{}\"`", clipped(word)))
}

/// The scanner's finding in an author's words.
fn explain(problem: &str) -> String {
    match problem {
        "mapping values are not allowed in this context" => {
            "a `:` begins a second mapping on this line".to_owned()
        }
        "could not find expected ':'" => "a `:` is missing after this key".to_owned(),
        "did not find expected key" => "a key was expected here".to_owned(),
        "did not find expected '-' indicator" => {
            "a list item (`- ...`) was expected here".to_owned()
        }
        "did not find expected ',' or ']'" => "a list in brackets is not closed".to_owned(),
        "did not find expected ',' or '}'" => "a mapping in braces is not closed".to_owned(),
        "found unexpected end of stream" => "the text ends inside a quoted value".to_owned(),
        other => format!("this is not YAML: {other}"),
    }
}

/// What the scanner was reading.
fn began(context: &str) -> String {
    match context {
        "while parsing a flow sequence" => "the list begins here".to_owned(),
        "while parsing a flow mapping" => "the mapping begins here".to_owned(),
        "while parsing a block mapping" => "it belongs to the mapping that begins here".to_owned(),
        "while parsing a block collection" => "it belongs to the list that begins here".to_owned(),
        "while scanning a quoted scalar" => "the quotes open here".to_owned(),
        "while scanning a simple key" => "the key begins here".to_owned(),
        other => other.to_owned(),
    }
}

fn syntax_help(problem: &str) -> Option<&'static str> {
    Some(match problem {
        "mapping values are not allowed in this context" => {
            "put a value that contains `: ` in quotes, or begin a new line"
        }
        "did not find expected key" | "did not find expected '-' indicator" => {
            "check that this line is indented like its neighbours"
        }
        "could not find expected ':'" => "write `key: value`",
        "found unexpected end of stream" => "close the quotes",
        "found character that cannot start any token" => {
            "put a value that begins with `@`, a backtick or `%` in quotes"
        }
        _ => return None,
    })
}

/// Text from the policy for a message that quotes it in its own way, clipped where it is long.
pub(super) fn clipped(text: &str) -> String {
    let quoted = quote(text);
    quoted.trim_matches('`').to_owned()
}

/// Reports a second document in the text.
pub(super) fn several_documents(span: Span, sink: &mut Sink) {
    sink.push(
        Diagnostic::error(
            "several-documents",
            span,
            "a second YAML document begins here",
        )
        .with_help("a file holds one policy: move this one to a file of its own"),
    );
}

/// Reports a merge key.
pub(super) fn merge_key(span: Span, sink: &mut Sink) {
    sink.push(
        Diagnostic::error("merge-key", span, "a policy has no merge keys (`<<`)")
            .with_help("write the merged keys out"),
    );
}

/// Reports a key that its mapping has already.
pub(super) fn duplicate_key(key: &str, span: Span, first: Span, sink: &mut Sink) {
    sink.push(
        Diagnostic::error(
            "duplicate-key",
            span,
            format!("{} is given twice", quote(key)),
        )
        .with_related(first, "it is first given here")
        .with_help("keep one of the two"),
    );
}

/// Reports a key that is read as a number or the like.
pub(super) fn key_without_quotes(key: &str, span: Span, sink: &mut Sink) {
    sink.push(
        Diagnostic::error("key-not-text", span, "this key is not text")
            .with_help(format!("put it in quotes: \"{key}\"")),
    );
}

/// Reports a key that is no text.
pub(super) fn complex_key(span: Span, sink: &mut Sink) {
    sink.push(
        Diagnostic::error(
            "key-not-text",
            span,
            "a list, a mapping or an alias is used as a key",
        )
        .with_help("a key is one word; text that begins with `[`, `{` or `*` needs quotes"),
    );
}

/// Reports lists and mappings that nest too deep.
pub(super) fn too_deep(span: Span, sink: &mut Sink) {
    sink.push(
        Diagnostic::error(
            "too-deep",
            span,
            format!("lists and mappings nest more than {MAX_DEPTH} deep here"),
        )
        .with_help("no part of a policy nests deeper than 6"),
    );
}

/// Reports more text than a policy may hold, in what begins at `start`.
pub(super) fn too_large(span: Span, start: Span, sink: &mut Sink) {
    sink.push(
        Diagnostic::error(
            "aliases-too-large",
            span,
            "the policy is larger than 8 MiB here, aliases expanded",
        )
        .with_related(start, "counted from here")
        .with_help("remove aliases that repeat long text"),
    );
}

/// Reports more values than a policy may hold, in what begins at `start`.
pub(super) fn too_many_values(span: Span, start: Span, sink: &mut Sink) {
    sink.push(
        Diagnostic::error(
            "too-many-values",
            span,
            format!("the policy holds more than {MAX_NODES} values here, aliases expanded"),
        )
        .with_related(start, "counted from here")
        .with_help("remove aliases that repeat large parts"),
    );
}

/// Reports an alias inside the value that it names.
pub(super) fn recursive_alias(name: &str, span: Span, defined: Span, sink: &mut Sink) {
    sink.push(
        Diagnostic::error(
            "recursive-alias",
            span,
            format!(
                "the alias {} is inside the value that it names",
                quote(name)
            ),
        )
        .with_related(defined, "the value begins here")
        .with_help("write the value out: a value cannot contain itself"),
    );
}

/// Reports an alias without an anchor.
pub(super) fn undefined_alias(name: &str, span: Span, sink: &mut Sink) {
    sink.push(
        Diagnostic::error(
            "undefined-alias",
            span,
            format!("no anchor `&{}` comes before this alias", clipped(name)),
        )
        .with_help("write the value out, or quote the text if it is not an alias"),
    );
}

/// Reports a second anchor of one name.
pub(super) fn duplicate_anchor(name: &str, span: Span, first: Span, sink: &mut Sink) {
    sink.push(
        Diagnostic::error(
            "duplicate-anchor",
            span,
            format!("the anchor `&{}` is defined twice", clipped(name)),
        )
        .with_related(first, "it is first defined here")
        .with_help("give one of the two another name"),
    );
}

/// Reports a tag in front of the value at `span`.
pub(super) fn tag(text: &str, span: Span, sink: &mut Sink) {
    // An anchor may come first.
    let written = text.get(span.start..).unwrap_or("");
    let at = if written.starts_with('&') {
        written.find('!').unwrap_or(0)
    } else {
        0
    };
    let tag = written
        .get(at..)
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap_or("");
    let start = span.start + at;
    let name = tag.trim_end_matches([',', ']', '}']);
    let help = if tag.starts_with("!!") || name.len() > 60 {
        "remove the tag; put a value in quotes to make it text".to_owned()
    } else {
        format!("remove the tag; put a text that begins with `!` in quotes: \"{name}\"")
    };
    sink.push(
        Diagnostic::error(
            "yaml-tag",
            Span::new(start, start + tag.len()),
            format!("the YAML tag {} is not accepted", quote(tag)),
        )
        .with_help(help),
    );
}
