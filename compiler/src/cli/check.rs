//! `purplec check`

use super::{Deny, Exit, complain, defect, input, print, today};
use clap::{Args, ValueEnum};
use purplec::diagnostics::{Diagnostic, Severity, render};
use purplec::pipeline::{self, Options};
use std::fmt::Write as _;
use std::path::PathBuf;

/// What to check, and how to say what was found.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// What else makes the check fail
    #[arg(long, value_enum)]
    deny: Option<Deny>,
    /// Policy files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: the place, the text, what to type instead
    Human,
}

/// Checks each file; findings go to standard output, files that cannot be read to standard error.
pub(super) fn run(arguments: &Arguments) -> Exit {
    let Format::Human = arguments.format;
    let options = match today::today() {
        Ok(today) => Options { today: Some(today), ..Options::default() },
        Err(message) => return complain(&message),
    };
    let mut exit = Exit::Clean;
    let mut total = Count::default();
    let mut text = String::new();
    for path in &arguments.files {
        let read = match input::read(path) {
            Ok(read) => read,
            Err(message) => {
                exit = exit.max(complain(&message));
                continue;
            }
        };
        let outcome = match pipeline::compile(&read.source, &options, read.sink) {
            Ok(outcome) => outcome,
            Err(fault) => {
                exit = exit.max(complain(&defect(&read.source, &fault)));
                continue;
            }
        };
        let found = &outcome.diagnostics;
        text.push_str(&render::human(&outcome.sources, found));
        total.add(found);
        exit = exit.max(verdict(found, arguments.deny));
    }
    text.push_str(&total.summary(arguments.files.len()));
    print(&text, exit)
}

/// How a run with these findings ends.
pub(super) fn verdict(found: &[Diagnostic], deny: Option<Deny>) -> Exit {
    let least = match deny {
        Some(Deny::Warnings) => Severity::Warning,
        None => Severity::Error,
    };
    if found.iter().any(|finding| finding.severity >= least) { Exit::Findings } else { Exit::Clean }
}

#[derive(Default)]
struct Count {
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl Count {
    fn add(&mut self, found: &[Diagnostic]) {
        for finding in found {
            match finding.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
                Severity::Note => self.notes += 1,
            }
        }
    }

    fn summary(&self, files: usize) -> String {
        let mut out = format!("{} checked: ", counted(files, "file"));
        let parts: Vec<String> =
            [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")]
                .into_iter()
                .filter(|&(count, _)| count > 0)
                .map(|(count, noun)| counted(count, noun))
                .collect();
        let all = if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") };
        // Writing to a string cannot fail.
        if writeln!(out, "{all}").is_err() {
            out.push('\n');
        }
        out
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
