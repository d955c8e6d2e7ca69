//! The form for logs: place, severity, code and message on one line, then the text itself.

use super::excerpt::{Excerpt, clipped, place, word};
use super::paint::{Ink, Paint};
use super::repair::repair;
use crate::diagnostics::Diagnostic;
use crate::source::{Sources, Span};

/// The longest excerpt of a line, in columns.
const MAX_EXCERPT: usize = 100;

/// Findings as plain text, in the order given. Characters of the policy that could move a
/// terminal's cursor or reorder a line are spelt out.
pub(super) fn render(sources: &Sources, findings: &[Diagnostic], colour: bool) -> String {
    let mut out = Paint::new(colour);
    for finding in findings {
        one(&mut out, sources, finding);
    }
    out.finish()
}

fn one(out: &mut Paint, sources: &Sources, finding: &Diagnostic) {
    let ink = Ink::of(finding.severity);
    out.put(Ink::Place, &place(sources, finding.span));
    out.put(Ink::None, ": ");
    out.put(
        ink,
        &format!("{}[{}]", word(finding.severity), finding.code),
    );
    out.line(&format!(": {}", clipped(&finding.message)));
    excerpt(out, sources, finding.span, '^', ink);
    for related in &finding.related {
        out.line(&format!(
            "  {}: {}",
            place(sources, related.span),
            clipped(&related.message)
        ));
        excerpt(out, sources, related.span, '-', Ink::Place);
    }
    if let Some(help) = &finding.help {
        out.put(Ink::Help, "  help");
        out.line(&format!(": {}", clipped(help)));
    }
    if let Some(fix) = &finding.fix {
        out.put(Ink::Help, "  fix");
        out.line(&format!(": {}", repair(fix)));
    }
    out.line("");
}

/// The line that a span begins on, with the part of the span on that line underlined.
fn excerpt(out: &mut Paint, sources: &Sources, span: Span, mark: char, ink: Ink) {
    let shown = Excerpt::of(sources, span, MAX_EXCERPT);
    let number = shown.line.to_string();
    out.line(&format!(" {number} | {}", shown.text.trim_end()));
    out.put(
        Ink::None,
        &format!(
            " {} | {}",
            " ".repeat(number.len()),
            " ".repeat(shown.column)
        ),
    );
    out.put(
        ink,
        &std::iter::repeat_n(mark, shown.width).collect::<String>(),
    );
    out.line("");
}

#[cfg(test)]
mod tests {
    use super::super::{human, visible};
    use crate::diagnostics::{Applicability, Diagnostic};
    use crate::source::{Source, Span};

    fn rendered(text: &str, span: Span) -> String {
        human(
            &Source::new("p.yaml", text).into(),
            &[Diagnostic::error("code", span, "message")],
        )
    }

    #[test]
    fn underlines_the_exact_text() {
        let text = "name: a\nmemory: 12Q\n";
        let out = rendered(text, Span::new(16, 19));
        assert_eq!(
            out,
            "p.yaml:2:9: error[code]: message\n 2 | memory: 12Q\n   |         ^^^\n\n"
        );
    }

    #[test]
    fn shows_what_a_fix_writes_and_whether_it_is_safe() {
        let span = Span::new(6, 7);
        let fix = |applicability, message: &str| {
            let found = Diagnostic::note("code", span, "m").with_fix(
                applicability,
                message,
                span,
                "b\u{1b}",
            );
            human(&Source::new("p", "name: a\n").into(), &[found])
        };
        let safe = fix(Applicability::Safe, "use the other one");
        assert!(
            safe.contains("  fix: use the other one: `b\\u{1b}` (safe)\n"),
            "{safe}"
        );
        let other = fix(Applicability::Unsafe, "write `b\u{1b}`");
        assert!(
            other.contains("  fix: write `b\\u{1b}` (unsafe)\n"),
            "{other}"
        );
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let out = rendered("a: 日本 x\n", Span::new(10, 11));
        assert!(out.contains(" 1 | a: 日本 x\n   |         ^\n"), "{out}");
    }

    #[test]
    fn hidden_characters_are_spelt_out() {
        let out = rendered("a: \u{1b}[31m\u{202e}b\n", Span::new(3, 4));
        assert!(
            out.contains("a: \\u{1b}[31m\\u{202e}b\n   |    ^^^^^^\n"),
            "{out}"
        );
        assert_eq!(visible("\u{9b}x\n"), "\\u{9b}x\\u{a}");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}key{}", "x".repeat(100_000), "y".repeat(100_000));
        let out = rendered(&text, Span::new(100_000, 100_003));
        assert!(out.len() < 400, "{}", out.len());
        assert!(out.contains("...xxx"));
        assert!(out.contains("^^^\n"));
        assert!(out.contains("p.yaml:1:100001:"));
    }

    #[test]
    fn places_outside_the_text_do_not_matter() {
        for span in [Span::new(0, 0), Span::new(900, 1000), Span::new(3, 1)] {
            assert!(rendered("ab\n", span).contains("error[code]"));
        }
        assert!(rendered("", Span::new(0, 0)).contains("p.yaml:1:1"));
    }
}
