//! Findings that somebody has looked at and lets stand: `# purple: allow[code] reason`.
//!
//! Such a comment stands on the finding's line, or alone on the line above it, and always says why.
//! A finding about several calls or paths is let stand for those of the line alone. An error cannot be let stand. A comment is a `#` at the start of a line or behind white space, and
//! outside of every scalar of the document.

use crate::diagnostics::{Diagnostic, Severity, Sink, Suppressed, nearest, quote};
use crate::parse::{self, Document};
use crate::source::{Source, Sources, Span};
use std::collections::BTreeSet;

/// Takes out of the findings what comments let stand, and adds what is wrong with the comments.
/// Findings come and go in the order of the text.
pub fn suppress(sources: &Sources, found: Vec<Diagnostic>) -> (Vec<Diagnostic>, Vec<Suppressed>) {
    let texts = std::iter::once(sources.policy()).chain(sources.parents());
    let texts: Vec<(u8, &Source)> = (0_u8..=u8::MAX)
        .zip(texts)
        .filter(|(_, source)| has_mark(&source.text))
        .collect();
    if texts.is_empty() {
        return (found, Vec::new());
    }
    let mut sink = Sink::new();
    let mut allowed = Vec::new();
    for (file, source) in texts {
        comments(source, file, &mut allowed, &mut sink);
    }
    let (mut kept, mut suppressed) = (Vec::new(), Vec::new());
    for diagnostic in found {
        let code = diagnostic.code;
        let place = |span: Span| (span.file, sources.line(span));
        let lets_stand = |span| {
            allowed
                .iter()
                .position(|one| (one.span.file, one.line) == place(span) && one.code == code)
        };
        for (comment, part) in diagnostic.parts(lets_stand) {
            match comment.and_then(|at| allowed.get_mut(at)) {
                None => kept.push(part),
                Some(comment) => {
                    comment.used = true;
                    if part.severity == Severity::Error {
                        sink.push(of_error(comment, &part));
                        kept.push(part);
                    } else {
                        suppressed.push(Suppressed {
                            diagnostic: part,
                            reason: comment.reason.clone(),
                            span: comment.span,
                        });
                    }
                }
            }
        }
    }
    // Where there are errors, later stages have not looked: what seems unused may not be.
    let failed = kept.iter().any(|one| one.severity == Severity::Error);
    // Of a parent, only a part of what its own check finds is found here.
    let is_own = |one: &&Allowed| one.span.file == 0;
    for comment in allowed
        .iter()
        .filter(is_own)
        .filter(|one| !one.used && !failed)
    {
        let message = format!("unused suppression {}", quote(&comment.code));
        sink.push(
            Diagnostic::warning("suppression-unused", comment.span, message).with_help(
                "remove it; the comment must be on the finding's line, or alone on the line above",
            ),
        );
    }
    for diagnostic in kept {
        sink.push(diagnostic);
    }
    (sink.into_sorted(), suppressed)
}

/// What is said of a comment that would let an error stand.
fn of_error(comment: &Allowed, error: &Diagnostic) -> Diagnostic {
    let code = quote(error.code);
    let message = format!("{code} is an error, and errors cannot be suppressed");
    Diagnostic::error("suppression-of-error", comment.span, message)
        .with_related(error.span, "the error")
        .with_help("fix the error; only notes and warnings can be suppressed")
}

/// A code that may stand on a line.
struct Allowed {
    code: String,
    reason: String,
    /// The line it is for, from 1.
    line: u32,
    /// The code in the comment.
    span: Span,
    used: bool,
}

/// What our comments begin with, in whatever letters.
const MARK: &str = "purple:";

fn has_mark(text: &str) -> bool {
    text.as_bytes()
        .windows(MARK.len())
        .any(|part| part.eq_ignore_ascii_case(MARK.as_bytes()))
}

/// What stands behind the mark, where a text begins with it.
fn behind_mark(text: &str) -> Option<&str> {
    let mark = text
        .get(..MARK.len())
        .filter(|mark| mark.eq_ignore_ascii_case(MARK))?;
    text.get(mark.len()..)
}

/// Whether a reason says anything: a word, and not a mark such as `.` or `-` alone.
fn says_why(reason: &str) -> bool {
    reason
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .count()
        > 1
}

