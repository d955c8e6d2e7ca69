//! From a profile, a policy or a plan file to the bytes of a plan.

use crate::command_line::{self, CommandLine, FlagError};
use crate::facts;
use crate::inputs::{InputError, Inputs};
use crate::matches::{self, MatchError};
use crate::notice::{Findings, Notice};
use crate::profiles::{self, ProfileError};
use crate::trust::{self, Change, Obeyed, ObeyedFile, TrustError};
use purple_host::path::shown;
use purple_plan::{DecodeError, MAX_PLAN_BYTES, Plan};
use purplec::diagnostics::render::visible;
use purplec::diagnostics::{Diagnostic, Severity, Sink};
use purplec::facts::HostFacts;
use purplec::inherit::{self, Files};
use purplec::parse::{MAX_BYTES, decode};
use purplec::pipeline::{self, Compilation, Fault, Options, Stage};
use purplec::profiles::Profile;
use purplec::quantity::Date;
use purplec::score::Score;
use purplec::source::Source;
use std::env;
use std::fmt::{self, Display};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// What a plan is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanSource {
    /// A shipped profile, by its name.
    Profile(String),
    /// A policy file.
    Policy(PathBuf),
    /// A policy file that the command line does not name. It must have been accepted.
    Found(PathBuf),
    /// A compiled plan.
    Plan(PathBuf),
}

/// The policy of a directory.
const OF_DIRECTORY: &str = "purple.yaml";

impl PlanSource {
    /// What confines a command where nothing is named: the policy of the working directory, or of the nearest one above it
    /// up to the workspace, or above that one that was accepted, or the default profile where there is none.
    ///
    /// A program can make a repository below an accepted policy, and so another workspace: the policy counts there too.
    pub fn of_working_directory() -> Result<Self, PlanError> {
        let workspace = facts::workspace();
        let mut directory = PathBuf::new();
        let start = env::current_dir().unwrap_or_default();
        let mut is_in_workspace = true;
        for above in start.ancestors() {
            let path = directory.join(OF_DIRECTORY);
            let is_there = || {
                // What cannot be looked at is refused when it is read.
                let found = path.symlink_metadata();
                found.is_ok() || found.is_err_and(|error| error.kind() != ErrorKind::NotFound)
            };
            let is_accepted =
                || trust::is_registered(&above.join(OF_DIRECTORY)).map_err(PlanError::Trust);
            if is_there() && (is_in_workspace || is_accepted()?) {
                return Ok(Self::Found(path));
            }
            is_in_workspace &= workspace
                .as_ref()
                .is_some_and(|workspace| above.starts_with(workspace) && above != workspace);
            directory.push("..");
        }
        Ok(Self::Profile(profiles::DEFAULT.to_owned()))
    }
}

/// A plan that decodes.
#[derive(Debug)]
pub struct ReadyPlan {
    /// Its bytes: what is checked is what purple-exec gets.
    pub(crate) bytes: Vec<u8>,
    /// The files that it was made from, held since before they were read.
    pub(crate) obeyed: Vec<Obeyed>,
}

/// Reads a plan, or compiles a policy with what the command line says, and looks up what its patterns match below the
/// working directory.
pub fn ready(
    source: &PlanSource,
    flags: &CommandLine,
    notices: &mut Vec<Notice>,
) -> Result<ReadyPlan, PlanError> {
    let mut ready = made(source, flags, notices)?;
    notices.extend(flags.services().map(Notice::ServiceOfHost));
    ready.bytes = matches::resolve(ready.bytes, notices).map_err(PlanError::Match)?;
    Ok(ready)
}

