//! Words for values that cannot be where they are.

use super::expected::Expected;
use super::report::{Report, step};
use super::words::{and, describe};
use crate::diagnostics::{Applicability, Diagnostic, Edit, Fix, Meant, Sink, meant};
use crate::parse::{Style, written};
use crate::source::Span;
use crate::syscalls::{Arch, errno_name, errno_number, syscall_name};
use jsonschema::ValidationError;
use purple_policy::DEPRECATED_OPERATORS;
use serde_json::Value;

/// The longest text that a help repeats as code, in bytes.
const MAX_SHOWN: usize = 60;

/// The pattern of a policy's name (`schema/policy/src/policy.rs`); a test compares the two.
pub(super) const NAME: &str = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";

/// What people write who come from another language, and the word for it here.
const FOREIGN: [(&str, &str); 14] = [
    ("==", "eq"),
    ("=", "eq"),
    ("equals", "eq"),
    ("!=", "ne"),
    ("<", "lt"),
    ("<=", "le"),
    (">", "gt"),
    (">=", "ge"),
    ("&", "masked_eq"),
    ("block", "deny"),
    ("permit", "allow"),
    ("accept", "allow"),
    ("error", "errno"),
    ("trace", "notify"),
];

/// A value of a kind that the place does not take.
pub(super) fn wrong_type(
    report: &Report<'_>,
    pointer: &str,
    expected: &Expected<'_>,
    found: &Value,
) -> Diagnostic {
    let span = report.document.span(pointer);
    if expected.is_errno() && found.as_i64() == Some(0) {
        let message = "errno 0 means success: the program would assume that the call succeeded";
        return Diagnostic::error("errno-zero", span, message)
            .with_help("name the error that it should get, such as `EPERM`");
    }
    let message = expected.mismatch(found);
    let diagnostic = Diagnostic::error("wrong-type", span, message);
    if !report.sink.has_room("wrong-type") {
        return diagnostic;
    }
    let Some(change) = change(report, pointer, expected, found) else {
        if let Some(meant) = truth(expected, found) {
            let help = format!("write `{meant}`");
            let diagnostic = diagnostic.with_help(&help);
            return if report.document.is_shared(pointer) {
                diagnostic
            } else {
                diagnostic.with_fix(Applicability::Unsafe, help, span, meant)
            };
        }
        return match hint(expected, found) {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        };
    };
    let diagnostic = diagnostic.with_help(format!("{}: `{}`", change.what, change.shown));
    if report.document.is_shared(pointer) {
        return diagnostic;
    }
    let fix = Fix {
        message: format!("{}: `{}`", change.what, change.shown),
        applicability: Applicability::Safe,
        edits: change.edits,
    };
    Diagnostic {
        fix: Some(fix),
        ..diagnostic
    }
}

/// The only way to read a value that the place does take.
struct Change {
    /// What is done: "remove the quotes".
    what: &'static str,
    /// The value afterwards.
    shown: String,
    edits: Vec<Edit>,
}

impl Change {
    fn new(what: &'static str, span: Span, replacement: String) -> Self {
        let shown = replacement.clone();
        Self {
            what,
            shown,
            edits: vec![Edit { span, replacement }],
        }
    }
}

fn change(
    report: &Report<'_>,
    pointer: &str,
    expected: &Expected<'_>,
    found: &Value,
) -> Option<Change> {
    let document = report.document;
    let span = document.span(pointer);
    let (text, style) = document.scalar_at(pointer).unwrap_or(("", Style::Block));
    let short = text.len() <= MAX_SHOWN && style != Style::Block;
    match found {
        Value::String(_) if short && style != Style::Plain && expected.takes_unquoted(text) => {
            Some(Change::new("remove the quotes", span, text.to_owned()))
        }
        Value::String(_) if short && expected.takes("array") && !text.contains([',', ' ']) => {
            let item = if style == Style::Plain {
                written(text)
            } else {
                format!("{text:?}")
            };
            let shown = format!("[{item}]");
            let edit = |at, bracket: &str| Edit {
                span: Span {
                    start: at,
                    end: at,
                    ..span
                },
                replacement: bracket.to_owned(),
            };
            // Text that needs quotes in brackets gets them.
            let edits = if style == Style::Plain && item != text {
                vec![Edit {
                    span,
                    replacement: shown.clone(),
                }]
            } else {
                vec![edit(span.start, "["), edit(span.end, "]")]
            };
            Some(Change {
                what: "make it a list",
                shown,
                edits,
            })
        }
        Value::String(text) if expected.takes("object") => {
            // `on_deny: EPERM`
            let errno = errno_number(Arch::X86_64, text).is_some() && expected.has_key("errno");
            let written = format!("{{errno: {text}}}");
            errno.then(|| Change::new("write it as a mapping", span, written))
        }
        Value::Number(number) if expected.is_errno() => {
            let number = number
                .as_u64()
                .and_then(|number| u16::try_from(number).ok())?;
            let name = errno_name(Arch::X86_64, number)?;
            Some(Change::new("write its name", span, name.to_owned()))
        }
        Value::Bool(_) | Value::Number(_)
            if short
                && expected.takes_text_only()
                && !expected.is_in_words()
                && !expected.is_call() =>
        {
            Some(Change::new("put it in quotes", span, format!("\"{text}\"")))
        }
        Value::Number(number) if number.is_f64() && expected.is_whole() => {
            let whole = text
                .strip_suffix(".0")
                .filter(|text| text.parse::<u64>().is_ok())?;
            Some(Change::new(
                "leave out the fraction",
                span,
                whole.to_owned(),
            ))
        }
        Value::Array(items) => {
            let [item] = items.as_slice() else {
                return None;
            };
            let inner = document.span(&format!("{pointer}/0"));
            let (text, style) = document.scalar_at(&format!("{pointer}/0"))?;
            // `[2G]` without room for a comment; what replaces `- 2G` would need another indent.
            let bare = span.end > inner.end
                && (span.end - span.start).saturating_sub(inner.end - inner.start) <= 4;
            let fits = expected.takes_kind_of(item) && !item.is_array() && !item.is_object();
            if !fits || !bare || style == Style::Block || text.len() > MAX_SHOWN {
                return None;
            }
            let value = if style == Style::Plain {
                text.to_owned()
            } else {
                written(text)
            };
            Some(Change::new("it takes one value, not a list", span, value))
        }
        _ => None,
    }
}

