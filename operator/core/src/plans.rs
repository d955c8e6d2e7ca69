//! From a profile, a policy or a plan file to the bytes of a plan.

use crate::cache::Entry;
use crate::notice::{Findings, Notice};
use crate::profiles::{self, ProfileError};
use purple_host::path::shown;
use purple_plan::{DecodeError, MAX_PLAN_BYTES, Plan};
use purplec::diagnostics::Sink;
use purplec::diagnostics::render::visible;
use purplec::inherit::{self, Access, Files, FilesAround};
use purplec::parse::{MAX_BYTES, decode};
use purplec::pipeline::{self, Compilation, Fault, Options, Stage};
use purplec::profiles::Profile;
use purplec::quantity::Date;
use purplec::source::{Source, Sources};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// How the compiler reaches the files that a policy extends.
const ACCESS: Access = Access {
    identity: purple_files::identity,
    read: purple_files::read,
};

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
    /// Where it may be kept; `None` when it is kept already or is not to be.
    pub(crate) unkept: Option<Entry>,
}

/// Reads a plan, or takes the kept one of a policy, or compiles it.
pub fn ready(source: &PlanSource, notices: &mut Vec<Notice>) -> Result<ReadyPlan, PlanError> {
    match source {
        PlanSource::Plan(path) => load(path),
        PlanSource::Policy(path) => {
            let bytes = read(path, MAX_BYTES)?;
            let mut sink = Sink::new();
            let source = decode(&path.to_string_lossy(), bytes, &mut sink);
            compiled(
                &source,
                Some(Arc::new(FilesAround::new(path, ACCESS))),
                sink,
                notices,
            )
        }
        PlanSource::Profile(name) => {
            let profile = profiles::find(name)?;
            compiled(&source_of(&profile), None, Sink::new(), notices)
        }
    }
}

fn load(path: &Path) -> Result<ReadyPlan, PlanError> {
    let bytes = read(path, MAX_PLAN_BYTES)?;
    match Plan::decode(&bytes) {
        Ok(_) => Ok(ReadyPlan {
            bytes,
            unkept: None,
        }),
        Err(error) => Err(PlanError::Decode {
            path: path.to_owned(),
            error,
        }),
    }
}

/// A shipped profile with all that it inherits and the defaults, and a place for each value.
pub fn resolved(profile: &Profile, notices: &mut Vec<Notice>) -> Result<String, PlanError> {
    let options = Options {
        emit: Some(Stage::Resolved),
        ..Options::default()
    };
    let outcome = compile(&source_of(profile), &options, Sink::new(), notices)?;
    outcome
        .listing
        .ok_or_else(|| PlanError::NoListing(profile.name.to_owned()))
}

fn source_of(profile: &Profile) -> Source {
    Source::new(profile.name, profile.text)
}

/// The kept plan of a policy, or a fresh one.
fn compiled(
    source: &Source,
    files: Option<Arc<dyn Files>>,
    sink: Sink,
    notices: &mut Vec<Notice>,
) -> Result<ReadyPlan, PlanError> {
    let sources = inherit::sources(source, files.as_deref()).filter(|sources| !may_expire(sources));
    let entry = sources.and_then(|sources| Some((Entry::of(&sources)?, sources)));
    if let Some(bytes) = entry
        .as_ref()
        .and_then(|(entry, sources)| entry.look_up(sources))
    {
        return Ok(ReadyPlan {
            bytes,
            unkept: None,
        });
    }
    let options = Options {
        files,
        today: Some(today()?),
        ..Options::default()
    };
    let outcome = compile(source, &options, sink, notices)?;
    let Some(bytes) = outcome.plan else {
        return Err(PlanError::DoesNotCompile(source.name.clone()));
    };
    // A parent may have changed since it was read for the entry's name.
    let same = entry.filter(|(_, sources)| outcome.sources.digest() == sources.digest());
    Ok(ReadyPlan {
        bytes,
        unkept: same.map(|(entry, _)| entry),
    })
}

/// Whether something in the texts may be granted until a day: then a plan that was kept says nothing
/// about today.
fn may_expire(sources: &Sources) -> bool {
    let mut all = std::iter::once(sources.policy()).chain(sources.parents());
    all.any(|source| source.text.contains("expires"))
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

/// Compiles, with a notice about what was found, but for notes.
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

fn read(path: &Path, limit: usize) -> Result<Vec<u8>, PlanError> {
    purple_files::read(path, limit).map_err(|reason| PlanError::Read {
        path: path.to_owned(),
        reason,
    })
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
    /// A file is no plan.
    Decode {
        /// The file.
        path: PathBuf,
        /// Why.
        error: DecodeError,
    },
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
            Self::Read { path, reason } => write!(f, "{}: {reason}", shown(path)),
            Self::Decode { path, error } => write!(f, "{}: {error}", shown(path)),
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