fn made(
    source_of_plan: &PlanSource,
    flags: &CommandLine,
    notices: &mut Vec<Notice>,
) -> Result<ReadyPlan, PlanError> {
    let last = flags.source().map_err(PlanError::Flag)?;
    match source_of_plan {
        PlanSource::Plan(path) => match flags.first() {
            None => load(path),
            Some(flag) => Err(PlanError::Flag(FlagError::Sealed(flag))),
        },
        PlanSource::Policy(path) | PlanSource::Found(path) => {
            let inputs = Inputs::default();
            let mut sink = Sink::new();
            let source = policy(&inputs, path, &mut sink)?;
            let is_refused = match source_of_plan {
                PlanSource::Found(_) => match read_for(path, &source) {
                    Some(read) => {
                        trust::check_accepted(&read?).map_err(PlanError::Trust)?;
                        false
                    }
                    // The compiler says why.
                    None => true,
                },
                _ => false,
            };
            let around = Around {
                files: Some(inputs.around(path)),
                last,
            };
            let groups = Inputs::default();
            let bytes = compiled(&source, around, &groups, sink, notices)?;
            if is_refused {
                return Err(PlanError::DoesNotCompile(source.name.clone()));
            }
            let mut obeyed = inputs.take();
            if matches!(source_of_plan, PlanSource::Found(_)) {
                // What was compiled may not be what was looked at first.
                trust::check_accepted(&obeyed).map_err(PlanError::Trust)?;
            }
            obeyed.extend(groups.take());
            Ok(ReadyPlan { bytes, obeyed })
        }
        PlanSource::Profile(name) => {
            let profile = profiles::find(name)?;
            let inputs = Inputs::default();
            let source = source_of(&profile);
            let around = Around { files: None, last };
            let bytes = compiled(&source, around, &inputs, Sink::new(), notices)?;
            Ok(ReadyPlan {
                bytes,
                obeyed: inputs.take(),
            })
        }
    }
}

/// Accepts a policy and what it extends, as they are now. Gives each file, after the change that is accepted. What does not compile is
/// not accepted.
pub fn accept(
    path: &Path,
    notices: &mut Vec<Notice>,
) -> Result<Vec<(Option<Change>, ObeyedFile)>, PlanError> {
    let source = PlanSource::Policy(path.to_owned());
    let made = made(&source, &CommandLine::default(), notices)?;
    trust::accept_read(&made.obeyed).map_err(PlanError::Trust)
}

/// A policy's text.
fn policy(inputs: &Inputs, path: &Path, sink: &mut Sink) -> Result<Source, PlanError> {
    let bytes = read(inputs, path, MAX_BYTES)?;
    Ok(decode(&path.to_string_lossy(), bytes, sink))
}

/// The files that are read for a policy: it and what it extends. `None` where one of them cannot be read as a policy.
fn read_for(path: &Path, source: &Source) -> Option<Result<Vec<Obeyed>, PlanError>> {
    let inputs = Inputs::default();
    if let Err(error) = read(&inputs, path, MAX_BYTES) {
        return Some(Err(error));
    }
    inherit::sources(source, Some(inputs.around(path).as_ref()))?;
    Some(Ok(inputs.take()))
}

fn load(path: &Path) -> Result<ReadyPlan, PlanError> {
    let inputs = Inputs::default();
    let bytes = read(&inputs, path, MAX_PLAN_BYTES)?;
    match Plan::decode(&bytes) {
        Ok(_) => Ok(ReadyPlan {
            bytes,
            obeyed: inputs.take(),
        }),
        Err(error) => Err(PlanError::Decode {
            path: path.to_owned(),
            error,
        }),
    }
}

/// Reads a file that is named by the caller.
fn read(inputs: &Inputs, path: &Path, most: usize) -> Result<Vec<u8>, PlanError> {
    inputs.read(path, most).map_err(|error| match error {
        InputError::Trust(error) => PlanError::Trust(error),
        InputError::Read(reason) => PlanError::Read {
            path: path.to_owned(),
            reason,
        },
    })
}

/// A shipped profile with all that it inherits and the defaults, and a place for each value.
pub fn resolved(profile: &Profile, notices: &mut Vec<Notice>) -> Result<String, PlanError> {
    let options = Options {
        emit: Some(Stage::Resolved),
        facts: facts::of_this_host(),
        ..Options::default()
    };
    let outcome = compile(&source_of(profile), &options, Sink::new(), notices)?;
    outcome
        .listing
        .ok_or_else(|| PlanError::NoListing(profile.name.to_owned()))
}

/// How much a shipped profile leaves open.
pub fn score(profile: &Profile) -> Result<Score, PlanError> {
    for_some_host(profile, true, |outcome| outcome.score)
}

/// The plan of a shipped profile for some host, to be shown: its paths are examples.
pub fn example(profile: &Profile) -> Result<Vec<u8>, PlanError> {
    for_some_host(profile, false, |outcome| outcome.plan)
}

/// A part of what a shipped profile compiles to for some host.
fn for_some_host<T>(
    profile: &Profile,
    score: bool,
    part: impl FnOnce(Compilation) -> Option<T>,
) -> Result<T, PlanError> {
    let options = Options {
        facts: HostFacts::samples(),
        score,
        ..Options::default()
    };
    let outcome = compile(&source_of(profile), &options, Sink::new(), &mut Vec::new())?;
    part(outcome).ok_or_else(|| PlanError::NoListing(profile.name.to_owned()))
}

