//! Applying fixes to a text: those that do not touch each other, all of a fix or none.

use super::finding::{
    Applicability, Diagnostic, Edit, Fix, INSERT_BEFORE, REMOVE_ITEM, REMOVE_KEY,
};
use crate::source::{Sources, Span};

/// The one code whose fix rewrites many lines.
const LINE_ENDINGS: &str = "windows-line-endings";

/// Makes fixes fit the texts: a list item takes its comma or its line with it. One that would not
/// leave YAML, or would put a word in place of several lines, is taken away. A text that is not YAML is not written
/// again: what is found in it has no fix.
pub fn settle(findings: &mut [Diagnostic], sources: &Sources) {
    if findings
        .iter()
        .any(|found| found.span.file == 0 && is_no_yaml(found.code))
    {
        for finding in findings.iter_mut() {
            finding.fix = None;
        }
    }
    for finding in findings {
        let Some(fix) = &mut finding.fix else {
            continue;
        };
        let mut fits = !fix.edits.is_empty();
        let inserts = fix.message.starts_with(INSERT_BEFORE);
        for edit in &mut fix.edits {
            let text = sources.of(edit.span).text.as_str();
            if inserts {
                match separator(text, edit.span.start) {
                    Some(separator) => edit.replacement.push_str(&separator),
                    None => fits = false,
                }
                continue;
            }
            let place = match fix.message.as_str() {
                REMOVE_ITEM => Some(part(text, edit.span, "-")),
                REMOVE_KEY => Some(entry(text, edit.span)),
                _ => None,
            };
            if let Some(place) = place {
                match place {
                    Some(span) => edit.span = span,
                    None => fits = false,
                }
            } else if finding.code != LINE_ENDINGS && !edit.replacement.contains('\n') {
                fits &= !sources.slice(edit.span).contains('\n');
            }
        }
        let edits = &fix.edits;
        fits &= edits.iter().enumerate().all(|(at, edit)| {
            let mut others = edits.iter().skip(at + 1);
            others.all(|other| apart(edit, other))
        });
        if !fits {
            finding.fix = None;
        }
    }
}

/// Whether a finding says that the text is not YAML, or not all there.
pub fn is_no_yaml(code: &str) -> bool {
    matches!(code, "yaml-syntax" | "invalid-utf8" | "input-too-large")
}

/// What stands between an entry that is put in and the one at `at`: in brackets a comma, otherwise the end of the line,
/// and the spaces before the next key.
fn separator(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?;
    let line = before.get(before.rfind('\n').map_or(0, |end| end + 1)..)?;
    if before.trim_end().ends_with(['{', ',']) {
        return Some(", ".to_owned());
    }
    line.chars()
        .all(|letter| letter == ' ')
        .then(|| format!("\n{line}"))
}

/// What has to go with a key and its value, which end on the line that they begin on.
fn entry(text: &str, span: Span) -> Option<Span> {
    let after = text.get(span.end..)?;
    // A key without a value ends before its colon.
    let colon = after.trim_start_matches(' ').starts_with(':');
    let end = span.end + if colon { after.find(':')? + 1 } else { 0 };
    let span = Span { end, ..span };
    (!text.get(span.start..span.end)?.contains('\n')).then(|| part(text, span, ""))?
}

/// What has to go with a part of a list or a mapping: in brackets the comma before it, or after it
/// where it is the first; otherwise its line, if nothing else is on it. `marker` is what stands
/// before such a part on a line of its own.
fn part(text: &str, span: Span, marker: &str) -> Option<Span> {
    let before = text.get(..span.start)?;
    let after = text.get(span.end..)?;
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let own_line = before.get(line..)?.trim() == marker;
    let bare = before.trim_end();
    if bare.ends_with(',') {
        // A line that begins with a key may be one of a block, below text that ends in a comma.
        if own_line {
            return None;
        }
        let comma = bare.len() - 1;
        // A comma at the end of a comment is none.
        let comment = bare
            .rsplit('\n')
            .next()
            .is_some_and(|line| line.contains('#'));
        let same_line = !before.get(comma..)?.contains('\n');
        return (same_line || !comment).then_some(Span {
            start: comma,
            ..span
        });
    }
    if bare.ends_with(['[', '{']) {
        let spaces = |text: &str| text.len() - text.trim_start_matches(' ').len();
        let gap = spaces(after);
        let rest = after.get(gap..)?.strip_prefix(',')?;
        let end = span.end + gap + 1 + spaces(rest);
        let next = text.get(end..)?.chars().next()?;
        // A `#` behind a bracket begins no comment.
        return (!matches!(next, '#' | '\n' | '\r')).then_some(Span { end, ..span });
    }
    let rest = after.find('\n')?;
    (own_line && after.get(..rest)?.trim().is_empty()).then_some(Span {
        start: line,
        end: span.end + rest + 1,
        ..span
    })
}

/// A text with fixes applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The text afterwards.
    pub text: String,
    /// Which of the findings were fixed, by their place in the list.
    pub applied: Vec<usize>,
}

