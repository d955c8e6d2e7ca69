//! A value that may have one of several forms, and has none: which one was meant.

use super::expect::Expected;
use super::schema::one;
use crate::diagnostics::{Diagnostic, Sink, nearest};
use crate::parse::Document;
use crate::source::Span;
use crate::syscalls::{Arch, errno_number};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

/// Reports what is wrong inside the form that was meant, or that none was. `forms` are the findings
/// for each form.
pub(super) fn report(
    error: &ValidationError<'_>,
    forms: &[Vec<ValidationError<'static>>],
    document: &Document,
    sink: &mut Sink,
) {
    let found = error.instance().as_ref();
    let pointer = error.instance_path().as_str();
    let expected = Expected::at(pointer);
    let span = document.span(pointer);
    let another_kind = |finding: &ValidationError<'_>| {
        finding.instance_path().as_str() == pointer
            && matches!(
                finding.kind(),
                Kind::Type { .. } | Kind::Constant { .. } | Kind::Enum { .. }
            )
    };
    let fitting: Vec<_> = forms.iter().filter(|form| !form.iter().any(another_kind)).collect();
    if let Value::Object(entries) = found {
        let words = expected.words();
        if let Some((key, word)) =
            entries.keys().find_map(|key| Some((key, words.iter().find(|word| *word == key)?)))
        {
            let step = key.replace('~', "~0").replace('/', "~1");
            let span = document.key_span(&format!("{pointer}/{step}"));
            let message = format!("`{word}` stands alone as the value of {}", expected.name());
            let help = format!("write `{word}`, without a mapping");
            sink.push(Diagnostic::error("wrong-type", span, message).with_help(help));
            return;
        }
        // Of two mappings, one has fixed keys and stands first.
        let form = match (fitting.as_slice(), entries.len()) {
            ([first, ..], _) if entries.keys().any(|key| expected.has_key(key)) => Some(first),
            ([.., last], 1) => Some(last),
            ([first, ..], _) => Some(first),
            ([], _) => None,
        };
        if let Some(form) = form {
            form.iter().for_each(|finding| one(finding, document, sink));
            return;
        }
    }
    if let (Value::Array(_), Some(form)) = (found, fitting.first()) {
        form.iter().for_each(|finding| one(finding, document, sink));
        return;
    }
    if !sink.has_error_at(span) {
        let of_range = found.is_number() && !fitting.is_empty();
        sink.push(no_form(&expected, found, span, of_range));
    }
}

/// A value that no form fits.
fn no_form(expected: &Expected<'_>, found: &Value, span: Span, of_range: bool) -> Diagnostic {
    let message = expected.mismatch(found);
    let words = expected.words();
    match found {
        _ if of_range => Diagnostic::error("out-of-range", span, message),
        Value::String(text) if !words.is_empty() => {
            let diagnostic = Diagnostic::error("unknown-value", span, message);
            if let Some(meant) = nearest(text, words) {
                diagnostic.with_help(format!("did you mean `{meant}`?"))
            } else if expected.has_key("errno") && errno_number(Arch::X86_64, text).is_some() {
                diagnostic.with_help(format!("write `{{errno: {text}}}`"))
            } else {
                diagnostic
            }
        }
        _ => Diagnostic::error("wrong-type", span, message),
    }
}
