//! What a run prints of findings: as it goes for people and logs, at the end for programs.

use super::exit::{Deny, Exit, print, print_as_it_is, print_error, print_error_as_it_is};
use super::score;
use clap::ValueEnum;
use purplec::diagnostics::render::{self, Failure, Look, Tally, counted, visible};
use purplec::pipeline::Compilation;

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people: the place, the text, what to type instead
    Human,
    /// For programs: one JSON document (`purplec schema --of diagnostics`)
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For GitHub workflows: annotations in a pull request
    Github,
}

/// What one file adds to a report.
pub(super) struct Part {
    pub(super) exit: Exit,
    pub(super) tally: Tally,
    pub(super) text: String,
    pub(super) suppressed: String,
    pub(super) results: Option<render::Results>,
    pub(super) score: Option<String>,
    /// What was done to the file, for standard error.
    pub(super) done: String,
    /// The policy or the difference that standard output takes.
    pub(super) output: String,
}

impl Part {
    pub(super) fn failed(failure: Failure) -> Self {
        let tally = Tally {
            failures: vec![failure],
            ..Tally::default()
        };
        let (text, suppressed, done, output) = Default::default();
        let (results, score) = (None, None);
        Self {
            exit: Exit::Failed,
            tally,
            text,
            suppressed,
            results,
            score,
            done,
            output,
        }
    }
}

/// What was found, what of it was let stand, and both as results of SARIF: what the form has.
pub(super) fn rendered(
    outcome: &Compilation,
    format: Format,
    look: Look,
) -> (String, String, Option<render::Results>) {
    let Compilation {
        sources,
        diagnostics,
        suppressed,
        ..
    } = outcome;
    let none = String::new;
    match format {
        Format::Human => (render::human_as(look, sources, diagnostics), none(), None),
        Format::Json => {
            let suppressed = render::json_suppressed(sources, suppressed);
            (
                render::json_findings(sources, diagnostics),
                suppressed,
                None,
            )
        }
        Format::Github => (render::github(sources, diagnostics), none(), None),
        Format::Sarif => (
            none(),
            none(),
            Some(render::sarif_results(sources, diagnostics, suppressed)),
        ),
    }
}

/// What a run prints: as it goes for people and logs, at the end for programs.
pub(super) struct Report {
    pub(super) format: Format,
    pub(super) to_stderr: bool,
    pub(super) exit: Exit,
    pub(super) tally: Tally,
    pub(super) findings: Vec<String>,
    pub(super) suppressed: Vec<String>,
    pub(super) results: Vec<render::Results>,
    /// Whether scores stand behind the findings, or in their place.
    pub(super) score: Option<score::Format>,
    pub(super) scores: Vec<String>,
    pub(super) look: Look,
}

impl Report {
    /// An empty report, to be printed on standard output or standard error.
    pub(super) fn new(format: Format, look: Look, to_stderr: bool) -> Self {
        let (exit, tally) = (Exit::Clean, Tally::default());
        let (findings, suppressed, results, scores) = Default::default();
        let score = None;
        Self {
            format,
            to_stderr,
            exit,
            tally,
            findings,
            suppressed,
            results,
            score,
            scores,
            look,
        }
    }

    /// Adds what was found in one policy.
    pub(super) fn add_outcome(&mut self, outcome: &Compilation) {
        let mut tally = Tally::default();
        tally.add(&outcome.diagnostics, outcome.suppressed.len());
        let (text, suppressed, results) = rendered(outcome, self.format, self.look);
        let ((done, output), score) = (Default::default(), None);
        let exit = Exit::Clean;
        self.add(Part {
            exit,
            tally,
            text,
            suppressed,
            results,
            score,
            done,
            output,
        });
    }

    /// Adds a policy that could not be read.
    pub(super) fn add_failure(&mut self, failure: Failure) {
        self.add(Part::failed(failure));
    }

    pub(super) fn add(&mut self, part: Part) {
        self.exit = self.exit.max(part.exit);
        for failure in &part.tally.failures {
            let Failure { file, message } = failure;
            // A document on standard error has nothing beside it.
            if !self.to_stderr || matches!(self.format, Format::Human | Format::Github) {
                print_error(&format!("{}: error: {message}\n", visible(file)));
            }
            if self.format == Format::Github {
                self.say(&render::github_failure(failure));
            }
        }
        if !part.output.is_empty() {
            self.exit = print_as_it_is(&part.output, self.exit);
        }
        print_error(&part.done);
        self.results.extend(part.results);
        self.scores.extend(part.score);
        match self.format {
            _ if self.score == Some(score::Format::Json) => {}
            Format::Human | Format::Github => self.say(&part.text),
            Format::Json => {
                self.findings.push(part.text);
                self.suppressed.push(part.suppressed);
            }
            Format::Sarif => {}
        }
        self.tally.join(part.tally);
    }

    pub(super) fn say(&mut self, text: &str) {
        match (self.to_stderr, self.look.colour) {
            (true, true) => print_error_as_it_is(text),
            (true, false) => print_error(text),
            (false, true) => self.exit = print_as_it_is(text, self.exit),
            (false, false) => self.exit = print(text, self.exit),
        }
    }

    /// How a run with these findings ends.
    pub(super) fn verdict(&self, deny: Option<Deny>) -> Exit {
        let bad = self.tally.errors > 0 || deny == Some(Deny::Warnings) && self.tally.warnings > 0;
        self.exit
            .max(if bad { Exit::Findings } else { Exit::Clean })
    }

    /// Prints what was kept, and gives how the run ends.
    pub(super) fn finish(mut self, deny: Option<Deny>, others: usize) -> Exit {
        match self.format {
            _ if self.score == Some(score::Format::Json) => {
                self.say(&score::join(score::Format::Json, &self.scores));
            }
            Format::Json | Format::Sarif => self.document(),
            Format::Human | Format::Github => {
                let mut text = self.tally.hints();
                text.push_str(&self.tally.summary());
                text.push('\n');
                if others > 0 {
                    let others = counted(others, "YAML file");
                    text.extend([
                        others.as_str(),
                        " skipped: its keys are not those of a policy\n",
                    ]);
                }
                if let Some(format) = self.score {
                    text.push_str(&score::join(format, &self.scores));
                }
                self.say(&text);
            }
        }
        self.verdict(deny)
    }

    /// Prints the document, where the form is one.
    pub(super) fn document(&mut self) {
        match self.format {
            Format::Json => self.say(&render::json(&self.findings, &self.suppressed, &self.tally)),
            Format::Sarif => {
                let results = std::mem::take(&mut self.results);
                self.say(&render::sarif(results, &self.tally));
            }
            Format::Human | Format::Github => {}
        }
    }

    /// Prints what to type next, where the form is for people.
    pub(super) fn hints(&mut self) {
        if self.format == Format::Human {
            self.say(&self.tally.hints());
        }
    }
}
