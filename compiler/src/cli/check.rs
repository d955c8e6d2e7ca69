//! `purplec check`

use super::files::{self, Files};
use super::parallel::{self, in_order};
use super::screen::{self, Colour};
use super::{Deny, Exit, complain, fix, input, print, print_error, score, target, today};
use clap::{ArgGroup, Args, ValueEnum};
use purplec::diagnostics::render::{self, Failure, Look, Tally, counted, visible};
use purplec::pipeline::{self, Outcome};
use purplec::quantity::Date;
use purplec::target::Target;
use std::io;
use std::path::{Path, PathBuf};

/// What to check, and how to say what was found.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("mending").multiple(true)))]
pub(super) struct Arguments {
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// When to use colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
    /// What else makes the check fail
    #[arg(long, value_enum)]
    deny: Option<Deny>,
    /// Apply the safe fixes, then print what is left
    #[arg(long, group = "mending")]
    fix: bool,
    /// With --fix or --diff: the unsafe fixes too; a policy may mean something else afterwards
    #[arg(long, requires = "mending")]
    unsafe_fixes: bool,
    /// Print what --fix would change, and write nothing
    #[arg(long, group = "mending")]
    diff: bool,
    /// Say how much each policy leaves open, from 0 to 10
    #[arg(
        long,
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "human",
        conflicts_with = "mending"
    )]
    score: Option<score::Format>,
    /// Say also what this host cannot enforce; `purple doctor --target FILE` describes one
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
    /// Policy files; the policies below a directory; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Arguments {
    /// Whether files are mended, and with which fixes.
    fn mending(&self) -> Option<fix::Mode> {
        (self.fix || self.diff).then_some(fix::Mode {
            with_unsafe: self.unsafe_fixes,
            diff: self.diff,
        })
    }
}

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

/// Checks each file; findings go to standard output, files that cannot be read to standard error.
pub(super) fn run(arguments: &Arguments) -> Exit {
    let mending = arguments.mending();
    let Files { all, others } = files::expand(&arguments.files);
    // Where standard output takes a policy or a difference, findings go to standard error.
    let to_stderr = mending.is_some_and(|mode| mode.diff)
        || mending.is_some() && arguments.files.iter().any(|file| file.as_os_str() == "-");
    if to_stderr && mending.is_some_and(|mode| !mode.diff) && all.len() > 1 {
        return complain("purplec: error: --fix takes standard input alone, or files");
    }
    let look = if to_stderr {
        screen::look(&io::stderr(), arguments.color)
    } else {
        screen::look(&io::stdout(), arguments.color)
    };
    let score = match (arguments.score, arguments.format) {
        (Some(_), Format::Sarif | Format::Github) => {
            return complain("purplec: error: --score goes with --format human and json");
        }
        (Some(_), Format::Json) => Some(score::Format::Json),
        (score, _) => score,
    };
    let today = match today::today() {
        Ok(today) => today,
        Err(message) => return complain(&message),
    };
    let target = match target::read(arguments.target.as_deref()) {
        Ok(target) => target,
        Err(message) => return complain(&message),
    };
    let with = With {
        today,
        target,
        score,
    };
    let mut report = Report::new(arguments.format, look, to_stderr);
    report.score = score;
    in_order(
        &all,
        parallel::width(),
        |file| match file {
            Ok(path) => examine(path, mending, arguments.format, look, &with),
            Err(failure) => Part::failed(failure.clone()),
        },
        |part| report.add(part),
    );
    report.finish(arguments.deny, others)
}

/// What each policy is checked with.
struct With {
    today: Date,
    target: Option<Target>,
    score: Option<score::Format>,
}

/// What one file adds to a report.
struct Part {
    exit: Exit,
    tally: Tally,
    text: String,
    suppressed: String,
    results: Option<render::Results>,
    score: Option<String>,
    /// What was done to the file, for standard error.
    done: String,
    /// The policy or the difference that standard output takes.
    output: String,
}

impl Part {
    fn failed(failure: Failure) -> Self {
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

fn examine(
    path: &Path,
    mending: Option<fix::Mode>,
    format: Format,
    look: Look,
    with: &With,
) -> Part {
    let mut read = match input::try_read(path) {
        Ok(read) => read,
        Err(failure) => return Part::failed(failure),
    };
    read.options.today = Some(with.today);
    read.options.score = with.score.is_some();
    read.options.target.clone_from(&with.target);
    let failed = |message: String| {
        Part::failed(Failure {
            file: read.source.name.clone(),
            message,
        })
    };
    let (outcome, changed) = match mending {
        None => match pipeline::compile(&read.source, &read.options, read.sink) {
            Ok(outcome) => (outcome, fix::Changed::default()),
            Err(fault) => return failed(super::fault(&fault)),
        },
        Some(mode) => match fix::mend(path, &read.source, &read.options, read.sink, mode) {
            Ok(mended) => mended,
            Err(message) => return failed(message),
        },
    };
    let mut tally = Tally::default();
    tally.add(&outcome.diagnostics, outcome.suppressed.len());
    let (text, suppressed, results) = rendered(&outcome, format, look);
    let exit = if changed.would {
        Exit::Findings
    } else {
        Exit::Clean
    };
    let score = with.score.map(|format| score::render(format, &outcome));
    let (done, output) = (changed.done, changed.output);
    Part {
        exit,
        tally,
        text,
        suppressed,
        results,
        score,
        done,
        output,
    }
}

/// What was found, what of it was let stand, and both as results of SARIF: what the form has.
fn rendered(
    outcome: &Outcome,
    format: Format,
    look: Look,
) -> (String, String, Option<render::Results>) {
    let Outcome {
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
    format: Format,
    to_stderr: bool,
    exit: Exit,
    tally: Tally,
    findings: Vec<String>,
    suppressed: Vec<String>,
    results: Vec<render::Results>,
    /// Whether scores stand behind the findings, or in their place.
    score: Option<score::Format>,
    scores: Vec<String>,
    look: Look,
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
    pub(super) fn add_outcome(&mut self, outcome: &Outcome) {
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

    fn add(&mut self, part: Part) {
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
            self.exit = print(&part.output, self.exit);
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

    fn say(&mut self, text: &str) {
        if self.to_stderr {
            print_error(text);
        } else {
            self.exit = print(text, self.exit);
        }
    }

    /// How a run with these findings ends.
    pub(super) fn verdict(&self, deny: Option<Deny>) -> Exit {
        let bad = self.tally.errors > 0 || deny == Some(Deny::Warnings) && self.tally.warnings > 0;
        self.exit
            .max(if bad { Exit::Findings } else { Exit::Clean })
    }

    /// Prints what was kept, and gives how the run ends.
    fn finish(mut self, deny: Option<Deny>, others: usize) -> Exit {
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
                    text.extend([others.as_str(), " left out: not a policy by its keys\n"]);
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
