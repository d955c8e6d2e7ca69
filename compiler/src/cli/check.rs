//! `purplec check`

use super::exit::{Deny, Exit, complain, fault};
use super::files::{self, Files};
use super::parallel::{self, in_order};
use super::report::{Format, Part, Report, rendered};
use super::screen::{self, Colour};
use super::{fix, input, score, target, today};
use clap::{ArgGroup, Args};
use purplec::diagnostics::render::{Failure, Look, Tally};
use purplec::facts::HostFacts;
use purplec::hosts::HostFiles;
use purplec::pipeline;
use purplec::quantity::Date;
use purplec::target::Target;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to check, and how to say what was found.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("fixing").multiple(true)))]
pub(super) struct Arguments {
    /// Format of the findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// When to use colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
    /// Additional findings that make the check fail
    #[arg(long, value_enum)]
    deny: Option<Deny>,
    /// Apply safe fixes, then print the remaining findings
    #[arg(long, group = "fixing")]
    fix: bool,
    /// With --fix or --diff: apply unsafe fixes too; they may change the meaning of a policy
    #[arg(long, requires = "fixing")]
    unsafe_fixes: bool,
    /// Print the changes that --fix would make, and write nothing
    #[arg(long, group = "fixing")]
    diff: bool,
    /// Print how much each policy leaves open, from 0 to 10
    #[arg(
        long,
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "human",
        conflicts_with = "fixing"
    )]
    score: Option<score::Format>,
    /// Also report what the described host cannot enforce; `purple doctor --target` writes FILE
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
    /// Folder with groups of host names, instead of the default folders
    #[arg(long, value_name = "DIR")]
    hosts_dir: Vec<PathBuf>,
    /// Value of a fact of the host, such as workspace=/srv/project; also uid and gid
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Policy files, or directories with policies; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Arguments {
    /// Whether files are fixed, and with which fixes.
    fn fixing(&self) -> Option<fix::Mode> {
        (self.fix || self.diff).then_some(fix::Mode {
            with_unsafe: self.unsafe_fixes,
            diff: self.diff,
        })
    }
}

/// Checks each file; findings go to standard output, files that cannot be read to standard error.
pub(super) fn run(arguments: &Arguments) -> Exit {
    let fixing = arguments.fixing();
    let Files { all, others } = files::expand(&arguments.files);
    // Where standard output takes a policy or a difference, findings go to standard error.
    let to_stderr = fixing.is_some_and(|mode| mode.diff)
        || fixing.is_some() && arguments.files.iter().any(|file| file.as_os_str() == "-");
    if to_stderr && fixing.is_some_and(|mode| !mode.diff) && all.len() > 1 {
        return complain("purplec: error: --fix takes either standard input or files");
    }
    let look = if to_stderr {
        screen::look(&io::stderr(), arguments.color)
    } else {
        screen::look(&io::stdout(), arguments.color)
    };
    let score = match (arguments.score, arguments.format) {
        (Some(_), Format::Sarif | Format::Github) => {
            return complain("purplec: error: --score works only with --format human and json");
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
    let facts = match input::facts(HostFacts::samples(), &arguments.set) {
        Ok(facts) => facts,
        Err(message) => return complain(&message),
    };
    let settings = CheckSettings {
        facts,
        hosts: input::hosts(&arguments.hosts_dir),
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
            Ok(path) => examine(path, fixing, arguments.format, look, &settings),
            Err(failure) => Part::failed(failure.clone()),
        },
        |part| report.add(part),
    );
    report.finish(arguments.deny, others)
}

/// The settings that each policy is checked with.
struct CheckSettings {
    /// The facts of the host.
    facts: HostFacts,
    hosts: Arc<dyn HostFiles>,
    today: Date,
    target: Option<Target>,
    score: Option<score::Format>,
}

fn examine(
    path: &Path,
    fixing: Option<fix::Mode>,
    format: Format,
    look: Look,
    settings: &CheckSettings,
) -> Part {
    let mut read = match input::try_read(path) {
        Ok(read) => read,
        Err(failure) => return Part::failed(failure),
    };
    read.options.hosts = Some(Arc::clone(&settings.hosts));
    read.options.facts.clone_from(&settings.facts);
    read.options.today = Some(settings.today);
    read.options.score = settings.score.is_some();
    read.options.target.clone_from(&settings.target);
    let failed = |message: String| {
        Part::failed(Failure {
            file: read.source.name.clone(),
            message,
        })
    };
    let (outcome, changed) = match fixing {
        None => match pipeline::compile(&read.source, &read.options, read.sink) {
            Ok(outcome) => (outcome, fix::Changed::default()),
            Err(fault) => return failed(self::fault(&fault)),
        },
        Some(mode) => match fix::fix(path, &read.source, &read.options, read.sink, mode) {
            Ok(fixed) => fixed,
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
    let score = settings.score.map(|format| score::render(format, &outcome));
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
