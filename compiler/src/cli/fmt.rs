//! `purplec fmt`

use super::exit::{Exit, complain, defect, print, print_as_it_is, print_error};
use super::{input, output};
use clap::Args;
use purple_report::VisibleLines;
use purplec::diagnostics::{Diagnostic, Severity, render};
use purplec::format::format;
use purplec::source::{Source, Sources};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What to format, and whether to write it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Write nothing; name the files that are not in style, and exit with 1 if there is one
    #[arg(long)]
    check: bool,
    /// Write nothing; print the changes, and exit with 1 if there are any
    #[arg(long)]
    diff: bool,
    /// Policy files; `-` formats standard input to standard output
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Formats each file. One that is no YAML, or cannot be read, stays as it is and the others go on.
pub(super) fn run(arguments: &Arguments) -> Exit {
    let files = arguments.files.iter();
    files
        .map(|path| one(arguments, path))
        .max()
        .unwrap_or(Exit::Clean)
}

fn one(arguments: &Arguments, path: &Path) -> Exit {
    let mut read = match input::read(path) {
        Ok(read) => read,
        Err(message) => return complain(&message),
    };
    let formatted = match format(&read.source, &mut read.sink) {
        Ok(Some(formatted)) => formatted,
        Ok(None) => {
            let mut found: Vec<Diagnostic> = read.sink.into_sorted();
            found.retain(|finding| finding.severity == Severity::Error);
            let sources = Sources::from(read.source);
            print_error(&render::human(&sources, &found));
            return Exit::Findings;
        }
        Err(fault) => return complain(&defect(&read.source, &fault)),
    };
    let same = formatted == read.source.text;
    let name = render::visible(&read.source.name);
    if arguments.check || arguments.diff {
        let mut text = String::new();
        if arguments.diff && !same {
            text = difference(&read.source, &formatted);
        } else if !same {
            text = format!("{name}: not formatted; `purplec fmt` formats it\n");
        }
        let exit = if same { Exit::Clean } else { Exit::Findings };
        return print(&text, exit);
    }
    if same && path.as_os_str() != "-" {
        return Exit::Clean;
    }
    if path.as_os_str() == "-" {
        return print_as_it_is(&formatted, Exit::Clean);
    }
    match output::rewrite(path, formatted.as_bytes()) {
        Ok(()) => print(&format!("{name}: formatted\n"), Exit::Clean),
        Err(message) => complain(&format!("{name}: error: {message}")),
    }
}

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// The change as a unified diff.
fn difference(source: &Source, formatted: &str) -> String {
    let name = render::visible(&source.name);
    let diff = similar::TextDiff::from_lines(source.text.as_str(), formatted);
    let mut out = String::new();
    let body = diff.unified_diff().context_radius(CONTEXT).to_string();
    // Writing to a string cannot fail.
    if write!(out, "--- {name}\n+++ {name} (formatted)\n{}", shown(&body)).is_err() {
        out.push('\n');
    }
    out
}

/// The text with its control characters made visible.
fn shown(text: &str) -> String {
    VisibleLines(text).to_string()
}