/// The plan of a policy that Purple itself has written.
pub(crate) fn of_text(name: &str, text: &str) -> Result<Vec<u8>, PlanError> {
    let source = Source::new(name, text);
    let inputs = Inputs::default();
    compiled(
        &source,
        Around::default(),
        &inputs,
        Sink::new(),
        &mut Vec::new(),
    )
}

fn source_of(profile: &Profile) -> Source {
    Source::new(profile.name, profile.text)
}

/// The texts that are compiled with a policy.
#[derive(Default)]
struct Around {
    /// Those that it extends.
    files: Option<Arc<dyn Files>>,
    /// The one that wins over it.
    last: Option<Source>,
}

/// The plan of a policy.
fn compiled(
    source: &Source,
    around: Around,
    inputs: &Inputs,
    sink: Sink,
    notices: &mut Vec<Notice>,
) -> Result<Vec<u8>, PlanError> {
    let options = Options {
        files: around.files,
        last: around.last,
        hosts: Some(inputs.groups()),
        facts: facts::of_this_host(),
        today: Some(today()?),
        ..Options::default()
    };
    let outcome = compile(source, &options, sink, notices)?;
    let of_flags = |found: &Diagnostic| outcome.sources.of(found.span).name == command_line::NAME;
    let mut errors = outcome
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .peekable();
    match outcome.plan {
        Some(plan) => Ok(plan),
        None if errors.peek().is_some() && errors.all(of_flags) => {
            Err(PlanError::FlagsDoNotCompile)
        }
        None => Err(PlanError::DoesNotCompile(source.name.clone())),
    }
}

/// The day in UTC.
fn today() -> Result<Date, PlanError> {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok();
    since
        .and_then(|since| Date::from_unix(since.as_secs()))
        .ok_or(PlanError::Clock)
}

/// Compiles, with a notice about errors.
fn compile(
    source: &Source,
    options: &Options,
    sink: Sink,
    notices: &mut Vec<Notice>,
) -> Result<Compilation, PlanError> {
    let outcome = pipeline::compile(source, options, sink).map_err(PlanError::Compiler)?;
    let findings = Findings::of(&outcome.sources, &outcome.diagnostics);
    notices.extend(findings.map(Notice::Findings));
    Ok(outcome)
}

/// Why there is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// No profile has this name.
    Profile(ProfileError),
    /// A file cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// Why, in a few words.
        reason: String,
    },
    /// A file that is to be obeyed cannot be held.
    Trust(TrustError),
    /// A flag is wrong.
    Flag(FlagError),
    /// A file is no plan.
    Decode {
        /// The file.
        path: PathBuf,
        /// Why.
        error: DecodeError,
    },
    /// What the plan's patterns match cannot be covered.
    Match(MatchError),
    /// The policy of this name has errors. The findings are a notice.
    DoesNotCompile(String),
    /// The policy has no error, and what flags add has. The findings are a notice.
    FlagsDoNotCompile,
    /// The profile of this name has nothing to show.
    NoListing(String),
    /// The compiler has failed.
    Compiler(Fault),
    /// The clock does not say which day it is.
    Clock,
}

impl Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(error) => error.fmt(f),
            Self::Trust(error) => error.fmt(f),
            Self::Flag(error) => error.fmt(f),
            Self::Read { path, reason } => write!(f, "{}: {reason}", shown(path)),
            Self::Decode { path, error } => write!(f, "{}: {error}", shown(path)),
            Self::Match(error) => error.fmt(f),
            Self::DoesNotCompile(name) => {
                write!(f, "{}: the policy does not compile", visible(name))
            }
            Self::FlagsDoNotCompile => f.write_str(
                "correct the values of the flags in the lines above that are marked `command line`",
            ),
            Self::NoListing(name) => write!(f, "{}: nothing to show", visible(name)),
            Self::Compiler(fault) => write!(f, "a defect of the compiler: {fault}"),
            Self::Clock => f.write_str("the clock is not between 1970 and 9999"),
        }
    }
}

impl std::error::Error for PlanError {}

impl From<ProfileError> for PlanError {
    fn from(error: ProfileError) -> Self {
        Self::Profile(error)
    }
}
