//! The entries of a list, whichever form they have.

use purple_policy::CallEntry;

use crate::resolve::syscalls::Resolver;
use crate::resolve::syscalls::written::RuleCondition;
use crate::source::Span;
use crate::syscalls::groups::{Group, group};

/// One of the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Allow,
    Deny,
}

impl List {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// An entry of a list: what it names, and where.
#[derive(Debug, Clone)]
pub(super) struct Entry<'p> {
    /// What is named, without the `!` of an exclusion.
    pub(super) text: &'p str,
    pub(super) kind: EntryKind,
    /// The name.
    pub(super) name_span: Span,
    /// The whole entry.
    pub(super) span: Span,
    pub(super) when: RuleCondition<'p>,
}

/// The kind of name that an entry is.
#[derive(Debug, Clone, Copy)]
pub(super) enum EntryKind {
    Call,
    /// `None` where no group has the name.
    Group(Option<&'static Group>),
    /// Of a call, or of a group.
    Exclusion(Option<&'static Group>),
}

impl<'a> Resolver<'a> {
    /// The entries of a list, taken apart.
    pub(super) fn entries(&self, list: List) -> Vec<Entry<'a>> {
        let (policy, key) = (self.policy, list.key());
        let written = match list {
            List::Allow => &policy.allow,
            List::Deny => &policy.deny,
        };
        let each = written.iter().enumerate();
        each.map(|(at, entry)| self.entry(entry, &format!("/syscalls/{key}/{at}")))
            .collect()
    }

    fn entry(&self, entry: &'a CallEntry, pointer: &str) -> Entry<'a> {
        let span = self.span(pointer);
        let (text, name_span, when) = match entry {
            CallEntry::Name(name) => (name.as_str(), span, RuleCondition::Always),
            CallEntry::Long(long) => {
                let when = match &long.when {
                    Some(text) => RuleCondition::Text(text, format!("{pointer}/when")),
                    None => RuleCondition::Always,
                };
                (
                    long.syscall.as_str(),
                    self.span(&format!("{pointer}/syscall")),
                    when,
                )
            }
            CallEntry::When(pair) => match pair.first_key_value() {
                Some((name, text)) => {
                    let step = name.replace('~', "~0").replace('/', "~1");
                    let inner = format!("{pointer}/{step}");
                    (
                        name.as_str(),
                        self.document.key_span(&inner),
                        RuleCondition::Text(text, inner),
                    )
                }
                // The schema asks for one.
                None => ("", span, RuleCondition::Always),
            },
        };
        let (text, kind) = match text.strip_prefix('!') {
            Some(rest) => (rest, EntryKind::Exclusion(group(rest))),
            None if text.starts_with('@') => (text, EntryKind::Group(group(text))),
            None => (text, EntryKind::Call),
        };
        Entry {
            text,
            kind,
            name_span,
            span,
            when,
        }
    }
}
