//! The form for terminals, drawn by miette: the message, the text with its neighbours, what to do.
//!
//! miette is given a page made for the finding: the lines that matter, spelt out and cut, and never
//! the policy itself.

use super::excerpt::{Excerpt, clipped, visible, word};
use super::repair::repair;
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::{Sources, Span};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

/// Columns that miette puts before a line's text: number, bar, spaces.
const GUTTER: usize = 10;

/// Findings in the order given, at most `width` columns wide where words allow it.
pub(super) fn render(
    sources: &Sources,
    findings: &[Diagnostic],
    colour: bool,
    unicode: bool,
    width: usize,
) -> String {
    let characters = if unicode {
        ThemeCharacters::unicode()
    } else {
        ThemeCharacters::ascii()
    };
    let styles = if colour {
        ThemeStyles::ansi()
    } else {
        ThemeStyles::none()
    };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_links(false)
        .with_width(width)
        .with_context_lines(1)
        .without_cause_chain();
    let mut out = String::new();
    for finding in findings {
        let report = Report::new(sources, finding, width.saturating_sub(GUTTER));
        if handler.render_report(&mut out, &report).is_err() {
            // Writing to a string cannot fail, and every label is on the page.
            out.push_str(&report.message);
        }
        out.push('\n');
    }
    out
}

/// A finding as miette takes it.
#[derive(Debug)]
struct Report {
    severity: Severity,
    code: String,
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    page: Page,
}

impl Report {
    fn new(sources: &Sources, finding: &Diagnostic, most: usize) -> Self {
        let mut page = Page::default();
        let mut wanted = vec![(finding.span, None)];
        for related in &finding.related {
            wanted.push((related.span, Some(clipped(&related.message))));
        }
        // The finding's own text comes first, then the others in the order of their numbers.
        let first = finding.span.file;
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by_key(|&at| {
            let span = wanted.get(at).map_or(finding.span, |(span, _)| *span);
            (span.file != first, span.file, span.start)
        });
        let mut labels = Vec::new();
        for at in order {
            let Some((span, label)) = wanted.get(at) else {
                continue;
            };
            let place = page.add(sources, *span, most);
            labels.push(if at == 0 {
                LabeledSpan::new_primary_with_span(label.clone(), place)
            } else {
                LabeledSpan::new_with_span(label.clone(), place)
            });
        }
        page.after(sources, None, most);
        let help = finding.help.as_deref().map(clipped);
        let fix = finding
            .fix
            .as_ref()
            .map(|fix| format!("fix: {}", repair(fix)));
        let help = match (help, fix) {
            (Some(help), Some(fix)) => Some(format!("{help}\n{fix}")),
            (help, fix) => help.or(fix),
        };
        Self {
            severity: finding.severity,
            code: format!("{}[{}]", word(finding.severity), finding.code),
            message: clipped(&finding.message),
            help,
            labels,
            page,
        }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Note => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.page)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// A line on the page.
#[derive(Debug)]
struct Line {
    file: u8,
    number: u32,
    start: usize,
    end: usize,
}

/// The lines with places on them, in the order in which they are shown, and their neighbours.
#[derive(Debug, Default)]
struct Page {
    names: Vec<(u8, String)>,
    text: String,
    lines: Vec<Line>,
    /// The offsets of places on the page, with the columns that they have in the policy.
    columns: Vec<(usize, u32)>,
}

impl Page {
    /// Adds the line of a place, and gives the place's range on the page.
    fn add(&mut self, sources: &Sources, span: Span, most: usize) -> SourceSpan {
        let excerpt = Excerpt::of(sources, span, most);
        if !self.names.iter().any(|(file, _)| *file == span.file) {
            self.names
                .push((span.file, visible(&sources.of(span).name)));
        }
        let same = self.lines.last().filter(|line| {
            (line.file, line.number) == (span.file, excerpt.line)
                && self.text.get(line.start..line.end) == Some(excerpt.text.as_str())
        });
        let start = if let Some(line) = same {
            line.start
        } else {
            self.after(sources, Some((span.file, excerpt.line)), most);
            self.neighbour(sources, span.file, excerpt.line.saturating_sub(1), most);
            self.push(span.file, excerpt.line, &excerpt.text)
        };
        let offset = start + excerpt.marked.start;
        self.columns.push((offset, sources.position(span).column));
        (offset, excerpt.marked.len()).into()
    }

