//! The form for GitHub's workflow logs: commands that become annotations in a pull request.
//!
//! Source: the runner's `ActionCommand` (github.com/actions/runner, `src/Runner.Common`): `%`, CR and
//! LF are escaped in messages, `:` and `,` in properties too. What is hidden beside them is spelt out.

use super::excerpt::{clipped, place, visible};
use super::repair::repair;
use super::tally::Failure;
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::Sources;
use purple_report::VisibleLines;
use std::fmt::Write as _;

/// One command a finding, in the order given.
pub fn github(sources: &Sources, findings: &[Diagnostic]) -> String {
    let mut out = String::new();
    for finding in findings {
        let command = match finding.severity {
            Severity::Note => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let source = sources.of(finding.span);
        let start = source.position(finding.span.start);
        let end = source.position(finding.span.end.max(finding.span.start));
        // The log shows the message alone, so that it names the place too.
        let mut message = format!(
            "{}: {}",
            place(sources, finding.span),
            clipped(&finding.message)
        );
        for related in &finding.related {
            message.push_str("\n  ");
            message.push_str(&place(sources, related.span));
            message.push_str(": ");
            message.push_str(&clipped(&related.message));
        }
        if let Some(help) = &finding.help {
            message.push_str("\nhelp: ");
            message.push_str(&clipped(help));
        }
        if let Some(fix) = &finding.fix {
            message.push_str("\nfix: ");
            message.push_str(&repair(fix));
        }
        let mut properties = format!(
            "file={},line={},endLine={}",
            property(&source.name),
            start.line,
            end.line
        );
        // Columns are taken only where the place is on one line.
        if start.line == end.line {
            let last = end.column.saturating_sub(1).max(start.column);
            // Writing to a string cannot fail.
            if write!(properties, ",col={},endColumn={last}", start.column).is_err() {
                return out;
            }
        }
        let code = property(finding.code);
        out.extend([
            "::",
            command,
            " ",
            &properties,
            ",title=",
            &code,
            "::",
            &data(&message),
            "\n",
        ]);
    }
    out
}

/// The command for a file that could not be looked at.
pub fn github_failure(failure: &Failure) -> String {
    let Failure { file, message } = failure;
    let shown = format!("{}: {}", visible(file), clipped(message));
    format!("::error file={}::{}\n", property(file), data(&shown))
}

/// A message, escaped.
fn data(text: &str) -> String {
    VisibleLines(text)
        .to_string()
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property's value, escaped.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{Failure, github, github_failure};
    use crate::diagnostics::Diagnostic;
    use crate::source::{Source, Span};

    #[test]
    fn a_name_or_message_cannot_end_the_command() {
        let text = "name: a\nlist:\n- x\n";
        let found = [
            Diagnostic::error(
                "some-code",
                Span::new(6, 7),
                "100%: `a,b`\n::stop-commands::x",
            )
            .with_help("write\r\n`c`"),
            Diagnostic::note("some-code", Span::new(8, 17), "m"),
        ];
        let out = github(&Source::new("a,b:c%\n.yaml", text).into(), &found);
        assert_eq!(
            out,
            "::error file=a%2Cb%3Ac%25%0A.yaml,line=1,endLine=1,col=7,endColumn=7,\
             title=some-code::a,b:c%25\\u{a}.yaml:1:7: 100%25: `a,b`\\u{a}::stop-commands::x\
             %0Ahelp: write\\u{d}\\u{a}`c`\n\
             ::notice file=a%2Cb%3Ac%25%0A.yaml,line=2,endLine=3,\
             title=some-code::a,b:c%25\\u{a}.yaml:2:1: m\n"
        );
        assert_eq!(out.lines().count(), found.len());
        let failure = Failure {
            file: "a,b".to_owned(),
            message: "no:\n1%".to_owned(),
        };
        let out = github_failure(&failure);
        assert_eq!(out, "::error file=a%2Cb::a,b: no:\\u{a}1%25\n");
    }
}
