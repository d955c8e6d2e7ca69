//! Applying fixes to a text: those that do not touch each other, all of a fix or none.

use super::{Applicability, Diagnostic, Edit, Fix};

/// A text with fixes applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The text afterwards.
    pub text: String,
    /// Which of the findings were mended, by their place in the list.
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
            edits.extend(fix.edits.iter().filter(|edit| !edits.contains(edit)).collect::<Vec<_>>());
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
                && others.iter().all(|other| edit == other || apart(edit, other))
        })
}

/// Whether two edits have no byte in common, and are not two insertions at one point.
fn apart(one: &Edit, other: &Edit) -> bool {
    let (one, other) = (one.span, other.span);
    (one.end <= other.start || other.end <= one.start) && one.start != other.start
}

#[cfg(test)]
mod tests {
    use super::apply;
    use crate::diagnostics::{Applicability, Diagnostic, Edit, Fix};
    use crate::source::Span;

    fn finding(applicability: Applicability, edits: &[(usize, usize, &str)]) -> Diagnostic {
        let mut found = Diagnostic::note("code", Span::new(0, 1), "m");
        let edits = edits.iter().map(|&(start, end, with)| Edit {
            span: Span::new(start, end),
            replacement: with.to_owned(),
        });
        found.fix = Some(Fix { message: "m".to_owned(), applicability, edits: edits.collect() });
        found
    }

    fn applied(findings: &[Diagnostic], with_unsafe: bool) -> Option<(String, Vec<usize>)> {
        apply("0123456789", findings, with_unsafe).map(|fixed| (fixed.text, fixed.applied))
    }

    #[test]
    fn a_fix_is_applied_whole_or_waits() {
        use Applicability::{Safe, Unsafe};
        let first = finding(Safe, &[(2, 4, "ab"), (8, 8, "+")]);
        let meets = finding(Safe, &[(0, 1, "x"), (3, 5, "y")]);
        let other = finding(Unsafe, &[(5, 6, "")]);
        let all = [first.clone(), meets, other];
        assert_eq!(applied(&all, false), Some(("01ab4567+89".to_owned(), vec![0])));
        assert_eq!(applied(&all, true), Some(("01ab467+89".to_owned(), vec![0, 2])));
        assert_eq!(applied(&[first.clone(), first], true).map(|(_, all)| all), Some(vec![0, 1]));
        assert_eq!(applied(&[finding(Safe, &[(1, 2, "a"), (1, 1, "b")])], true), None);
        assert_eq!(applied(&[finding(Safe, &[(9, 11, "a")])], true), None);
        assert_eq!(applied(&[finding(Safe, &[(1, 2, "1")])], true), None);
        let mut parent = finding(Safe, &[(1, 2, "a")]);
        if let Some(edit) = parent.fix.as_mut().and_then(|fix| fix.edits.first_mut()) {
            edit.span.file = 1;
        }
        assert_eq!(applied(&[parent], true), None);
    }
}
