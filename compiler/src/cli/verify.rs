//! `purplec verify`

use super::exit::{Exit, complain, print};
use clap::Args;
use purple_plan::{MAX_PLAN_BYTES, Plan};
use purplec::diagnostics::render::visible;
use purplec::seal::{hex, reprove};
use std::fmt::Write as _;
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
    let bytes = match purple_files::read(path, MAX_PLAN_BYTES) {
        Ok(bytes) => bytes,
        Err(message) => {
            return complain(&format!(
                "{}: error: {message}",
                visible(&path.to_string_lossy())
            ));
        }
    };
    match Plan::decode(&bytes) {
        Ok(plan) => then(&plan),
        Err(error) => refuse(path, error),
    }
}

/// Says why a file is no plan, or not one to trust.
fn refuse(path: &Path, error: impl std::fmt::Display) -> Exit {
    let refused = complain(&format!(
        "{}: error: {error}",
        visible(&path.to_string_lossy())
    ));
    debug_assert_eq!(refused, Exit::Failed);
    Exit::Findings
}
