//! A pattern of `masked_paths` or `read_only`, matched name by name.

use std::ffi::CStr;

/// A pattern, split at its slashes.
#[derive(Debug)]
pub(crate) struct Pattern<'p>(Vec<&'p [u8]>);

/// How far a path has matched: the names of the pattern that may come next, rising.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Progress(Vec<usize>);

/// Any number of directories.
const DIRECTORIES: &[u8] = b"**";

impl<'p> Pattern<'p> {
    /// Splits an absolute pattern.
    pub(crate) fn new(text: &'p CStr) -> Self {
        let names = text.to_bytes().split(|&byte| byte == b'/');
        let mut names: Vec<&[u8]> = names.filter(|name| !name.is_empty()).collect();
        // At the end it stands for all that lies below, and not for the directory itself.
        if names.last() == Some(&DIRECTORIES) {
            names.push(b"*");
        }
        Self(names)
    }

    /// Before the first name.
    pub(crate) fn start(&self) -> Progress {
        let mut progress = Progress(Vec::new());
        self.reach(0, &mut progress);
        progress
    }

    /// After one more name.
    pub(crate) fn after(&self, so_far: &Progress, name: &[u8]) -> Progress {
        let mut progress = Progress(Vec::new());
        for &at in &so_far.0 {
            match self.0.get(at) {
                Some(&DIRECTORIES) => self.reach(at, &mut progress),
                Some(wanted) if name_matches(wanted, name) => {
                    self.reach(at.saturating_add(1), &mut progress);
                }
                _ => {}
            }
        }
        progress
    }

    /// Whether the whole pattern has matched.
    pub(crate) fn is_matched(&self, progress: &Progress) -> bool {
        progress.0.last() == Some(&self.0.len())
    }

    /// Whether a longer path could match.
    pub(crate) fn may_match_below(&self, progress: &Progress) -> bool {
        progress.0.first().is_some_and(|&at| at < self.0.len())
    }

    /// Adds a place, and those behind names that may stand for nothing.
    fn reach(&self, mut at: usize, progress: &mut Progress) {
        progress.add(at);
        while self.0.get(at) == Some(&DIRECTORIES) {
            at = at.saturating_add(1);
            progress.add(at);
        }
    }
}

impl Progress {
    fn add(&mut self, at: usize) {
        if let Err(place) = self.0.binary_search(&at) {
            self.0.insert(place, at);
        }
    }
}

/// Whether a name matches: `*` stands for any number of bytes, `?` for one character.
fn name_matches(wanted: &[u8], name: &[u8]) -> bool {
    let (mut wanted, mut name) = (wanted, name);
    // Behind the last `*`, and where in the name that is tried.
    let mut again: Option<(&[u8], &[u8])> = None;
    loop {
        match (wanted.split_first(), name.split_first()) {
            (Some((b'*', rest)), _) => {
                again = Some((rest, name));
                wanted = rest;
            }
            (Some((b'?', rest)), Some(_)) => {
                (wanted, name) = (rest, after_character(name));
            }
            (Some((byte, rest)), Some((first, behind))) if byte == first => {
                (wanted, name) = (rest, behind);
            }
            (None, None) => return true,
            _ => match again {
                Some((rest, [_, behind @ ..])) => {
                    again = Some((rest, behind));
                    (wanted, name) = (rest, behind);
                }
                _ => return false,
            },
        }
    }
}

/// What is behind the first character of a name; a byte that is not UTF-8 is one character.
fn after_character(name: &[u8]) -> &[u8] {
    let longest = name.get(..4).unwrap_or(name);
    let first = longest.utf8_chunks().next();
    let character = first.and_then(|chunk| chunk.valid().chars().next());
    name.get(character.map_or(1, char::len_utf8)..)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Pattern, name_matches};

    fn matches(pattern: &std::ffi::CStr, path: &str) -> bool {
        let pattern = Pattern::new(pattern);
        let names = path.split('/').filter(|name| !name.is_empty());
        let end = names.fold(pattern.start(), |progress, name| {
            pattern.after(&progress, name.as_bytes())
        });
        pattern.is_matched(&end)
    }

    #[test]
    fn names() {
        for (wanted, name, expected) in [
            ("*", "", true),
            ("*", ".env", true),
            ("*.env", ".env", true),
            ("*.env", "prod.env", true),
            ("*.env", "prod.envrc", false),
            ("a*b*c", "abbc", true),
            ("a*b*c", "acb", false),
            ("a*ab", "aaab", true),
            ("?", "x", true),
            ("?", "", false),
            ("?", "é", true),
            ("??", "é", false),
            ("?b", "éb", true),
            ("a?", "a?", true),
            ("a*", "a*", true),
            ("[ab]", "a", false),
            ("[ab]", "[ab]", true),
        ] {
            let found = name_matches(wanted.as_bytes(), name.as_bytes());
            assert_eq!(found, expected, "{wanted} {name}");
        }
        assert!(name_matches(b"?", b"\xff"));
        assert!(name_matches(b"\xff*", b"\xff\xfe"));
    }

    #[test]
    fn paths() {
        for (pattern, path, expected) in [
            (c"/w/*.env", "/w/a.env", true),
            (c"/w/*.env", "/w/d/a.env", false),
            (c"/w/**/*.env", "/w/a.env", true),
            (c"/w/**/*.env", "/w/d/e/a.env", true),
            (c"/w/**/*.env", "/x/a.env", false),
            (c"/w/**/d/**/f", "/w/a/d/b/f", true),
            (c"/w/**/d/**/f", "/w/d/f", true),
            (c"/w/**/d/**/f", "/w/a/f", false),
            (c"/w/**", "/w", false),
            (c"/w/**", "/w/a", true),
            (c"/w/**", "/w/a/b", true),
            (c"/w/**/**/x", "/w/x", true),
            (c"/w/*/x", "/w/x", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern:?} {path}");
        }
    }

    /// A path that cannot match any more is not looked into.
    #[test]
    fn what_cannot_match_is_left() {
        let pattern = Pattern::new(c"/w/src/*.rs");
        let after = |names: &[&str]| {
            names.iter().fold(pattern.start(), |progress, name| {
                pattern.after(&progress, name.as_bytes())
            })
        };
        assert!(pattern.may_match_below(&after(&["w"])));
        assert!(pattern.may_match_below(&after(&["w", "src"])));
        assert!(!pattern.may_match_below(&after(&["w", "target"])));
        assert!(!pattern.may_match_below(&after(&["w", "src", "main.rs"])));
    }
}