    /// Adds the line after the last one, unless it is the next to be added anyway.
    fn after(&mut self, sources: &Sources, next: Option<(u8, u32)>, most: usize) {
        let Some(&Line { file, number, .. }) = self.lines.last() else {
            return;
        };
        let number = number.saturating_add(1);
        if next.is_none_or(|(next_file, next)| next_file != file || number < next) {
            self.neighbour(sources, file, number, most);
        }
    }

    /// Adds a line with no place on it, where the text has it and the page has not.
    fn neighbour(&mut self, sources: &Sources, file: u8, number: u32, most: usize) {
        let last = self.lines.last();
        if last.is_some_and(|last| last.file == file && last.number >= number) {
            return;
        }
        let whole = Span::new(0, 0).in_file(file);
        let Some(start) = sources.of(whole).line_start(number) else {
            return;
        };
        let excerpt = Excerpt::of(sources, Span::new(start, start).in_file(file), most);
        self.push(file, number, &excerpt.text);
    }

    fn push(&mut self, file: u8, number: u32, text: &str) -> usize {
        let start = self.text.len();
        self.text.push_str(text);
        self.lines.push(Line {
            file,
            number,
            start,
            end: self.text.len(),
        });
        self.text.push('\n');
        start
    }

    /// The line that an offset of the page is on.
    fn line_at(&self, offset: usize) -> usize {
        self.lines
            .partition_point(|line| line.start <= offset)
            .saturating_sub(1)
    }

    /// Whether a line follows the one before it in the policy too.
    fn follows(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.lines.get(at));
        self.lines
            .get(at)
            .zip(before)
            .is_some_and(|(line, before)| {
                line.file == before.file && line.number == before.number.saturating_add(1)
            })
    }
}

