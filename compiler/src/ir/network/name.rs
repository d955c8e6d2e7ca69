//! Names of hosts, and patterns of them.

use std::fmt;

/// A host's name: labels of lower-case letters, digits, `-` and `_`, at most 63 bytes each and 253
/// together (RFC 1035, 2.3.4; RFC 2181, 11).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Reads a name. Capital letters and a dot at the end make no difference.
    pub fn new(text: &str) -> Option<Self> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_label = |label: &str| matches!(label.len(), 1..=63) && label.bytes().all(is_letter);
        let is_name = name.len() <= 253 && name.split('.').all(is_label);
        is_name.then_some(Self(name))
    }

    /// Its labels, the last one first.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.rsplit('.')
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One name, or all names below one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamePattern {
    /// `example.org`: this name.
    Exact(Name),
    /// `*.example.org`: every name that ends in this one and has at least one label more.
    Below(Name),
}

impl NamePattern {
    /// Reads a name, or `*.` and a name.
    pub fn new(text: &str) -> Option<Self> {
        match text.strip_prefix("*.") {
            Some(suffix) => Name::new(suffix).map(Self::Below),
            None => Name::new(text).map(Self::Exact),
        }
    }

    /// Whether a name is among them.
    pub fn matches(&self, name: &Name) -> bool {
        match self {
            Self::Exact(own) => own == name,
            Self::Below(suffix) => name
                .0
                .strip_suffix(&suffix.0)
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        }
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => name.fmt(f),
            Self::Below(suffix) => write!(f, "*.{suffix}"),
        }
    }
}
