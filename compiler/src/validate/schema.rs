//! The JSON Schema's findings, with their places, in an author's words.

use super::choice;
use super::expect::{Expected, and, describe};
use crate::diagnostics::{Diagnostic, MAX_PER_CODE, Sink, nearest, quote};
use crate::parse::Document;
use crate::source::Span;
use crate::syscalls::{Arch, errno_name};
use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use std::sync::OnceLock;

/// How many schema findings are put into words. The sink shows fewer.
const MAX_FINDINGS: usize = 1_000;

/// Reports everything that the schema does not accept; says whether there was anything.
pub(super) fn report(
    validator: &Validator,
    document: &Document,
    json: &Value,
    sink: &mut Sink,
) -> bool {
    let mut any = report_values(document, "", json, sink);
    for error in validator.iter_errors(json).take(MAX_FINDINGS) {
        any = true;
        one(&error, document, sink);
    }
    any
}

/// The schema as a value.
pub(super) fn json_schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(purple_policy::json_schema)
}

/// The schema, compiled once; `None` where it is not a valid schema, which a test excludes.
pub(super) fn validator() -> Option<&'static Validator> {
    static VALIDATOR: OnceLock<Option<Validator>> = OnceLock::new();
    VALIDATOR.get_or_init(|| jsonschema::draft7::new(json_schema()).ok()).as_ref()
}

/// Reports what the schema language cannot say: keys and items without a value, and `1.0` where a
/// whole number belongs. Recursive: the parse stage caps the depth.
fn report_values(document: &Document, pointer: &str, json: &Value, sink: &mut Sink) -> bool {
    let mut any = false;
    match json {
        Value::Null if !pointer.is_empty() => {
            let expected = Expected::at(pointer);
            let span = document.key_span(pointer);
            let value = document.span(pointer);
            let shown = if value.end > value.start { value } else { span };
            if sink.has_error_at(shown) {
                return true;
            }
            sink.push(
                Diagnostic::error(
                    "empty-value",
                    shown,
                    format!("{} has no value", expected.name()),
                )
                .with_help(if expected.is_item() {
                    "remove the item, or give it a value".to_owned()
                } else {
                    format!("give it {}, or remove it to get the default", expected.phrase())
                }),
            );
            return true;
        }
        Value::Number(number) if number.is_f64() => {
            let expected = Expected::at(pointer);
            if expected.is_whole() && number.as_f64().is_some_and(|value| value.fract() == 0.0) {
                let span = document.span(pointer);
                // A whole number beyond 64 bits has become a fraction, and is known.
                if !sink.has_error_at(span) {
                    sink.push(Diagnostic::error("wrong-type", span, expected.mismatch(json)));
                }
                return true;
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate().filter(|(_, item)| worth_a_look(item)) {
                any |= report_values(document, &format!("{pointer}/{at}"), item, sink);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries.iter().filter(|(_, value)| worth_a_look(value)) {
                let step = key.replace('~', "~0").replace('/', "~1");
                any |= report_values(document, &format!("{pointer}/{step}"), value, sink);
            }
        }
        _ => {}
    }
    any
}

fn worth_a_look(value: &Value) -> bool {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => true,
        Value::Number(number) => number.is_f64(),
        Value::Bool(_) | Value::String(_) => false,
    }
}

/// Reports one finding.
pub(super) fn one(error: &ValidationError<'_>, document: &Document, sink: &mut Sink) {
    let found = error.instance().as_ref();
    let pointer = error.instance_path().as_str();
    if found.is_null() && !pointer.is_empty() {
        // Reported as an empty value.
        return;
    }
    let expected = Expected::at(pointer);
    let span = document.span(pointer);
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            for key in unexpected.iter().take(MAX_PER_CODE) {
                sink.push(unknown_key(document, pointer, &expected, key));
            }
            sink.count_more("unknown-key", unexpected.len().saturating_sub(MAX_PER_CODE));
        }
        Kind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            if !misspelt(found, &expected, key) {
                sink.push(missing_key(document, pointer, &expected, key));
            }
        }
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
            choice::report(error, context, document, sink);
        }
        Kind::Minimum { .. }
        | Kind::Maximum { .. }
        | Kind::ExclusiveMinimum { .. }
        | Kind::ExclusiveMaximum { .. } => {
            sink.push(Diagnostic::error(
                "out-of-range",
                span,
                format!("{} takes {}; found {found}", expected.name(), expected.range()),
            ));
        }
        Kind::MinLength { .. } => {
            sink.push(
                Diagnostic::error("invalid-value", span, format!("{} is empty", expected.name()))
                    .with_help(format!("give it {}", expected.phrase())),
            );
        }
        Kind::Pattern { pattern } => sink.push(no_match(span, &expected, pattern, found)),
        Kind::Type { .. } => {
            // What an ambiguous scalar is taken for says nothing new.
            if !sink.has_error_at(span) {
                sink.push(wrong_type(span, &expected, found));
            }
        }
        _ => sink.push(Diagnostic::error(
            "invalid-value",
            span,
            format!("{} cannot be {}", expected.name(), describe(found)),
        )),
    }
}

