//! Stage 2: a policy's document and those that it extends, to one document.
//!
//! The texts are merged in one order: each once, what a text extends before the text itself, in the
//! order written, and the policy last. So a later parent wins over an earlier one, and the policy
//! over all. Every value keeps the place where it was written. `name` and `description` are the
//! policy's own.
//!
//! - a value: the later one stands;
//! - a mapping: key by key;
//! - a list: the earlier entries first, then those that are new; `!entry` takes out an earlier one;
//! - what a text says of a path inside, or of an environment variable, takes the place of all that
//!   earlier texts say of it.
//!
//! Each text must be right by itself before it is merged.

mod around;
mod change;
mod files;
mod gather;
mod loosens;
mod merge;

pub use around::{Access, FilesAround};
pub use files::{Files, MAX_LEVELS, MAX_PARENTS, MAX_TOTAL_BYTES, PolicyFile};

use crate::diagnostics::Sink;
use crate::facts::{Expansion, HostFacts};
use crate::parse::Document;
use crate::source::{Source, Sources, Span};
use crate::{parse, schema};
use change::{Change, ChangeKind};
use gather::Gathering;
pub(crate) use loosens::Loosened;

/// What came of a document and what it extends.
pub(crate) enum Inherited {
    /// One document, which each text is right for, and what the policy extends.
    Whole(Document, Option<Parents>),
    /// What is right of the texts, in one document: some of them have errors, which the sink knows,
    /// and there may be more to find in what is left.
    Rest(Document),
    /// Nothing that more can be found in; the sink says why.
    Nothing,
}

/// The texts that are merged with a policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'t> {
    /// Those that it can extend beside the profiles.
    pub(crate) files: Option<&'t dyn Files>,
    /// The text that wins over the policy: what the command line says.
    pub(crate) last: Option<&'t Source>,
}

/// What a policy extends, and how the two differ.
pub struct Parents {
    /// All that the policy extends, in one document. It has no name.
    pub document: Document,
    changes: Vec<Change>,
    /// The text that comes after the policy.
    last: Option<u8>,
    /// Where the policy names its parents.
    extends: Span,
    /// What the policy calls them, and where.
    names: Vec<(String, Span)>,
}

impl Parents {
    /// Reports the keys by which a text allows what an earlier one denies. `counts` says of such a key whether it makes a
    /// difference.
    pub(crate) fn report(&self, counts: impl Fn(&Loosened<'_>) -> bool, sink: &mut Sink) {
        // What comes after the policy is not reviewed with it.
        let changes = self.changes.iter();
        let changes = changes.filter(|change| Some(change.new.1.file) != self.last);
        loosens::report(changes, self.extends, counts, sink);
    }

    /// What the policy calls the files that it extends, and where.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Span)> {
        self.names.iter().map(|(name, span)| (name.as_str(), *span))
    }

    /// Where the policy names its parents.
    pub(crate) const fn extends(&self) -> Span {
        self.extends
    }

    /// What the policy itself says at a key with a value, after what its parents say there.
    pub(crate) fn written(&self, pointer: &str) -> Option<(Option<&str>, &str)> {
        let mut changes = self.changes.iter();
        let own = |change: &&Change| {
            (change.kind, change.new.1.file) == (ChangeKind::Value, 0) && change.pointer == pointer
        };
        let change = changes.find(own)?;
        let old = change.old.as_ref().map(|(text, _)| text.as_str());
        Some((old, change.new.0.as_str()))
    }

    /// The places of the policy's own paths that are writable and were read-only.
    pub(crate) fn writable(&self) -> impl Iterator<Item = Span> {
        let changes = self.changes.iter();
        let writable = changes.filter(|change| change.kind == ChangeKind::Writable);
        writable.map(|change| change.new.1)
    }

    /// What the policy itself takes out of a list of its parents: each entry, its place and that of what it takes out.
    pub(crate) fn removed<'p>(
        &'p self,
        list: &'p str,
    ) -> impl Iterator<Item = (&'p str, Span, Option<Span>)> {
        self.changes
            .iter()
            .filter(move |change| {
                change.kind == ChangeKind::Removed
                    && change.pointer == list
                    && change.new.1.file == 0
            })
            .map(|change| {
                let old = change.old.as_ref().map(|(_, place)| *place);
                (change.new.0.as_str(), change.new.1, old)
            })
    }
}

/// Merges a document with what it extends, and with the text that comes after the policy. Their texts are added to
/// `sources`. A document that is alone stays as it is.
pub(crate) fn inherit(
    mut document: Document,
    around: Around<'_>,
    facts: &mut Expansion<'_>,
    sources: &mut Sources,
    sink: &mut Sink,
) -> Inherited {
    let extends = document.entry(document.root(), "extends");
    let extends = extends.map(|(_, extends)| extends);
    if extends.is_none() && around.last.is_none() {
        return Inherited::Whole(document, None);
    }
    let place = extends.map_or_else(Span::default, |extends| document.node_span(extends));
    let mut names = Vec::new();
    if let Some(extends) = extends {
        let named = document.items(extends).iter().copied().chain([extends]);
        names.extend(
            named.filter_map(|id| Some((document.scalar(id)?.to_owned(), document.node_span(id)))),
        );
    }
    // A parent's finding says nothing about a policy that is wrong itself, and the other way round.
    let fits = schema::check(&mut document, sink).is_some();
    let before = sink.errors();
    let Some(mut texts) = Gathering::new(around.files, facts, sources, sink).all(document) else {
        return Inherited::Nothing;
    };
    if let Some(last) = around.last {
        match gather::last(last, &texts, sources, sink) {
            Some(last) => texts.push(last),
            None => return Inherited::Nothing,
        }
    }
    let parents_fit = sink.errors() == before;
    if fits && !sink.has_errors() {
        let last = texts.last().map(|last| last.file).filter(|file| *file != 0);
        let merged = merge::merge(texts, sink);
        let parents = merged.parents.map(|document| Parents {
            document,
            changes: merged.changes,
            last,
            extends: place,
            names,
        });
        return Inherited::Whole(merged.document, parents);
    }
    let whole = texts
        .iter_mut()
        .all(|text| schema::fitting(&mut text.document).is_some());
    if !whole {
        return Inherited::Nothing;
    }
    let mut found = Sink::new();
    let merged = merge::merge(texts, &mut found).document;
    if parents_fit {
        // Otherwise what seems to be missing may be in a text that is.
        sink.absorb_errors(found);
    }
    Inherited::Rest(merged)
}

/// A policy's text with all that it inherits from: what decides what it compiles to, for those who
/// keep plans: texts that compiled once do so again. `None` where one of them cannot be read.
pub fn sources(source: &Source, files: Option<&dyn Files>) -> Option<Sources> {
    let mut sources = Sources::from(source.clone());
    let mut sink = Sink::new();
    let document = parse::parse(source, &mut sink)?;
    let facts = HostFacts::samples();
    Gathering::new(files, &mut Expansion::new(&facts), &mut sources, &mut sink)
        .without_checks()
        .all(document)?;
    (!sink.has_errors()).then_some(sources)
}
