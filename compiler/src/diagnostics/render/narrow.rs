//! The form for narrow screens: nothing beside the text, and sentences that are broken to fit.

use super::excerpt::{Excerpt, clipped, place, word};
use super::paint::{Ink, Paint};
use super::repair::repair;
use crate::diagnostics::Diagnostic;
use crate::source::{Sources, Span};

/// Findings in the order given, at most `width` columns wide; a place is never broken.
pub(super) fn render(
    sources: &Sources,
    findings: &[Diagnostic],
    colour: bool,
    width: usize,
) -> String {
    let mut out = Paint::new(colour);
    for finding in findings {
        let ink = Ink::of(finding.severity);
        out.put(Ink::Place, &place(sources, finding.span));
        out.line("");
        out.put(
            ink,
            &format!("{}[{}]", word(finding.severity), finding.code),
        );
        out.line("");
        out.wrapped(Ink::None, "", &clipped(&finding.message), width);
        excerpt(&mut out, sources, finding.span, width, ink);
        for related in &finding.related {
            out.put(Ink::Place, &place(sources, related.span));
            out.line("");
            out.wrapped(Ink::None, "", &clipped(&related.message), width);
            excerpt(&mut out, sources, related.span, width, Ink::Place);
        }
        if let Some(help) = &finding.help {
            out.wrapped(Ink::Help, "help:", &clipped(help), width);
        }
        if let Some(fix) = &finding.fix {
            out.wrapped(Ink::Help, "fix:", &repair(fix), width);
        }
        out.line("");
    }
    out.finish()
}

/// The line that a span begins on, without its indentation, and marks below.
fn excerpt(out: &mut Paint, sources: &Sources, span: Span, width: usize, ink: Ink) {
    // The dots at both ends take room too.
    let shown = Excerpt::of(sources, span, width.saturating_sub(10).max(10));
    let text = shown.text.trim_end();
    let indent = text.len() - text.trim_start_matches(' ').len();
    let indent = indent.min(shown.column);
    out.line(&format!("  {}", text.get(indent..).unwrap_or("")));
    out.put(Ink::None, &" ".repeat(2 + shown.column - indent));
    out.put(ink, &"^".repeat(shown.width));
    out.line("");
}

#[cfg(test)]
mod tests {
    use crate::diagnostics::render::{Form, Look, human_as};
    use crate::diagnostics::{Applicability, Diagnostic};
    use crate::source::{Source, Span};

    #[test]
    fn nothing_is_wider_than_the_screen() {
        let text = format!(
            "name: a\nnetwork:\n    dns_servers: [{}]\n",
            "1, ".repeat(60)
        );
        let span = Span::new(100, 101);
        let found = Diagnostic::warning("code", span, "a message that has many words ".repeat(9))
            .with_related(
                Span::new(8, 15),
                "this is the place where it all began, long ago",
            )
            .with_help(format!("write {} instead", "0123456789".repeat(12)))
            .with_fix(
                Applicability::Unsafe,
                "write `2` and think about it again",
                span,
                "2",
            );
        for width in [20, 34, 59] {
            let look = Look {
                form: Form::Narrow,
                colour: false,
                width,
            };
            let sources = Source::new("p.yaml", text.as_str()).into();
            let out = human_as(look, &sources, std::slice::from_ref(&found));
            let widest = out.lines().map(str::len).max();
            assert!(
                widest.is_some_and(|widest| widest <= width),
                "{widest:?}\n{out}"
            );
            assert!(
                out.starts_with("p.yaml:3:84\nwarning[code]\na message that"),
                "{out}"
            );
            assert!(out.contains("\n  network:\n  ^^^^^^^\n"), "{out}");
            assert!(out.contains("(unsafe)"), "{out}");
            assert!(out.matches("message").count() == 9, "{out}");
        }
    }
}
