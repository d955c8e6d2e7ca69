//! Names that look like others: letters of two scripts in one word, letters that stand for ASCII ones, names that look like another
//! name of the policy, characters that are not seen, spaces at an end. What looks alike is what Unicode says (UTS 39).

use super::parents::Before;
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, is_hidden, quote};
use crate::resolve::{GROUPS, Group};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::{GeneralSecurityProfile as _, skeleton};

/// Blocks of characters that look like ASCII punctuation: dashes, dots, slashes, asterisks, blanks.
const SYMBOLS: [RangeInclusive<char>; 6] = [
    '\u{2b0}'..='\u{2ff}',
    '\u{2000}'..='\u{206f}',
    '\u{2200}'..='\u{22ff}',
    '\u{2800}'..='\u{2800}',
    '\u{fe00}'..='\u{fe6f}',
    '\u{ff01}'..='\u{ff0f}',
];

/// Variables whose values are names or paths even if they do not begin with a slash.
const NAMING: [&str; 4] = ["HOME", "LOGNAME", "PATH", "USER"];

/// Runs the lint on each path and each variable that the policy names, and on the files that it extends.
pub(super) fn lint(before: Option<&Before>, scope: &mut Scope<'_>) {
    let resolved = scope.resolved;
    let wanted = &resolved.filesystem;
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
        .map(|one| (&*one.inside, Some(one.span)));
    let (working_dir, place) = &wanted.working_dir;
    let log = resolved.log_path.iter();
    let log = log.map(|path| (&*path.value, Some(path.span)));
    let extended = before.into_iter().flat_map(|before| before.parents.names());
    let paths = guarded.iter().copied().chain(shared).chain(scratch);
    let paths = paths.chain([(&**working_dir, *place)]).chain(log);
    let paths = paths.chain(extended.map(|(name, span)| (name, Some(span))));
    let paths = paths.flat_map(|(path, span)| path.split('/').map(move |name| (name, span)));
    let named: Vec<(&str, Span)> = paths
        .chain(variables(scope))
        .filter_map(|(name, span)| Some((name, span?)))
        .collect();
    let patterns = guarded
        .iter()
        .filter_map(|(path, span)| Some(((*span)?, shell_pattern(path)?)));
    let alike = Alike::of(&named);
    let names = named
        .iter()
        .filter_map(|(name, span)| Some((*span, fault(name).or_else(|| alike.fault(name))?)));
    let mut seen = BTreeSet::new();
    for (span, (what, help)) in patterns.chain(names) {
        if seen.insert(span) {
            scope.report(Diagnostic::warning("path-looks-alike", span, what).with_help(help));
        }
    }
}

/// The names of variables, and those that their values have in them.
fn variables<'a>(scope: &Scope<'a>) -> impl Iterator<Item = (&'a str, Option<Span>)> {
    let written = scope.resolved.environment.iter();
    let written = written.filter(|variable| variable.is_written);
    written.flat_map(|variable| {
        let value = variable
            .value
            .as_deref()
            .filter(|value| NAMING.contains(&variable.name.as_str()) || value.starts_with('/'));
        let inner = value.into_iter().flat_map(|value| value.split([':', '/']));
        let inner = inner.map(|name| (name, Some(variable.span)));
        std::iter::once((variable.name.as_str(), Some(variable.key))).chain(inner)
    })
}

/// ASCII names, of the policy and of what is protected or secret in any, by what they look like.
struct Alike<'n>(BTreeMap<String, &'n str>);

