//! The `purple` command: runs a command under a profile, lists the profiles, and says what the host
//! can enforce. Here are arguments, printing and exit statuses; the rest is purple-core's.

mod audit;
mod doctor;
mod output;
mod profile;
mod run;
mod trust;
mod usage;

use clap::{Parser, Subcommand};
use output::{Failure, REFUSED, say};
use purplec::diagnostics::render::usage_error_spelt_out;
use std::process::ExitCode;

/// Runs AI agents, and the code they write, under a policy that confines them.
#[derive(Debug, Parser)]
#[command(name = "purple", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a command confined by a profile, a policy or a plan
    Run(Box<run::Arguments>),
    /// List and show the profiles
    #[command(subcommand)]
    Profile(profile::Command),
    /// Show the audit log, or verify that it is complete
    Audit(audit::Arguments),
    /// List the files that runs obey, and accept files that changed during a run
    Trust(trust::Arguments),
    /// Check what this host can enforce, and print what to type if something is missing
    Doctor(doctor::Arguments),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let status = if error.use_stderr() { REFUSED } else { 0 };
            let text = error.render().to_string();
            let words: Vec<String> = std::env::args_os()
                .map(|word| word.to_string_lossy().into_owned())
                .collect();
            if let Some(advice) = usage::advice(&error, &words) {
                say(&advice);
                return ExitCode::from(status);
            }
            if let Some(shown) = usage_error_spelt_out(&text, words) {
                say(&shown);
                return ExitCode::from(status);
            }
            return match error.print() {
                Ok(()) => ExitCode::from(status),
                Err(_) => ExitCode::from(REFUSED),
            };
        }
    };
    let status: Result<u8, Failure> = match &arguments.command {
        Command::Run(arguments) => run::run(arguments),
        Command::Profile(command) => profile::run(command),
        Command::Audit(arguments) => audit::run(arguments),
        Command::Trust(arguments) => trust::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
    };
    match status {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            say(&failure.to_string());
            ExitCode::from(REFUSED)
        }
    }
}
