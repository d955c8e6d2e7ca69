//! What every lint looks at.

pub(super) use crate::diagnostics::listed;
use crate::diagnostics::{Diagnostic, Severity, Sink};
use crate::ir::Ir;
use crate::parse::Document;
use crate::resolve::Resolved;
use crate::source::Span;
use std::collections::BTreeSet;

/// What every lint looks at, and reports to.
pub(super) struct Scope<'a> {
    pub(super) resolved: &'a Resolved,
    pub(super) ir: &'a Ir,
    /// For the places of sections and lists alone.
    document: &'a Document,
    pub(super) sink: &'a mut Sink,
    /// Where a warning stands: a note there would say less.
    warned: BTreeSet<Span>,
}

impl<'a> Scope<'a> {
    pub(super) const fn new(
        resolved: &'a Resolved,
        ir: &'a Ir,
        document: &'a Document,
        sink: &'a mut Sink,
    ) -> Self {
        Self {
            resolved,
            ir,
            document,
            sink,
            warned: BTreeSet::new(),
        }
    }

    /// The place of a section's or a list's key, or of what there is of its path.
    pub(super) fn key(&self, pointer: &str) -> Span {
        self.document.key_span(pointer)
    }

    /// Whether the policy, with what it extends, has a section.
    pub(super) fn has(&self, pointer: &str) -> bool {
        self.document.key_span(pointer) != self.document.span("")
    }

    /// Reports what was found; a note only where no warning says more about the place.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if diagnostic.severity > Severity::Note {
            self.warned.insert(diagnostic.span);
        } else if self.warned.contains(&diagnostic.span) {
            return;
        }
        self.sink.push(diagnostic);
    }
}
