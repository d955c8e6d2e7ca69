//! Which constants belong to which argument, from `data/syscalls/families.txt`.

use std::sync::OnceLock;

/// The families of an argument of a call, in the order of the table.
pub(super) fn of<'n>(syscall: &'n str, argument: &'n str) -> impl Iterator<Item = &'static Family> {
    all().iter().filter(move |family| {
        family
            .uses
            .iter()
            .any(|&(call, name)| name == argument && (call == "*" || call == syscall))
    })
}

/// All families.
pub(super) fn all() -> &'static [Family] {
    static FAMILIES: OnceLock<Vec<Family>> = OnceLock::new();
    FAMILIES.get_or_init(|| read(include_str!("../../data/syscalls/families.txt")))
}

/// Constants that belong together.
#[derive(Debug, Default)]
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) values: Set,
    pub(super) flags: Set,
    pub(super) field: Option<(&'static str, Set)>,
    pub(super) aliases: Set,
    /// The arguments that they are for: a call or `*`, and the argument's name.
    pub(super) uses: Vec<(&'static str, &'static str)>,
}

/// Names, by patterns with `*` and `?`: one list for each line of the table.
#[derive(Debug, Default)]
pub(super) struct Set {
    lines: Vec<Patterns>,
    found: OnceLock<Vec<&'static str>>,
}

#[derive(Debug)]
struct Patterns {
    take: Vec<&'static str>,
    leave: Vec<&'static str>,
}

impl Set {
    /// Those of all constants that are in it, in the order of the patterns that take them.
    pub(super) fn names(&self, all: impl Iterator<Item = &'static str>) -> &[&'static str] {
        self.found.get_or_init(|| {
            let mut found: Vec<(usize, &str)> = all
                .filter_map(|name| Some((self.rank(name)?, name)))
                .collect();
            found.sort_unstable();
            found.into_iter().map(|(_, name)| name).collect()
        })
    }

    /// The place of the pattern that takes a name, or nothing where none does.
    fn rank(&self, name: &str) -> Option<usize> {
        let fits = |pattern: &&str| matches(pattern.as_bytes(), name.as_bytes());
        let mut before = 0;
        for line in &self.lines {
            if !line.leave.iter().any(&fits)
                && let Some(at) = line.take.iter().position(&fits)
            {
                return Some(before + at);
            }
            before += line.take.len();
        }
        None
    }

    fn add(&mut self, words: &[&'static str]) {
        let (leave, take): (Vec<&str>, Vec<&str>) =
            words.iter().partition(|word| word.starts_with('!'));
        let leave = leave
            .into_iter()
            .filter_map(|word| word.strip_prefix('!'))
            .collect();
        self.lines.push(Patterns { take, leave });
    }

    /// Whether a name is in it by this pattern, after [`Self::names`].
    #[cfg(test)]
    pub(super) fn takes_by(&self, pattern: &str) -> bool {
        let found = self.found.get().into_iter().flatten();
        found
            .into_iter()
            .any(|name| matches(pattern.as_bytes(), name.as_bytes()))
    }

    #[cfg(test)]
    pub(super) fn patterns(&self) -> impl Iterator<Item = &'static str> {
        self.lines.iter().flat_map(|line| line.take.iter().copied())
    }
}

/// A number as the tables write it: decimal, `-` in front of a negative one, or `0x` hexadecimal.
pub(super) fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse::<i64>().ok().map(i64::cast_unsigned),
    }
}

fn read(text: &'static str) -> Vec<Family> {
    let mut found: Vec<Family> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&'static str> = line.split_whitespace().collect();
        let Some((first, rest)) = words.split_first() else {
            continue;
        };
        if !line.starts_with(' ') {
            found.push(Family {
                name: first,
                ..Family::default()
            });
            continue;
        }
        let Some(family) = found.last_mut() else {
            continue;
        };
        match *first {
            "value" => family.values.add(rest),
            "flags" => family.flags.add(rest),
            "alias" => family.aliases.add(rest),
            "field" => {
                if let Some((mask, names)) = rest.split_first() {
                    family
                        .field
                        .get_or_insert_with(|| (mask, Set::default()))
                        .1
                        .add(names);
                }
            }
            "for" => family
                .uses
                .extend(rest.iter().filter_map(|word| word.split_once('.'))),
            _ => {}
        }
    }
    found
}

/// Whether a pattern of letters, `?` for any one and `*` for any number of them fits a name.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', more)), _) => {
            matches(more, name)
                || name
                    .split_first()
                    .is_some_and(|(_, rest)| matches(pattern, rest))
        }
        (Some((b'?', more)), Some((_, rest))) => matches(more, rest),
        (Some((letter, more)), Some((first, rest))) => letter == first && matches(more, rest),
        _ => false,
    }
}
