//! The command line: arguments to calls of the library, results to files and exit codes.
//!
//! Exit codes: 0 clean, 1 findings, 2 usage or I/O ([`EXIT_CODES`]). Notes and warnings are no findings, unless
//! `--deny warnings` makes warnings one.

mod calls;
mod check;
mod compile;
mod exit;
mod explain;
mod files;
mod fix;
mod fmt;
mod input;
mod output;
mod parallel;
mod query;
mod report;
mod score;
mod screen;
mod show;
mod source_line;
mod target;
mod today;
mod verify;

use clap::{Parser, Subcommand, ValueEnum};
use exit::{Exit, complain, print};
use purplec::diagnostics::render::{JSON_SCHEMA, usage_error_spelt_out};
use std::io;
use std::process::ExitCode;

/// Parses the arguments and runs the command.
pub(crate) fn run() -> ExitCode {
    let command = match Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(error) => {
            let usage = error.use_stderr();
            let text = error.render().to_string();
            let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
            if let Some(shown) = usage_error_spelt_out(&text, words) {
                return complain(shown.trim_end()).into();
            }
            return match error.print() {
                Ok(()) if !usage => Exit::Clean.into(),
                Err(failure) if failure.kind() == io::ErrorKind::BrokenPipe && !usage => {
                    Exit::Clean.into()
                }
                _ => Exit::Failed.into(),
            };
        }
    };
    let exit = match &command {
        Command::Check(arguments) => check::run(arguments),
        Command::Compile(arguments) => compile::run(arguments),
        Command::Fmt(arguments) => fmt::run(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Query(arguments) => query::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Schema(arguments) => schema(arguments.of),
    };
    exit.into()
}

/// The Purple policy compiler: compiles a YAML policy to a sealed plan.
#[derive(Debug, Parser)]
#[command(name = "purplec", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// The end of `--help`.
const EXIT_CODES: &str = "\
Exit codes:
  0  no findings, or only notes and warnings
  1  errors; with `--deny warnings` also warnings
  2  wrong usage, a file that cannot be read or written, or an internal error";

#[derive(Debug, Subcommand)]
enum Command {
    /// Check policies and print findings
    #[command(after_help = EXIT_CODES)]
    Check(check::Arguments),
    /// Compile a policy to a sealed plan
    #[command(after_help = EXIT_CODES)]
    Compile(compile::Arguments),
    /// Format policies: spelling, order and quotes; comments are kept
    Fmt(fmt::Arguments),
    /// Show what a plan grants
    Show(show::Arguments),
    /// Show what happens to a system call under a plan, and which policy line decides it
    Query(query::Arguments),
    /// Check a plan's seal, and prove its filters again
    Verify(verify::Arguments),
    /// Explain the code of a finding, and what to write instead
    Explain(explain::Arguments),
    /// Print a JSON Schema (draft-07)
    Schema(SchemaArguments),
}

/// Which schema.
#[derive(Debug, clap::Args)]
struct SchemaArguments {
    /// The subject of the schema
    #[arg(long, value_enum, default_value_t = SchemaSubject::Policy, value_name = "WHAT")]
    of: SchemaSubject,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemaSubject {
    /// Policies: for editors, to complete and explain keys
    Policy,
    /// The output of `check --format json`
    Diagnostics,
    /// The description that `--target` reads and `purple doctor --target` writes
    Target,
}

fn schema(of: SchemaSubject) -> Exit {
    match of {
        SchemaSubject::Policy => {}
        SchemaSubject::Diagnostics => return print(JSON_SCHEMA, Exit::Clean),
        SchemaSubject::Target => return print(purplec::target::JSON_SCHEMA, Exit::Clean),
    }
    match serde_json::to_string_pretty(&purplec::schema::editor_schema()) {
        Ok(text) => print(&(text + "\n"), Exit::Clean),
        Err(error) => complain(&format!("purplec: the schema cannot be printed: {error}")),
    }
}
