//! From a profile, a policy or a plan file to the bytes of a plan.

use crate::cache::Entry;
use crate::{Problem, say};
use purple_plan::{MAX_PLAN_BYTES, Plan};
use purplec::diagnostics::{Severity, Sink, render};
use purplec::disk::{self, Disk};
use purplec::inherit::{self, Files};
use purplec::parse::{MAX_BYTES, decode};
use purplec::pipeline::{self, Options, Outcome, Stage};
use purplec::profiles::Profile;
use purplec::resolve::quantity::Date;
use purplec::source::{Source, Sources};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// A plan that decodes.
#[derive(Debug)]
pub struct Ready {
    /// Its bytes: what is checked is what purple-exec gets.
    pub bytes: Vec<u8>,
    /// Where it may be kept; `None` when it is kept already or is not to be.
    pub unkept: Option<Entry>,
}

/// A plan from a file.
pub fn load(path: &Path) -> Result<Ready, Problem> {
    let bytes = read(path, MAX_PLAN_BYTES)?;
    Plan::decode(&bytes).map_err(|error| Problem::new(format!("{}: {error}", path.display())))?;
    Ok(Ready {
        bytes,
        unkept: None,
    })
}

/// The plan of a shipped profile.
pub fn from_profile(profile: &Profile) -> Result<Ready, Problem> {
    compiled(&text(profile), None, Sink::new())
}

/// The plan of a policy file.
pub fn from_policy(path: &Path) -> Result<Ready, Problem> {
    let bytes = read(path, MAX_BYTES)?;
    let mut sink = Sink::new();
    let source = decode(&path.to_string_lossy(), bytes, &mut sink);
    compiled(&source, Some(Arc::new(Disk::around(path))), sink)
}

/// A shipped profile in full, with a place for each value.
pub fn in_full(profile: &Profile) -> Result<String, Problem> {
    let options = Options {
        emit: Some(Stage::Resolved),
        ..Options::default()
    };
    let outcome = compile(&text(profile), &options, Sink::new())?;
    outcome
        .listing
        .ok_or_else(|| Problem::new(format!("{}: nothing to show", profile.name)))
}

fn text(profile: &Profile) -> Source {
    Source::new(profile.name, profile.text)
}

/// The kept plan of a policy, or a fresh one.
fn compiled(source: &Source, files: Option<Arc<dyn Files>>, sink: Sink) -> Result<Ready, Problem> {
    let sources = inherit::sources(source, files.as_deref()).filter(|sources| !has_an_end(sources));
    let place = sources.and_then(|sources| Some((Entry::of(&sources)?, sources)));
    if let Some(bytes) = place
        .as_ref()
        .and_then(|(entry, sources)| entry.look_up(sources))
    {
        return Ok(Ready {
            bytes,
            unkept: None,
        });
    }
    let options = Options {
        files,
        today: Some(today()?),
        ..Options::default()
    };
    let outcome = compile(source, &options, sink)?;
    let Some(bytes) = outcome.plan else {
        return Err(Problem::new(format!(
            "{}: the policy does not compile",
            source.name
        )));
    };
    // A parent may have changed since it was looked at for the plan's place.
    let same = place.filter(|(_, sources)| outcome.sources.digest() == sources.digest());
    Ok(Ready {
        bytes,
        unkept: same.map(|(entry, _)| entry),
    })
}

/// Whether something in the texts may hold until a day: then a plan that was kept says nothing
/// about today.
fn has_an_end(sources: &Sources) -> bool {
    let mut all = std::iter::once(sources.policy()).chain(sources.parents());
    all.any(|source| source.text.contains("expires"))
}

/// The day in UTC.
fn today() -> Result<Date, Problem> {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok();
    since
        .and_then(|since| Date::from_unix(since.as_secs()))
        .ok_or_else(|| Problem::new("the clock is not between 1970 and 9999"))
}

/// Compiles, and says what was found, but for notes.
fn compile(source: &Source, options: &Options, sink: Sink) -> Result<Outcome, Problem> {
    let outcome = pipeline::compile(source, options, sink)
        .map_err(|fault| Problem::new(format!("a defect of the compiler: {fault}")))?;
    let found = outcome.diagnostics.iter();
    let shown: Vec<_> = found
        .filter(|found| found.severity > Severity::Note)
        .cloned()
        .collect();
    for line in render::human(&outcome.sources, &shown).lines() {
        say(line);
    }
    Ok(outcome)
}

fn read(path: &Path, most: usize) -> Result<Vec<u8>, Problem> {
    disk::read(path, most).map_err(|message| Problem::new(format!("{}: {message}", path.display())))
}
