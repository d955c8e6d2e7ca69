//! `purplec verify`

use super::{Exit, complain, print};
use clap::Args;
use purple_plan::{MAX_PLAN_BYTES, Plan};
use purplec::diagnostics::render::visible;
use purplec::seal::{hex, reprove};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The plan to check.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
}

/// Checks the seal and the structure, and proves each filter again from the plan alone.
pub(super) fn run(arguments: &Arguments) -> Exit {
    with_plan(&arguments.plan, |plan| prove(&arguments.plan, plan))
}

fn prove(path: &Path, plan: &Plan<'_>) -> Exit {
    let name = visible(&path.to_string_lossy());
    let proven = match reprove(plan) {
        Ok(proven) => proven,
        Err(disproof) => return refuse(path, disproof),
    };
    let mut text = format!("{name}: sealed, sha256:{}\n", hex(&plan.digest));
    for one in proven {
        if writeln!(text, "{name}: filter for {one}").is_err() {
            // Writing to a string cannot fail.
        }
    }
    print(&text, Exit::Clean)
}

/// Does something with the plan in a file; says why where there is none.
pub(super) fn with_plan(path: &Path, then: impl FnOnce(&Plan<'_>) -> Exit) -> Exit {
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(message) => return complain(&message),
    };
    match Plan::decode(&bytes) {
        Ok(plan) => then(&plan),
        Err(error) => refuse(path, error),
    }
}

/// Says why a file is no plan, or not one to trust.
fn refuse(path: &Path, error: impl std::fmt::Display) -> Exit {
    let refused = complain(&format!("{}: error: {error}", visible(&path.to_string_lossy())));
    debug_assert_eq!(refused, Exit::Failed);
    Exit::Findings
}

/// A plan's bytes, up to one more than a plan can have.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let name = visible(&path.to_string_lossy());
    let failed =
        |error: &std::io::Error| format!("{name}: error: {}", super::input::explain(error));
    let found = std::fs::metadata(path).map_err(|error| failed(&error))?;
    if let Some(kind) = super::input::kind(found.file_type()) {
        return Err(format!("{name}: error: this is {kind}, not a plan"));
    }
    let cap = u64::try_from(MAX_PLAN_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(cap).read_to_end(&mut bytes))
        .map_err(|error| failed(&error))?;
    Ok(bytes)
}
