//! The JSON Schema's findings, with their places, in an author's words.

use super::expected::Expected;
use super::json_schema::Schema;
use super::keys;
use super::report::{Report, step};
use super::values::{self, NoForm};
use super::words::describe;
use crate::diagnostics::{Applicability, Diagnostic, MAX_PER_CODE, Sink};
use crate::parse::Document;
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

/// How many schema findings are put into words. The sink shows fewer.
const MAX_FINDINGS: usize = 1_000;

/// Reports everything that the schema does not accept; says whether there was anything.
pub(super) fn report(schema: &Schema, document: &Document, json: &Value, sink: &mut Sink) -> bool {
    let mut report = Report {
        schema,
        document,
        json,
        sink,
    };
    let mut any = report.values("", json);
    for error in schema.errors(json).take(MAX_FINDINGS) {
        any = true;
        report.one(&error);
    }
    any
}

impl Report<'_> {
    /// Reports what the schema language cannot say: keys and items without a value, and `1.0` where
    /// a whole number belongs. Recursive: the parse stage caps the depth.
    fn values(&mut self, pointer: &str, json: &Value) -> bool {
        let mut any = false;
        match json {
            Value::Null if !pointer.is_empty() => {
                self.empty_value(pointer);
                return true;
            }
            Value::Number(number) if number.is_f64() => {
                let expected = Expected::at(self.schema, pointer);
                let whole = number.as_f64().is_some_and(|value| value.fract() == 0.0);
                if whole && expected.is_whole() && !expected.takes("number") {
                    // A whole number beyond 64 bits has become a fraction, and is known.
                    if !self.sink.has_error_at(self.document.span(pointer)) {
                        self.sink
                            .push(values::wrong_type(self, pointer, &expected, json));
                    }
                    return true;
                }
            }
            Value::Array(items) => {
                for (at, item) in items
                    .iter()
                    .enumerate()
                    .filter(|(_, item)| worth_a_look(item))
                {
                    any |= self.values(&format!("{pointer}/{at}"), item);
                }
            }
            Value::Object(entries) => {
                for (key, value) in entries.iter().filter(|(_, value)| worth_a_look(value)) {
                    any |= self.values(&format!("{pointer}/{}", step(key)), value);
                }
            }
            _ => {}
        }
        any
    }

    fn empty_value(&mut self, pointer: &str) {
        let expected = Expected::at(self.schema, pointer);
        let value = self.document.span(pointer);
        let shown = if value.end > value.start {
            value
        } else {
            self.document.key_span(pointer)
        };
        let message = format!("{} has no value", expected.name());
        let help = if expected.is_item() {
            "remove the item, or give it a value".to_owned()
        } else {
            format!(
                "give it {}, or remove it to get the default",
                expected.phrase()
            )
        };
        let found = Diagnostic::error("empty-value", shown, message).with_help(help);
        self.sink.push(self.without(pointer, &expected, found));
    }

    /// The finding with a fix that takes away what has no value, where something is left beside it
    /// and the key may be absent.
    fn without(&self, pointer: &str, expected: &Expected<'_>, found: Diagnostic) -> Diagnostic {
        let (parent, last) = pointer.rsplit_once('/').unwrap_or_default();
        let others = match self.json.pointer(parent) {
            Some(Value::Array(items)) => items.len() > 1,
            Some(Value::Object(entries)) => entries.len() > 1,
            _ => false,
        };
        let needed = Expected::at(self.schema, parent).required().contains(&last);
        if !others || needed || self.document.is_shared(pointer) {
            return found;
        }
        let value = self.document.span(pointer);
        if expected.is_item() {
            return found.with_item_removed(Applicability::Unsafe, value);
        }
        let key = self.document.key_span(pointer);
        // A value that is not there has no place behind the key.
        let value = if value.start == value.end { key } else { value };
        found.with_key_removed(Applicability::Unsafe, key, value)
    }

    /// Puts one finding into words. Recursive where a value has several forms, which is as deep as
    /// the schema.
    fn one(&mut self, error: &ValidationError<'_>) {
        let found = error.instance().as_ref();
        let pointer = error.instance_path().as_str();
        if found.is_null() && !pointer.is_empty() {
            // Reported as an empty value.
            return;
        }
        let expected = Expected::at(self.schema, pointer);
        let span = self.document.span(pointer);
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                for key in unexpected.iter().take(MAX_PER_CODE) {
                    self.sink.push(keys::unknown(self, pointer, &expected, key));
                }
                let more = unexpected.len().saturating_sub(MAX_PER_CODE);
                self.sink.count_more("unknown-key", more);
            }
            Kind::Required { property } => {
                let key = property.as_str().unwrap_or_default();
                if !keys::is_misspelt(found, &expected, key) {
                    self.sink.push(keys::missing(self, pointer, &expected, key));
                }
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                if !self.sink.has_error_at(span) {
                    match values::no_form(self, pointer, &expected, found, context) {
                        NoForm::Itself(found) => self.sink.push(found),
                        NoForm::Nearest(errors) => errors.iter().for_each(|error| self.one(error)),
                    }
                }
            }
            Kind::Constant { .. } | Kind::Enum { .. } => {
                if !self.sink.has_error_at(span) {
                    self.sink
                        .push(values::no_word(self, pointer, &expected, found));
                }
            }
            Kind::Minimum { .. }
            | Kind::Maximum { .. }
            | Kind::ExclusiveMinimum { .. }
            | Kind::ExclusiveMaximum { .. } => {
                self.sink.push(Diagnostic::error(
                    "out-of-range",
                    span,
                    format!(
                        "{} takes {}; found {found}",
                        expected.name(),
                        expected.range()
                    ),
                ));
            }
            Kind::MinLength { .. } | Kind::MinItems { .. } | Kind::MinProperties { .. } => {
                let message = format!("{} is empty", expected.name());
                self.sink.push(
                    Diagnostic::error("invalid-value", span, message)
                        .with_help(format!("give it {}", expected.phrase())),
                );
            }
            Kind::Pattern { pattern } => {
                self.sink
                    .push(values::no_match(span, &expected, pattern, found));
            }
            Kind::Type { .. } => {
                // What an ambiguous scalar is taken for says nothing new.
                if !self.sink.has_error_at(span) {
                    self.sink
                        .push(values::wrong_type(self, pointer, &expected, found));
                }
            }
            _ => self.sink.push(Diagnostic::error(
                "invalid-value",
                span,
                format!("{} cannot be {}", expected.name(), describe(found)),
            )),
        }
    }
}

fn worth_a_look(value: &Value) -> bool {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => true,
        Value::Number(number) => number.is_f64(),
        Value::Bool(_) | Value::String(_) => false,
    }
}
