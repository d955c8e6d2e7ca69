//! From a profile, a policy or a plan file to the bytes of a plan.

use crate::cache::Entry;
use crate::profiles::Profile;
use crate::{Problem, say};
use nix::fcntl::OFlag;
use purple_plan::{MAX_PLAN_BYTES, Plan};
use purplec::diagnostics::{Severity, Sink, render};
use purplec::parse::{MAX_BYTES, decode};
use purplec::pipeline::{self, Options};
use purplec::source::Source;
use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// A plan that decodes.
#[derive(Debug)]
pub(crate) struct Ready {
    /// Its bytes: what is checked is what purple-exec gets.
    pub(crate) bytes: Vec<u8>,
    /// Where it may be kept; `None` when it is kept already or is not to be.
    pub(crate) unkept: Option<Entry>,
}

/// A plan from a file.
pub(crate) fn load(path: &Path) -> Result<Ready, Problem> {
    let bytes = read(path, MAX_PLAN_BYTES)?;
    Plan::decode(&bytes).map_err(|error| Problem::new(format!("{}: {error}", path.display())))?;
    Ok(Ready { bytes, unkept: None })
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

/// The kept plan of a policy, or a fresh one.
fn compiled(source: &Source, sink: Sink) -> Result<Ready, Problem> {
    let entry = Entry::of(source);
    if let Some(bytes) = entry.as_ref().and_then(|entry| entry.look_up(source)) {
        return Ok(Ready { bytes, unkept: None });
    }
    let outcome = pipeline::compile(source, &Options::default(), sink)
        .map_err(|fault| Problem::new(format!("a defect of the compiler: {fault}")))?;
    let shown: Vec<_> =
        outcome.diagnostics.into_iter().filter(|found| found.severity > Severity::Note).collect();
    for line in render::human(&outcome.sources, &shown).lines() {
        say(line);
    }
    let Some(bytes) = outcome.plan else {
        return Err(Problem::new(format!("{}: the policy does not compile", source.name)));
    };
    Ok(Ready { bytes, unkept: entry })
}

fn read(path: &Path, most: usize) -> Result<Vec<u8>, Problem> {
    let failed = |what: &dyn std::fmt::Display| Problem::new(format!("{}: {what}", path.display()));
    // Without O_NONBLOCK a FIFO would wait for a writer.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits())
        .open(path)
        .map_err(|error| failed(&error))?;
    if !file.metadata().map_err(|error| failed(&error))?.is_file() {
        return Err(failed(&"not a regular file"));
    }
    let mut bytes = Vec::new();
    let cap = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    file.take(cap).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    if bytes.len() > most {
        return Err(failed(&"larger than 1 MiB"));
    }
    Ok(bytes)
}