/// The truth value that a word or a number probably stands for.
fn truth(expected: &Expected<'_>, found: &Value) -> Option<&'static str> {
    if !expected.takes("boolean") {
        return None;
    }
    match found {
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "yes" | "y" | "on" | "1" | "enabled" | "true" => Some("true"),
            "no" | "n" | "off" | "0" | "disabled" | "false" => Some("false"),
            _ => None,
        },
        Value::Number(number) => match number.as_u64()? {
            0 => Some("false"),
            1 => Some("true"),
            _ => None,
        },
        _ => None,
    }
}

/// What to do where no change is certain.
fn hint(expected: &Expected<'_>, found: &Value) -> Option<String> {
    match found {
        Value::Number(_) if expected.is_errno() => {
            Some("no error has this number; errno(3) lists the names".to_owned())
        }
        Value::Number(number) if expected.is_call() => {
            let number = number
                .as_u64()
                .and_then(|number| u32::try_from(number).ok());
            let name = number.and_then(|number| syscall_name(Arch::X86_64, number));
            Some(match (number, name) {
                (Some(number), Some(name)) => format!(
                    "a call is named, because numbers differ between architectures: {number} is `{name}` on x86_64"
                ),
                _ => "a call is named, such as `openat`: numbers are not taken".to_owned(),
            })
        }
        Value::String(text) if expected.takes("number") && text.ends_with('%') => {
            let percent = text.trim_end_matches('%').trim().parse::<f64>().ok()?;
            Some(format!(
                "it counts processors: write `{}` for {text}",
                percent / 100.0
            ))
        }
        Value::String(text) if expected.takes("array") && text.len() <= MAX_SHOWN => {
            let items: Vec<String> = text
                .split([',', ' '])
                .filter(|it| !it.is_empty())
                .map(written)
                .collect();
            Some(format!("make it a list: `[{}]`", items.join(", ")))
        }
        Value::Object(entries) if expected.takes("array") => {
            let item = expected.below().into_iter().find(Expected::is_item)?;
            let fits = !entries.is_empty() && entries.keys().all(|key| item.has_key(key));
            Some(if fits {
                "begin the first of its lines with `- `: it is one item of a list".to_owned()
            } else {
                "write each item on a line of its own that begins with `- `".to_owned()
            })
        }
        Value::Array(items) if expected.takes("object") && !expected.is_item() => {
            let named = |item: &Value| {
                item.as_object()
                    .is_some_and(|item| item.keys().all(|key| expected.has_key(key)))
            };
            if !items.is_empty() && items.iter().all(named) {
                return Some("leave out the `- `: the keys are directly below it".to_owned());
            }
            let keys = expected.keys();
            (items.is_empty() && !keys.is_empty())
                .then(|| "leave it out for the defaults, or name its keys".to_owned())
        }
        Value::String(_) | Value::Bool(_) | Value::Number(_)
            if expected.takes("object") && !expected.is_in_words() =>
        {
            let needed = expected.required();
            let mut keys: Vec<&str> = if needed.is_empty() {
                expected.keys()
            } else {
                needed
            };
            keys.truncate(3);
            (!keys.is_empty()).then(|| format!("write it with its keys: {}", and(keys)))
        }
        _ => None,
    }
}

/// What is wrong with a value that none of several forms fits.
pub(super) enum NoForm<'e> {
    /// The value itself: it is like none of them.
    Itself(Diagnostic),
    /// What does not fit the form that it comes nearest to.
    Nearest(&'e [ValidationError<'static>]),
}