fn wrong_type(span: Span, expected: &Expected<'_>, found: &Value) -> Diagnostic {
    let diagnostic = Diagnostic::error("wrong-type", span, expected.mismatch(found));
    match (expected.kind(), found) {
        ("boolean", Value::String(text)) if matches!(text.as_str(), "true" | "false") => {
            diagnostic.with_help(format!("remove the quotes: `{text}`"))
        }
        ("integer" | "number", Value::String(text)) if text.parse::<u64>().is_ok() => {
            diagnostic.with_help(format!("remove the quotes: `{text}`"))
        }
        ("string", Value::Number(number)) if expected.is_errno() => {
            let number = number.as_u64().and_then(|number| u16::try_from(number).ok());
            match number.and_then(|number| errno_name(Arch::X86_64, number)) {
                Some(name) => diagnostic.with_help(format!("write `{name}`")),
                None => diagnostic,
            }
        }
        ("string", Value::Bool(_) | Value::Number(_)) if !expected.is_condition() => {
            diagnostic.with_help(format!("put it in quotes: \"{found}\""))
        }
        ("array", Value::String(text)) if text.len() < 60 => {
            diagnostic.with_help(format!("make it a list: `[{text}]`"))
        }
        _ => diagnostic,
    }
}

fn unknown_key(
    document: &Document,
    pointer: &str,
    expected: &Expected<'_>,
    key: &str,
) -> Diagnostic {
    let step = key.replace('~', "~0").replace('/', "~1");
    let place = match expected.name() {
        name if pointer.is_empty() => name,
        name => name.replace("an item of", "an item in"),
    };
    let found = Diagnostic::error(
        "unknown-key",
        document.key_span(&format!("{pointer}/{step}")),
        format!("{} is not a key of {place}", quote(key)),
    );
    let keys = expected.keys();
    if let Some(meant) = nearest(key, keys.iter().copied()) {
        return found.with_help(format!("did you mean `{meant}`?"));
    }
    if let Some(section) = home(key) {
        return found.with_help(format!("`{key}` is a key of `{section}`: move it there"));
    }
    found.with_help(format!("the keys here are {}", and(keys)))
}

/// The section that a key belongs to.
fn home(key: &str) -> Option<&'static str> {
    let sections = json_schema().get("properties")?.as_object()?;
    sections.iter().find_map(|(section, _)| {
        Expected::at(&format!("/{section}")).has_key(key).then_some(section.as_str())
    })
}

/// Whether a mapping has a key under a name so near that the help for that name says it all.
fn misspelt(found: &Value, expected: &Expected<'_>, key: &str) -> bool {
    let keys = expected.keys();
    found.as_object().is_some_and(|found| {
        found
            .keys()
            .take(MAX_PER_CODE)
            .any(|name| !expected.has_key(name) && nearest(name, keys.iter().copied()) == Some(key))
    })
}

fn missing_key(
    document: &Document,
    pointer: &str,
    expected: &Expected<'_>,
    key: &str,
) -> Diagnostic {
    let inner = Expected::at(&format!("{pointer}/{key}"));
    let whole = document.span(pointer);
    let span = document.first_key(pointer).unwrap_or(whole);
    Diagnostic::error("missing-key", span, format!("{} needs the key `{key}`", expected.name()))
        .with_help(format!("add `{key}:` with {}", inner.phrase()))
}

/// Text of a wrong form.
fn no_match(span: Span, expected: &Expected<'_>, pattern: &str, found: &Value) -> Diagnostic {
    let (rule, help) = match pattern {
        "^/" => {
            ("is an absolute path inside the sandbox".to_owned(), "begin it with `/`".to_owned())
        }
        _ => (
            format!("takes {}", expected.phrase()),
            "use letters, digits, `.`, `_` and `-`, at most 64, a letter or digit first".to_owned(),
        ),
    };
    Diagnostic::error(
        "invalid-value",
        span,
        format!("{} {rule}; found {}", expected.name(), describe(found)),
    )
    .with_help(help)
}
