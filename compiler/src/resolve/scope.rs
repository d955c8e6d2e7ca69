//! What every part of this stage looks things up in, and where it reports what it finds.

use crate::diagnostics::{Diagnostic, Sink};
use crate::parse::Document;
use crate::quantity::QuantityError;
use crate::source::Span;
use purple_policy::Quantity;

/// A value, and where the policy says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// What every part of this stage looks things up in, and reports what it finds.
pub(crate) struct Scope<'a> {
    pub(super) document: &'a Document,
    pub(super) sink: &'a mut Sink,
}

impl Scope<'_> {
    pub(super) fn span(&self, pointer: &str) -> Span {
        self.document.span(pointer)
    }

    pub(super) fn error(&mut self, code: &'static str, pointer: &str, message: String, help: &str) {
        let diagnostic = Diagnostic::error(code, self.span(pointer), message);
        self.report(if help.is_empty() {
            diagnostic
        } else {
            diagnostic.with_help(help)
        });
    }

    /// Reports what was found, unless an error is known at the same place: a value that was refused
    /// before says nothing new.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if !self.sink.has_error_at(diagnostic.span) {
            self.sink.push(diagnostic);
        }
    }

    /// A number with a unit; an error and `None` where it is none.
    pub(super) fn quantity(
        &mut self,
        quantity: &Quantity,
        pointer: &str,
        read: impl Fn(&str) -> Result<u64, QuantityError>,
    ) -> Option<Placed<u64>> {
        let text = match quantity {
            Quantity::Number(number) => number.to_string(),
            Quantity::Text(text) => text.clone(),
        };
        match read(&text) {
            Ok(value) => Some(Placed {
                value,
                span: self.span(pointer),
            }),
            Err(error) => {
                self.refuse_quantity("invalid-quantity", pointer, error);
                None
            }
        }
    }

    pub(super) fn refuse_quantity(
        &mut self,
        code: &'static str,
        pointer: &str,
        error: QuantityError,
    ) {
        let span = self.document.part_span(pointer, error.range);
        if self.sink.has_error_at(self.span(pointer)) {
            return;
        }
        let diagnostic = Diagnostic::error(code, span, error.message);
        self.report(if error.help.is_empty() {
            diagnostic
        } else {
            diagnostic.with_help(error.help)
        });
    }
}