/// Why none of several forms fits a value.
pub(super) fn no_form<'e>(
    report: &Report<'_>,
    pointer: &str,
    expected: &Expected<'_>,
    found: &Value,
    context: &'e [Vec<ValidationError<'static>>],
) -> NoForm<'e> {
    if let Some(diagnostic) = word_as_key(report, pointer, expected, found) {
        return NoForm::Itself(diagnostic);
    }
    let mut nearest: Option<((usize, bool), &[ValidationError<'static>])> = None;
    for (choice, errors) in expected.choices().iter().zip(context) {
        let free = choice.forms().iter().any(|form| form.words().is_empty());
        if !choice.takes_kind_of(found) || found.is_string() && !free {
            continue;
        }
        // Of two mappings without a known key, one of one line is the one whose keys are free.
        let known = found.as_object().map_or((0, false), |found| {
            let known = found.keys().filter(|key| choice.has_key(key)).count();
            (known, found.len() == 1 && choice.keys().is_empty())
        });
        if nearest.is_none_or(|(most, _)| known > most) {
            nearest = Some((known, errors));
        }
    }
    match nearest {
        None if found.is_string() && !expected.words().is_empty() => {
            NoForm::Itself(no_word(report, pointer, expected, found))
        }
        None => NoForm::Itself(wrong_type(report, pointer, expected, found)),
        Some(_) if found.is_number() => {
            let span = report.document.span(pointer);
            let message = expected.mismatch(found);
            NoForm::Itself(Diagnostic::error("out-of-range", span, message))
        }
        Some((_, errors)) => NoForm::Nearest(errors),
    }
}

/// A word that stands alone, and is written as the key of a mapping.
fn word_as_key(
    report: &Report<'_>,
    pointer: &str,
    expected: &Expected<'_>,
    found: &Value,
) -> Option<Diagnostic> {
    let words = expected.words();
    let word = found
        .as_object()?
        .keys()
        .find(|key| words.contains(&key.as_str()))?;
    let span = report
        .document
        .key_span(&format!("{pointer}/{}", step(word)));
    let message = format!("`{word}` is the whole value of {}", expected.name());
    let help = format!("write `{word}`, without a mapping");
    Some(Diagnostic::error("wrong-type", span, message).with_help(help))
}

/// A word that is not among those that a place takes.
pub(super) fn no_word(
    report: &Report<'_>,
    pointer: &str,
    expected: &Expected<'_>,
    found: &Value,
) -> Diagnostic {
    let Value::String(text) = found else {
        return wrong_type(report, pointer, expected, found);
    };
    let span = report.document.span(pointer);
    if let Some(change) = change(report, pointer, expected, found) {
        let what = format!("{}: `{}`", change.what, change.shown);
        let found = Diagnostic::error("unknown-value", span, expected.mismatch(found));
        let found = found.with_help(&what);
        if report.document.is_shared(pointer) {
            return found;
        }
        let applicability = Applicability::Safe;
        return Diagnostic {
            fix: Some(Fix {
                message: what,
                applicability,
                edits: change.edits,
            }),
            ..found
        };
    }
    let found = Diagnostic::error("unknown-value", span, expected.mismatch(found));
    match meant_word(report.sink, expected, text) {
        Some(meant) => report.suggest(pointer, found, meant),
        None => found,
    }
}

fn meant_word<'s>(sink: &Sink, expected: &Expected<'s>, text: &str) -> Option<Meant<'s>> {
    if !sink.has_room("unknown-value") {
        return None;
    }
    let words = expected.words();
    let known = |word: &str| words.iter().copied().find(|known| *known == word);
    let foreign = FOREIGN.iter().find(|(foreign, _)| *foreign == text);
    if let Some(word) = foreign.and_then(|(_, word)| known(word)) {
        return Some(Meant {
            word,
            certain: false,
        });
    }
    let meant = meant(
        text,
        words.iter().copied().chain(expected.deprecated_words()),
    )?;
    let deprecated = DEPRECATED_OPERATORS
        .iter()
        .find(|(deprecated, _)| *deprecated == meant.word);
    let preferred = deprecated.map_or(meant.word, |(_, preferred)| preferred);
    Some(Meant {
        word: known(preferred)?,
        certain: meant.certain,
    })
}

/// Text of a wrong form.
pub(super) fn no_match(
    span: Span,
    expected: &Expected<'_>,
    pattern: &str,
    found: &Value,
) -> Diagnostic {
    let (rule, help) = match pattern {
        r"^(/|~/|\$\{)" => (
            "is an absolute path inside the sandbox".to_owned(),
            "begin it with `/`".to_owned(),
        ),
        NAME => (
            format!("takes {}", expected.phrase()),
            "use letters, digits, `.`, `_` and `-`, at most 64, a letter or digit first".to_owned(),
        ),
        _ => {
            return Diagnostic::error("invalid-value", span, expected.mismatch(found));
        }
    };
    let message = format!("{} {rule}; found {}", expected.name(), describe(found));
    Diagnostic::error("invalid-value", span, message).with_help(help)
}