fn comments(source: &Source, file: u8, all: &mut Vec<Allowed>, sink: &mut Sink) {
    // Only texts with a comment of ours are read a second time.
    let document = parse::parse(source, &mut Sink::new());
    // The lines of values that an alias repeats.
    let repeated = document.as_ref().map(Document::repeated_spans);
    let repeated: BTreeSet<u32> = repeated
        .into_iter()
        .flatten()
        .flat_map(|span| {
            let last = span.end.saturating_sub(1).max(span.start);
            source.line(span)..=source.line(Span::new(last, last))
        })
        .collect();
    let scalars = document
        .map(|document| document.scalar_spans(&source.text))
        .unwrap_or_default();
    let mut start = 0;
    let lines: Vec<&str> = source.text.split_inclusive('\n').collect();
    for (at, line) in lines.iter().enumerate() {
        if let Some(hash) = comment(line, start, &scalars) {
            let alone = line
                .get(..hash)
                .is_some_and(|before| before.trim().is_empty());
            // Comments one above the other are for the line below them all.
            let below = lines.get(at..).unwrap_or_default();
            let skip = below
                .iter()
                .take_while(|one| one.trim_start().starts_with('#'))
                .count();
            let target = if alone { at.saturating_add(skip) } else { at };
            let target = u32::try_from(target.saturating_add(1)).unwrap_or(u32::MAX);
            let text = line.get(hash..).unwrap_or_default().trim_end();
            let span = Span::new(start + hash, start + hash + text.len()).in_file(file);
            // A finding about an alias stands where the value is written.
            if repeated.contains(&target) {
                let message = "an alias repeats the value of this comment: it would suppress the finding at each place";
                sink.push(
                    Diagnostic::error("suppression-malformed", span, message)
                        .with_help("write the value out in place of the alias"),
                );
            } else {
                read(text, span, target, all, sink);
            }
        }
        start += line.len();
    }
}

/// Where one of our comments begins in a line.
fn comment(line: &str, start: usize, scalars: &[Span]) -> Option<usize> {
    line.match_indices('#').map(|(at, _)| at).find(|&at| {
        let text = line
            .get(at..)
            .unwrap_or_default()
            .trim_start_matches('#')
            .trim_start();
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        behind_mark(text).is_some()
            && before.is_none_or(char::is_whitespace)
            && !inside(scalars, start + at)
    })
}

/// Whether a byte lies inside a scalar. One that is written over several lines ends where its last
/// line does.
fn inside(scalars: &[Span], at: usize) -> bool {
    let next = scalars.partition_point(|span| span.start <= at);
    let nearest = scalars.get(..next).and_then(<[Span]>::last);
    nearest.is_some_and(|span| at < span.end)
}

/// Reads `# purple: allow[a, b] reason`.
fn read(text: &str, span: Span, line: u32, all: &mut Vec<Allowed>, sink: &mut Sink) {
    let body = text.trim_start_matches('#').trim_start();
    let rest = behind_mark(body).unwrap_or_default().trim_start();
    let listed = rest
        .strip_prefix("allow[")
        .and_then(|rest| rest.split_once(']'));
    let Some((list, reason)) = listed else {
        sink.push(
            Diagnostic::error(
                "suppression-malformed",
                span,
                "this comment is not understood",
            )
            .with_help(
                "write `# purple: allow[code] reason`, with several codes as `allow[one, other]`",
            ),
        );
        return;
    };
    let reason = reason.trim().trim_start_matches([':', '-']).trim();
    if !says_why(reason) {
        sink.push(
            Diagnostic::error(
                "suppression-reason-missing",
                span,
                "this comment has no reason",
            )
            .with_help("write the reason after the bracket, so that a reader can judge it"),
        );
    }
    let offset = list.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    let mut at = span.start + offset;
    for part in list.split(',') {
        let code = part.trim();
        let lead = part.len() - part.trim_start().len();
        let place = Span {
            start: at + lead,
            end: at + lead + code.len(),
            ..span
        };
        at += part.len() + 1;
        if codes().any(|known| known == code) {
            let (code, reason) = (code.to_owned(), reason.to_owned());
            // Without a reason the finding stays away too: one mistake, one message.
            all.push(Allowed {
                code,
                reason,
                line,
                span: place,
                used: false,
            });
        } else {
            let help = match nearest(code, codes()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the code is in the brackets after the severity".to_owned(),
            };
            let message = format!("no finding has the code {}", quote(code));
            sink.push(
                Diagnostic::error("suppression-unknown-code", place, message).with_help(help),
            );
        }
    }
}

/// Every code there is, from the index of their pages, which the tests keep complete.
fn codes() -> impl Iterator<Item = &'static str> {
    let index = include_str!("../../../docs/diagnostics/README.md");
    index
        .lines()
        .filter_map(|line| line.strip_prefix("- [")?.split(']').next())
}
