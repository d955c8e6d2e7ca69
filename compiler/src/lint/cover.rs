//! Whether one pattern matches all that another one matches.

use std::collections::BTreeSet;

/// Any number of directories.
const DIRECTORIES: &str = "**";

/// Whether `wide` matches each path that `narrow`, a path or a pattern, matches. Where that is hard to say it is said not to.
pub(super) fn covers(wide: &str, narrow: &str) -> bool {
    let wide = names(wide);
    let mut states = BTreeSet::new();
    reach(&wide, 0, &mut states);
    for name in names(narrow) {
        states = after(&wide, &states, name);
    }
    states.contains(&wide.len())
}

/// How far a pattern has matched after one more name.
fn after(wide: &[&str], states: &BTreeSet<usize>, name: &str) -> BTreeSet<usize> {
    let mut next = BTreeSet::new();
    for &at in states {
        match wide.get(at) {
            Some(&DIRECTORIES) => reach(wide, at, &mut next),
            Some(wanted) if name != DIRECTORIES && covers_name(wanted, name) => {
                reach(wide, at.saturating_add(1), &mut next);
            }
            _ => {}
        }
    }
    next
}

/// What of a pattern is in a path: patterns below it, or the path itself where the pattern matches it or what it lies in; none
/// where the pattern matches nothing there.
pub(super) fn inside(pattern: &str, path: &str) -> Vec<String> {
    let wanted = names(pattern);
    let mut states = BTreeSet::new();
    reach(&wanted, 0, &mut states);
    for name in names(path) {
        if states.contains(&wanted.len()) {
            break;
        }
        states = after(&wanted, &states, name);
    }
    let top = path.trim_end_matches('/');
    let rests = states.into_iter().filter_map(|at| wanted.get(at..));
    rests
        .map(|rest| match rest {
            [] => path.to_owned(),
            rest => format!("{top}/{}", rest.join("/")),
        })
        .collect()
}

/// The names of a path. At the end `**` stands for all that lies below.
fn names(path: &str) -> Vec<&str> {
    let mut names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    if names.last() == Some(&DIRECTORIES) {
        names.push("*");
    }
    names
}

/// Adds a place, and those behind names that may stand for nothing.
fn reach(wide: &[&str], mut at: usize, states: &mut BTreeSet<usize>) {
    states.insert(at);
    while wide.get(at) == Some(&DIRECTORIES) {
        at = at.saturating_add(1);
        states.insert(at);
    }
}

/// The same of one name. `*` covers anything, `?` any one character, and `*` is covered by `*` alone.
fn covers_name(wide: &str, narrow: &str) -> bool {
    let wide: Vec<char> = wide.chars().collect();
    let mut states: BTreeSet<usize> = BTreeSet::new();
    let skip = |mut at: usize, states: &mut BTreeSet<usize>| {
        states.insert(at);
        while wide.get(at) == Some(&'*') {
            at = at.saturating_add(1);
            states.insert(at);
        }
    };
    skip(0, &mut states);
    for letter in narrow.chars() {
        let mut next = BTreeSet::new();
        for at in states {
            match wide.get(at) {
                Some('*') => skip(at, &mut next),
                Some('?') if letter != '*' => skip(at.saturating_add(1), &mut next),
                Some(wanted) if *wanted == letter && letter != '*' => {
                    skip(at.saturating_add(1), &mut next);
                }
                _ => {}
            }
        }
        states = next;
    }
    states.contains(&wide.len())
}

#[cfg(test)]
mod tests {
    use super::{covers, inside};

    #[test]
    fn a_pattern_covers_what_it_matches_and_patterns_that_match_less() {
        for (wide, narrow) in [
            ("/w/**/.env", "/w/.env"),
            ("/w/**/.env", "/w/a/b/.env"),
            ("/w/**/*.pem", "/w/*.pem"),
            ("/w/**", "/w/a/b"),
            ("/w/**", "/w/**/*.pem"),
            ("/w/*.p?m", "/w/a.pem"),
            ("/w/*.p?m", "/w/a?.p?m"),
            ("/w/*", "/w/?"),
            ("/w/**/a/**/b", "/w/x/a/b"),
            ("/w/*a*b", "/w/xaxxb"),
            ("/w/**/.env", "/w/**/.env"),
        ] {
            assert!(covers(wide, narrow), "{wide} {narrow}");
        }
        for (wide, narrow) in [
            ("/w/**", "/w"),
            ("/w/*.pem", "/w/**/*.pem"),
            ("/w/*.pem", "/w/a/b.pem"),
            ("/w/?", "/w/*"),
            ("/w/?", "/w/ab"),
            ("/w/a*", "/w/*"),
            ("/w/**/b", "/w/a/**"),
            ("/w/*/b", "/w/**/b"),
            ("/x/**", "/w/a"),
        ] {
            assert!(!covers(wide, narrow), "{wide} {narrow}");
        }
    }

    #[test]
    fn what_of_a_pattern_is_in_a_path() {
        for (pattern, path, expected) in [
            ("./**/.env", ".", &["./**/.env", "./.env"][..]),
            ("./**/.env", "./a/b", &["./a/b/**/.env", "./a/b/.env"]),
            ("./*.d", "./a.d/x", &["./a.d/x"]),
            ("/srv/*/key", "/srv/a", &["/srv/a/key"]),
            ("/srv/*/key", "/", &["/srv/*/key"]),
            ("./*.d", "./a", &[]),
            ("/srv/*/key", "/srv/a/b", &[]),
            ("/srv/*/key", "/opt", &[]),
        ] {
            assert_eq!(inside(pattern, path), expected, "{pattern} {path}");
        }
    }
}
