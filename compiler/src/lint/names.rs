//! Names in paths that look like others: letters of two scripts in one word, letters that stand for ASCII ones, spaces at an end.

use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use crate::source::Span;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Blocks of scripts whose letters look like Latin ones (Blocks.txt and confusables.txt of Unicode 16).
const ALIKE: [RangeInclusive<char>; 10] = [
    '\u{370}'..='\u{3ff}',
    '\u{400}'..='\u{52f}',
    '\u{530}'..='\u{58f}',
    '\u{13a0}'..='\u{13ff}',
    '\u{1c80}'..='\u{1c8f}',
    '\u{1f00}'..='\u{1fff}',
    '\u{2c80}'..='\u{2cff}',
    '\u{a640}'..='\u{a69f}',
    '\u{ab30}'..='\u{ab64}',
    '\u{ab70}'..='\u{abbf}',
];

/// Blocks whose letters are ASCII ones in another shape.
const SHAPES: [RangeInclusive<char>; 3] = [
    '\u{2100}'..='\u{214f}',
    '\u{ff01}'..='\u{ff5e}',
    '\u{1d400}'..='\u{1d7ff}',
];

/// Blocks of characters that are not seen, or look like ASCII punctuation: dashes, dots, slashes, asterisks, blanks.
const SYMBOLS: [RangeInclusive<char>; 6] = [
    '\u{2b0}'..='\u{2ff}',
    '\u{2000}'..='\u{206f}',
    '\u{2200}'..='\u{22ff}',
    '\u{2800}'..='\u{2800}',
    '\u{fe00}'..='\u{fe6f}',
    '\u{ff01}'..='\u{ff0f}',
];

/// Runs the lint on each path that the policy names.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let wanted = &scope.resolved.filesystem;
    let kept = wanted.protected.iter().map(|one| (&*one.inside, one.span));
    let hidden = wanted
        .masked
        .iter()
        .map(|one| (&*one.inside, Some(one.span)));
    let guarded: Vec<(&str, Option<Span>)> = kept.chain(hidden).collect();
    let shared = wanted.immutable.iter().chain(&wanted.output);
    let shared =
        shared.flat_map(|one| [(&*one.host, one.host_span), (&*one.inside, one.inside_span)]);
    let scratch = wanted
        .scratch
        .iter()
        .map(|one| (&*one.value, Some(one.span)));
    let (working_dir, place) = &wanted.working_dir;
    let named = guarded.iter().copied().chain(shared).chain(scratch);
    let named = named.chain([(&**working_dir, *place)]);
    let patterns = guarded
        .iter()
        .filter_map(|(path, span)| Some(((*span)?, shell_pattern(path)?)));
    let names = named.filter_map(|(path, span)| Some((span?, path.split('/').find_map(fault)?)));
    let mut seen = BTreeSet::new();
    for (span, (what, help)) in patterns.chain(names) {
        if seen.insert(span) {
            scope.report(Diagnostic::warning("path-looks-alike", span, what).with_help(help));
        }
    }
}

/// What a shell would take for a pattern, and is none here.
fn shell_pattern(path: &str) -> Option<(String, &'static str)> {
    let pairs = [('[', ']', ""), ('{', '}', ",")];
    let (open, _, _) = pairs.into_iter().find(|&(open, close, between)| {
        let inner = path
            .split_once(open)
            .and_then(|(_, rest)| rest.split_once(close));
        inner.is_some_and(|(inner, _)| inner.contains(between))
    })?;
    let message = format!(
        "`{open}` stands for itself in {}: a pattern has `*`, `?` and `**`",
        quote(path)
    );
    Some((message, "write an entry for each, or use `*` or `?`"))
}

/// What is wrong with one name of a path.
fn fault(name: &str) -> Option<(String, &'static str)> {
    if name != name.trim() {
        let message = format!(
            "the name {} begins or ends with a space: it is another name than {}",
            quote(name),
            quote(name.trim())
        );
        return Some((message, "remove the space"));
    }
    let within = |blocks: &[RangeInclusive<char>], letter: char| {
        blocks.iter().any(|block| block.contains(&letter))
    };
    if let Some(symbol) = name.chars().find(|one| within(&SYMBOLS, *one)) {
        let message = format!(
            "the name {} holds the character U+{:04X}, which is not seen or looks like another one",
            quote(name),
            u32::from(symbol)
        );
        return Some((message, "type the name anew, in plain characters"));
    }
    let latin =
        |letter: char| letter.is_ascii_alphabetic() || matches!(letter, '\u{c0}'..='\u{24f}');
    let words = name.split(|letter: char| !letter.is_alphabetic());
    let letter = words.clone().find_map(|word| {
        let mixed = word.chars().any(latin);
        let foreign = |letter: &char| mixed && within(&ALIKE, *letter) || within(&SHAPES, *letter);
        word.chars().find(foreign)
    })?;
    let message = format!(
        "the name {} holds the letter U+{:04X}, which looks like another one: the path is not the one that it looks like",
        quote(name),
        u32::from(letter)
    );
    Some((message, "type the name anew, in letters of one script"))
}

#[cfg(test)]
mod tests {
    use super::{fault, shell_pattern};

    #[test]
    fn names_of_one_script_are_as_they_look() {
        for name in [
            "Makefile",
            "отчёт.txt",
            "Ünïcode",
            "資料ABC",
            "été",
            "αβγ",
            "a b",
            "naïve-файл",
            "x86_64",
            "",
        ] {
            assert_eq!(fault(name), None, "{name}");
        }
        for name in [
            "M\u{430}kefile",
            ".\u{435}nv",
            "pr\u{3bf}ject",
            "\u{ff21}",
            "\u{1d41a}",
            "Makefile ",
            " .env",
            "a\u{a0}",
            "\u{2217}.env",
            ".env\u{fe0f}",
            "\u{ff0e}env",
            "a\u{2010}b",
            "\u{2800}",
        ] {
            assert!(fault(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_a_shell_takes_for_a_pattern() {
        for (path, expected) in [
            ("/w/[ab].env", true),
            ("/w/*.[pk]em", true),
            ("/w/*.{pem,key}", true),
            ("/w/{x}.pem", false),
            ("/w/a]b[", false),
            ("/w/**/?.env", false),
        ] {
            assert_eq!(shell_pattern(path).is_some(), expected, "{path}");
        }
    }
}