/// Applies the fixes of findings to the policy's own text, in the order of the findings; one that
/// meets an earlier one waits for the next round. Unsafe ones only where `with_unsafe` says so.
/// `None` where there is nothing to apply.
pub fn apply(text: &str, findings: &[Diagnostic], with_unsafe: bool) -> Option<Fixed> {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut applied = Vec::new();
    for (at, finding) in findings.iter().enumerate() {
        let Some(fix) = &finding.fix else { continue };
        let may = fix.applicability == Applicability::Safe || with_unsafe;
        if may && fits(text, fix, &edits) {
            // The same change asked for twice is made once.
            edits.extend(
                fix.edits
                    .iter()
                    .filter(|edit| !edits.contains(edit))
                    .collect::<Vec<_>>(),
            );
            applied.push(at);
        }
    }
    if applied.is_empty() {
        return None;
    }
    edits.sort_by_key(|edit| edit.span);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for edit in edits {
        out.push_str(text.get(from..edit.span.start)?);
        out.push_str(&edit.replacement);
        from = edit.span.end;
    }
    out.push_str(text.get(from..)?);
    (out != text).then_some(Fixed { text: out, applied })
}

/// Whether all of a fix's edits are places of this text, and none touches another one.
fn fits(text: &str, fix: &Fix, others: &[&Edit]) -> bool {
    let own: Vec<&Edit> = fix.edits.iter().collect();
    !own.is_empty()
        && own.iter().enumerate().all(|(at, edit)| {
            edit.span.file == 0
                && text.get(edit.span.start..edit.span.end).is_some()
                && own.iter().skip(at + 1).all(|other| apart(edit, other))
                && others
                    .iter()
                    .all(|other| edit == other || apart(edit, other))
        })
}

/// Whether two edits have no byte in common, and are not two insertions at one point.
fn apart(one: &Edit, other: &Edit) -> bool {
    let (one, other) = (one.span, other.span);
    (one.end <= other.start || other.end <= one.start) && one.start != other.start
}

#[cfg(test)]
mod tests {
    use super::{apply, settle};
    use crate::diagnostics::{Applicability, Diagnostic, Edit, Fix};
    use crate::source::{Source, Span};

    fn finding(applicability: Applicability, edits: &[(usize, usize, &str)]) -> Diagnostic {
        let mut found = Diagnostic::note("code", Span::new(0, 1), "m");
        let edits = edits.iter().map(|&(start, end, with)| Edit {
            span: Span::new(start, end),
            replacement: with.to_owned(),
        });
        found.fix = Some(Fix {
            message: "m".to_owned(),
            applicability,
            edits: edits.collect(),
        });
        found
    }

    fn applied(findings: &[Diagnostic], with_unsafe: bool) -> Option<(String, Vec<usize>)> {
        apply("0123456789", findings, with_unsafe).map(|fixed| (fixed.text, fixed.applied))
    }

    #[test]
    fn an_item_goes_with_its_comma_or_its_line() {
        for (text, left) in [
            ("x: [a, b, a]\n", Some("x: [a, b]\n")),
            ("x: [a,\n  a]\n", Some("x: [a]\n")),
            ("x:\n  - a\n  - a\ny: 1\n", Some("x:\n  - a\ny: 1\n")),
            ("x:\n  - a\n  - a # why\n", None),
            ("x:\n  - a\n  - &n a\n", None),
            ("x:\n- - a\n  - - a\n", None),
            ("x: [a, # b,\n  a]\n", None),
            ("x: [a, b]\n", Some("x: [b]\n")),
            ("x: [ a , b]\n", Some("x: [ b]\n")),
            ("x: [a, # b\n  b]\n", None),
            ("x: [a]\n", None),
        ] {
            let at = text.rfind('a').unwrap_or(0);
            let mut found = Diagnostic::note("code", Span::new(at, at + 1), "m");
            found = found.with_item_removed(Applicability::Safe, Span::new(at, at + 1));
            let mut all = [found];
            settle(&mut all, &Source::new("p", text).into());
            let fixed = apply(text, &all, false).map(|fixed| fixed.text);
            assert_eq!(fixed.as_deref(), left, "{text}");
        }
    }

    #[test]
    fn a_word_does_not_take_the_place_of_lines() {
        let text = "x: |\n  a\n";
        let found = Diagnostic::error("code", Span::new(3, 9), "m").with_guess("a", "b");
        let mut all = [found];
        settle(&mut all, &Source::new("p", text).into());
        assert_eq!(all.first().and_then(|found| found.fix.as_ref()), None);
    }

    #[test]
    fn a_fix_is_applied_whole_or_waits() {
        use Applicability::{Safe, Unsafe};
        let first = finding(Safe, &[(2, 4, "ab"), (8, 8, "+")]);
        let meets = finding(Safe, &[(0, 1, "x"), (3, 5, "y")]);
        let other = finding(Unsafe, &[(5, 6, "")]);
        let all = [first.clone(), meets, other];
        assert_eq!(
            applied(&all, false),
            Some(("01ab4567+89".to_owned(), vec![0]))
        );
        assert_eq!(
            applied(&all, true),
            Some(("01ab467+89".to_owned(), vec![0, 2]))
        );
        assert_eq!(
            applied(&[first.clone(), first], true).map(|(_, all)| all),
            Some(vec![0, 1])
        );
        assert_eq!(
            applied(&[finding(Safe, &[(1, 2, "a"), (1, 1, "b")])], true),
            None
        );
        assert_eq!(applied(&[finding(Safe, &[(9, 11, "a")])], true), None);
        assert_eq!(applied(&[finding(Safe, &[(1, 2, "1")])], true), None);
        let mut parent = finding(Safe, &[(1, 2, "a")]);
        if let Some(edit) = parent.fix.as_mut().and_then(|fix| fix.edits.first_mut()) {
            edit.span.file = 1;
        }
        assert_eq!(applied(&[parent], true), None);
    }
}