impl<'n> Alike<'n> {
    fn of(named: &[(&'n str, Span)]) -> Self {
        let mut all = BTreeMap::new();
        // Most policies have no other names.
        if named.iter().any(|(name, _)| !name.is_ascii()) {
            let groups = GROUPS.iter().flat_map(Group::names);
            let known = groups.flat_map(|path| path.split('/'));
            let own = named.iter().map(|(name, _)| *name);
            for name in known.chain(own).filter(|name| name.is_ascii()) {
                all.insert(skeleton(name).collect(), name);
            }
        }
        Self(all)
    }

    fn fault(&self, name: &str) -> Option<(String, &'static str)> {
        if name.is_ascii() {
            return None;
        }
        let other = self.0.get(&skeleton(name).collect::<String>())?;
        let message = format!(
            "the name {} looks like {}, and is another one",
            quote(name),
            quote(other)
        );
        Some((message, "type the name anew, in ASCII letters"))
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
    if name.is_ascii() && !name.contains(|letter: char| letter.is_ascii_control()) {
        return None;
    }
    let is_symbol = |letter: &char| SYMBOLS.iter().any(|block| block.contains(letter));
    let is_unseen = |letter: &char| {
        let text = letter.to_string();
        let blank = letter.is_whitespace() && *letter != ' ';
        blank || is_hidden(*letter) || skeleton(&text).next().is_none()
    };
    if let Some(symbol) = name.chars().find(|one| is_symbol(one) || is_unseen(one)) {
        let message = format!(
            "the name {} holds the character U+{:04X}, which is not seen or looks like another one",
            quote(name),
            u32::from(symbol)
        );
        return Some((message, "type the name anew, in plain characters"));
    }
    let mut words = name.split(|letter: char| !letter.is_alphabetic());
    let letter = words.find_map(|word| shape(word).or_else(|| foreign(word)))?;
    let message = format!(
        "the name {} holds the letter U+{:04X}, which looks like another one: it is not the name that it looks like",
        quote(name),
        u32::from(letter)
    );
    Some((message, "type the name anew, in letters of one script"))
}

/// A letter that is an ASCII one in another shape: bold, wide, or of a script that is hardly used.
fn shape(word: &str) -> Option<char> {
    word.chars().find(|letter| {
        let text = letter.to_string();
        let mut looks = skeleton(&text);
        !letter.is_ascii()
            && !letter.identifier_allowed()
            && looks.all(|letter| letter.is_ascii_alphanumeric())
    })
}

/// A letter of another script than the word's other letters. Chinese, Japanese and Korean are written with Latin letters too
/// (UTS 39, 5.2: Highly Restrictive).
fn foreign(word: &str) -> Option<char> {
    let latin = AugmentedScriptSet::for_char('a');
    let both = |one: AugmentedScriptSet, other: AugmentedScriptSet| {
        let mut both = one;
        both.intersect_with(other);
        both
    };
    let (mut all, mut others) = (AugmentedScriptSet::default(), AugmentedScriptSet::default());
    let mut first = None;
    let mut clash = None;
    for letter in word.chars() {
        let set = AugmentedScriptSet::for_char(letter);
        if both(all, set).is_empty() {
            clash.get_or_insert(letter);
        }
        all = both(all, set);
        if both(set, latin).is_empty() {
            first.get_or_insert(letter);
            others = both(others, set);
        }
    }
    let written_together = others.hanb || others.jpan || others.kore;
    (all.is_empty() && !written_together)
        .then_some(first.or(clash))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::{Alike, fault, shell_pattern};
    use crate::source::Span;

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
            "日本語テキスト",
            "한국어doc",
            "Tiếng_Việt",
            "æøå",
            "µm",
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
            "a\u{a0}b",
            "a\u{200b}b",
            "a\u{feff}b",
            "a\u{ad}b",
            "a\u{3164}b",
            "a\tb",
            "\u{13aa}pp",
            "\u{430}\u{3b1}",
        ] {
            assert!(fault(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_name_of_one_script_is_held_against_the_policys_other_names() {
        let named = |names: &[&'static str]| -> Vec<(&str, Span)> {
            names.iter().map(|name| (*name, Span::default())).collect()
        };
        let cape = "\u{441}\u{430}\u{440}\u{435}";
        assert_eq!(fault(cape), None);
        assert!(Alike::of(&named(&["cape", cape])).fault(cape).is_some());
        assert!(Alike::of(&named(&[cape])).fault(cape).is_none());
        assert!(Alike::of(&named(&["cape", cape])).fault("cape").is_none());
        // What groups protect is known without being named.
        let code = ".v\u{455}\u{441}\u{43e}de";
        assert!(fault(code).is_some());
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
