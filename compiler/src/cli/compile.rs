//! `purplec compile`

use super::check::verdict;
use super::{Deny, Exit, complain, input, output, print_error};
use clap::{Args, ValueEnum};
use purplec::diagnostics::render;
use purplec::pipeline::{self, Options, Stage};
use std::path::{Path, PathBuf};

/// What to compile, and where the result goes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The policy; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the plan goes; `-` is standard output
    #[arg(short, long, value_name = "PLAN", required_unless_present = "emit")]
    output: Option<PathBuf>,
    /// Architectures to compile for; the default is this machine's
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    arch: Vec<String>,
    /// Print one stage's result instead of a plan
    #[arg(long, value_name = "STAGE", value_enum)]
    emit: Option<Emit>,
    /// What else makes the compilation fail
    #[arg(long, value_enum)]
    deny: Option<Deny>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// The text as a tree, as JSON
    Document,
    /// The typed policy, as JSON
    Policy,
}

/// Compiles one policy. Findings go to standard error, so that standard output can take the plan.
pub(super) fn run(arguments: &Arguments) -> Exit {
    let read = match input::read(&arguments.file) {
        Ok(read) => read,
        Err(message) => return complain(&message),
    };
    let options = Options {
        architectures: arguments.arch.clone(),
        emit: arguments.emit.map(|stage| match stage {
            Emit::Document => Stage::Document,
            Emit::Policy => Stage::Policy,
        }),
    };
    let outcome = pipeline::compile(&read.source, &options, read.sink);
    print_error(&render::human(&read.source, &outcome.diagnostics));
    let exit = verdict(&outcome.diagnostics, arguments.deny);
    if exit != Exit::Clean {
        return exit;
    }
    let result = match &outcome.listing {
        Some(text) => Some(text.as_bytes()),
        None => outcome.plan.as_deref(),
    };
    let Some(bytes) = result else {
        return complain(
            "purplec: no plan came out, and nothing says why: a defect of the compiler",
        );
    };
    match output::write(arguments.output.as_deref().unwrap_or(Path::new("-")), bytes) {
        Ok(()) => Exit::Clean,
        Err(message) => complain(&message),
    }
}
