//! The `purple` command: runs a command under a profile, lists the profiles, and says what the host
//! can enforce. Here are arguments, printing and exit statuses; the rest is purple-core's.

mod audit;
mod doctor;
mod output;
mod profile;
mod run;

use clap::{Parser, Subcommand};
use output::{Failure, REFUSED, say};
use purple_report::VisibleLines;
use purplec::diagnostics::render::visible;
use std::process::ExitCode;

/// Runs AI agents, and the code they write, confined by a policy.
#[derive(Debug, Parser)]
#[command(name = "purple", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a command confined by a profile, a policy or a plan
    Run(run::Arguments),
    /// List and show the profiles
    #[command(subcommand)]
    Profile(profile::Command),
    /// Show the audit log, or look whether it is whole
    Audit(audit::Arguments),
    /// Say what this host can enforce, and what to type where something is missing
    Doctor(doctor::Arguments),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let status = if error.use_stderr() { REFUSED } else { 0 };
            let text = error.render().to_string();
            // Usage errors quote words of the command line as they are.
            let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
            let shown = words.fold(text.clone(), |text, word| {
                let shown = visible(&word);
                if shown == word {
                    text
                } else {
                    text.replace(&word, &shown)
                }
            });
            if VisibleLines(&shown).to_string() != text {
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
