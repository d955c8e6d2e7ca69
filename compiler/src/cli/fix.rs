//! `purplec check --fix`: what the library has fixed goes to the file, all of it or nothing.

use super::{exit, output};
use purplec::diagnostics::Sink;
use purplec::diagnostics::render::{counted, visible};
use purplec::fix::{FixedPolicy, fix_all};
use purplec::pipeline::{Compilation, Options};
use purplec::source::Source;
use similar::TextDiff;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::path::Path;

/// What is fixed, and whether it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    /// Whether unsafe fixes are applied too.
    pub(super) with_unsafe: bool,
    /// Whether the difference is printed and nothing written.
    pub(super) diff: bool,
}

/// What was done to a file.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// A line that says it; empty where nothing was.
    pub(super) done: String,
    /// What standard output takes.
    pub(super) output: String,
    /// Whether there is something that was not written.
    pub(super) would: bool,
}

/// Fixes a policy and writes it back. The error is a message without the file's name.
pub(super) fn fix(
    path: &Path,
    source: &Source,
    options: &Options,
    sink: Sink,
    mode: Mode,
) -> Result<(Compilation, Changed), String> {
    let FixedPolicy {
        source: after,
        applied,
        outcome,
    } = fix_all(source, options, sink, mode.with_unsafe).map_err(|fault| exit::fault(&fault))?;
    let stdin = path.as_os_str() == "-";
    let mut changed = Changed::default();
    if after.text == source.text {
        if stdin && !mode.diff {
            changed.output.clone_from(&source.text);
        }
        return Ok((outcome, changed));
    }
    if mode.diff {
        changed.output = difference(source, &after);
        changed.would = true;
    } else if stdin {
        changed.output.clone_from(&after.text);
    } else {
        output::rewrite(path, after.text.as_bytes())?;
    }
    let count: usize = applied.values().sum();
    let codes: Vec<String> = applied
        .iter()
        .map(|(code, count)| format!("{count} {code}"))
        .collect();
    let verb = if mode.diff { "would be fixed" } else { "fixed" };
    // Writing to a string cannot fail.
    let written = writeln!(
        changed.done,
        "{}: {} {verb}: {}",
        visible(&source.name),
        counted(count, "finding"),
        codes.join(", ")
    );
    debug_assert!(written.is_ok());
    Ok((outcome, changed))
}

/// A unified difference, which patch(1) takes; on a terminal with hidden characters spelt out.
fn difference(before: &Source, after: &Source) -> String {
    let name = visible(&before.name);
    let text = TextDiff::from_lines(before.text.as_str(), after.text.as_str())
        .unified_diff()
        .context_radius(3)
        .header(&name, &name)
        .to_string();
    if io::stdout().is_terminal() {
        text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
    } else {
        text
    }
}