impl SourceCode for Page {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let mut first = self.line_at(span.offset());
        let mut last = self.line_at(span.offset() + span.len());
        if (first + 1..=last).any(|at| !self.follows(at)) {
            return Err(MietteError::OutOfBounds);
        }
        for _ in 0..before {
            first -= usize::from(self.follows(first));
        }
        for _ in 0..after {
            last += usize::from(self.follows(last + 1));
        }
        let (Some(from), Some(to)) = (self.lines.get(first), self.lines.get(last)) else {
            return Err(MietteError::OutOfBounds);
        };
        let text = self.text.get(from.start..to.end).unwrap_or("");
        let name = self.names.iter().find(|(file, _)| *file == from.file);
        let column = self
            .columns
            .iter()
            .find(|(offset, _)| *offset == span.offset());
        Ok(Box::new(MietteSpanContents::new_named(
            name.map_or_else(String::new, |(_, name)| name.clone()),
            text.as_bytes(),
            (from.start, text.len()).into(),
            usize::try_from(from.number.saturating_sub(1)).unwrap_or(0),
            column.map_or(0, |(_, column)| {
                usize::try_from(column.saturating_sub(1)).unwrap_or(0)
            }),
            last - first + 1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostics::render::{Form, Look, human_as};
    use crate::diagnostics::{Applicability, Diagnostic};
    use crate::source::{Source, Sources, Span};

    const LOOK: Look = Look {
        form: Form::Graphical { unicode: false },
        colour: false,
        width: 80,
    };

    fn rendered(text: &str, span: Span) -> String {
        let found = [Diagnostic::error("code", span, "message")];
        human_as(LOOK, &Source::new("p.yaml", text).into(), &found)
    }

    #[test]
    fn shows_the_place_its_neighbours_and_what_to_do() {
        let text = "name: a\nnetwork:\n  isolated: 12\n  dns_servers: []\nx: 1\n";
        let span = Span::new(29, 31);
        let found = Diagnostic::error("code", span, "message")
            .with_related(Span::new(0, 4), "seen first")
            .with_help("the help")
            .with_fix(Applicability::Safe, "write `true`", span, "true");
        let out = human_as(LOOK, &Source::new("p.yaml", text).into(), &[found]);
        for part in [
            "error[code]\n",
            "  x message\n",
            "[p.yaml:3:13]",
            "3 |   isolated: 12\n",
            "2 | network:\n",
            "4 |   dns_servers: []\n",
            "seen first",
            "  help: the help\n        fix: write `true` (safe)\n",
        ] {
            assert!(out.contains(part), "{part}\n{out}");
        }
        assert!(!out.contains("x: 1"), "{out}");
        assert_eq!(out.matches("network:").count(), 1, "{out}");
    }

    #[test]
    fn places_in_other_files_have_their_own_text() {
        let mut sources = Sources::from(Source::new("p.yaml", "name: a\nkey: 1\n"));
        let number = sources
            .add(Source::new("base.yaml", "name: b\nother: 2\n"), "base.yaml")
            .unwrap_or(0);
        let found = Diagnostic::error("code", Span::new(8, 11), "message")
            .with_related(Span::new(8, 13).in_file(number), "inherited from here");
        let out = human_as(LOOK, &sources, &[found]);
        assert!(
            out.contains("[p.yaml:2:1]") && out.contains("[base.yaml:2:1]"),
            "{out}"
        );
        assert!(out.contains("inherited from here"), "{out}");
        assert!(out.contains("other: 2"), "{out}");
    }

    #[test]
    fn hidden_characters_are_spelt_out_and_long_lines_cut() {
        let text = format!(
            "a: \u{1b}[31m\u{202e}{}key{}",
            "x".repeat(100_000),
            "y".repeat(9_999)
        );
        let hidden = rendered(&text, Span::new(3, 4));
        assert!(hidden.contains("a: \\u{1b}[31m\\u{202e}xxx"), "{hidden}");
        let at = text.find("key").unwrap_or(0);
        let cut = rendered(&text, Span::new(at, at + 3));
        assert!(cut.len() < 500 && cut.contains("...xxx"), "{cut}");
        assert!(cut.contains("[p.yaml:1:100010]"), "{cut}");
        assert!(!cut.contains(['\u{1b}', '\u{202e}']), "{cut}");
    }

    #[test]
    fn places_outside_the_text_do_not_matter() {
        for text in ["ab\n", "", "\r\n", "a\r", "日本"] {
            for span in [
                Span::new(0, 0),
                Span::new(1, 2),
                Span::new(900, 1000),
                Span::new(3, 1),
            ] {
                let out = rendered(text, span);
                assert!(
                    out.contains("error[code]") && out.contains("[p.yaml:"),
                    "{out}"
                );
            }
        }
    }

    #[test]
    fn many_places_on_one_line_and_far_apart() {
        let text = (0..5_000).fold(String::new(), |all, at| all + &format!("key{at}: v\n"));
        let mut found = Diagnostic::error("code", Span::new(0, 4), "message");
        for at in [1, 2, 3, 40, 41, 5_000, 5_003, 30_000, 30_000] {
            found = found.with_related(Span::new(at, at + 2), format!("label {at}"));
        }
        let out = human_as(LOOK, &Source::new("p", text).into(), &[found]);
        for at in [1, 2, 3, 40, 41, 5_000, 5_003, 30_000] {
            assert!(out.contains(&format!("label {at}\n")), "{at}\n{out}");
        }
        assert!(out.lines().count() < 60, "{out}");
    }
}
