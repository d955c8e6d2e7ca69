//! From a profile, a policy or a plan file to a plan that purple-exec can be given.

use crate::cache;
use crate::profiles::Profile;
use crate::{Problem, say};
use purple_plan::{MAX_PLAN_BYTES, Plan};
use purplec::diagnostics::{Severity, Sink, render};
use purplec::parse::{MAX_BYTES, decode};
use purplec::pipeline::{self, Options};
use purplec::source::Source;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// A plan in a place that purple-exec can read it from.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The file.
    pub(crate) path: PathBuf,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// Keeps a plan that has no file of its own.
    pub(crate) _holder: Option<OwnedFd>,
}

/// A plan from a file. It is looked at here, and checked again by purple-exec.
pub(crate) fn load(path: &Path) -> Result<Ready, Problem> {
    let bytes = read(path, MAX_PLAN_BYTES)?;
    Plan::decode(&bytes).map_err(|error| Problem::new(format!("{}: {error}", path.display())))?;
    Ok(Ready { path: path.to_owned(), bytes, _holder: None })
}

/// The plan of a shipped profile.
pub(crate) fn from_profile(profile: &Profile) -> Result<Ready, Problem> {
    let name = format!("{}.yaml", profile.name);
    compiled(&Source::new(name, profile.text), Sink::new())
}

/// The plan of a policy file.
pub(crate) fn from_policy(path: &Path) -> Result<Ready, Problem> {
    let bytes = read(path, MAX_BYTES)?;
    let mut sink = Sink::new();
    let source = decode(&path.to_string_lossy(), bytes, &mut sink);
    compiled(&source, sink)
}

/// The cached plan of a policy, or a fresh one, which is cached where that is possible.
fn compiled(source: &Source, sink: Sink) -> Result<Ready, Problem> {
    let place = cache::place(source);
    if let Some(ready) = place.as_ref().and_then(|place| cache::look_up(place, source)) {
        return Ok(ready);
    }
    let outcome = pipeline::compile(source, &Options::default(), sink)
        .map_err(|fault| Problem::new(format!("a defect of the compiler: {fault}")))?;
    let shown: Vec<_> =
        outcome.diagnostics.into_iter().filter(|found| found.severity > Severity::Note).collect();
    for line in render::human(source, &shown).lines() {
        say(line);
    }
    let Some(bytes) = outcome.plan else {
        return Err(Problem::new(format!("{}: the policy does not compile", source.name)));
    };
    cache::keep(place, bytes)
}

fn read(path: &Path, most: usize) -> Result<Vec<u8>, Problem> {
    let failed = |what: &dyn std::fmt::Display| Problem::new(format!("{}: {what}", path.display()));
    let found = std::fs::metadata(path).map_err(|error| failed(&error))?;
    if !found.is_file() {
        return Err(failed(&"not a regular file"));
    }
    let mut bytes = Vec::new();
    let cap = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)
        .and_then(|file| file.take(cap).read_to_end(&mut bytes))
        .map_err(|error| failed(&error))?;
    if bytes.len() > most {
        return Err(failed(&"larger than 1 MiB"));
    }
    Ok(bytes)
}
