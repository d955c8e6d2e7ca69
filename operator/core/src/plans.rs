//! From a profile, a policy or a plan file to the bytes of a plan.

use crate::facts;
use crate::inputs::{InputError, Inputs};
use crate::matches::{self, MatchError};
use crate::notice::{Findings, Notice};
use crate::profiles::{self, ProfileError};
use crate::trust::{Obeyed, TrustError};
use purple_host::path::shown;
use purple_plan::{DecodeError, MAX_PLAN_BYTES, Plan};
use purplec::diagnostics::Sink;
use purplec::diagnostics::render::visible;
use purplec::inherit::Files;
use purplec::parse::{MAX_BYTES, decode};
use purplec::pipeline::{self, Compilation, Fault, Options, Stage};
use purplec::profiles::Profile;
use purplec::quantity::Date;
use purplec::source::Source;
use std::fmt::{self, Display};
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
    /// A compiled plan.
    Plan(PathBuf),
}

/// A plan that decodes.
#[derive(Debug)]
pub struct ReadyPlan {
    /// Its bytes: what is checked is what purple-exec gets.
    pub(crate) bytes: Vec<u8>,
    /// The files that it was made from, held since before they were read.
    pub(crate) obeyed: Vec<Obeyed>,
}

/// Reads a plan, or compiles a policy, and looks up what its patterns match below the working directory.
pub fn ready(source: &PlanSource, notices: &mut Vec<Notice>) -> Result<ReadyPlan, PlanError> {
    let mut ready = made(source, notices)?;
    ready.bytes = matches::resolve(ready.bytes, notices).map_err(PlanError::Match)?;
    Ok(ready)
}

fn made(source: &PlanSource, notices: &mut Vec<Notice>) -> Result<ReadyPlan, PlanError> {
    match source {
        PlanSource::Plan(path) => load(path),
        PlanSource::Policy(path) => {
            let inputs = Inputs::default();
            let bytes = read(&inputs, path, MAX_BYTES)?;
            let mut sink = Sink::new();
            let source = decode(&path.to_string_lossy(), bytes, &mut sink);
            let files = inputs.around(path);
            let bytes = compiled(&source, Some(files), &inputs, sink, notices)?;
            Ok(ReadyPlan {
                bytes,
                obeyed: inputs.take(),
            })
        }
        PlanSource::Profile(name) => {
            let profile = profiles::find(name)?;
            let inputs = Inputs::default();
            let bytes = compiled(&source_of(&profile), None, &inputs, Sink::new(), notices)?;
            Ok(ReadyPlan {
                bytes,
                obeyed: inputs.take(),
            })
        }
    }
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

/// The plan of a policy that Purple itself has written.
pub(crate) fn of_text(name: &str, text: &str) -> Result<Vec<u8>, PlanError> {
    let source = Source::new(name, text);
    let inputs = Inputs::default();
    compiled(&source, None, &inputs, Sink::new(), &mut Vec::new())
}

fn source_of(profile: &Profile) -> Source {
    Source::new(profile.name, profile.text)
}

/// The plan of a policy.
fn compiled(
    source: &Source,
    files: Option<Arc<dyn Files>>,
    inputs: &Inputs,
    sink: Sink,
    notices: &mut Vec<Notice>,
) -> Result<Vec<u8>, PlanError> {
    let options = Options {
        files,
        hosts: Some(inputs.groups()),
        facts: facts::of_this_host(),
        today: Some(today()?),
        ..Options::default()
    };
    let outcome = compile(source, &options, sink, notices)?;
    outcome
        .plan
        .ok_or_else(|| PlanError::DoesNotCompile(source.name.clone()))
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
            Self::Read { path, reason } => write!(f, "{}: {reason}", shown(path)),
            Self::Decode { path, error } => write!(f, "{}: {error}", shown(path)),
            Self::Match(error) => error.fmt(f),
            Self::DoesNotCompile(name) => {
                write!(f, "{}: the policy does not compile", visible(name))
            }
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
