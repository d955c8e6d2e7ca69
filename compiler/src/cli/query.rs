//! `purplec query`: what happens to a call or a connection under a plan, and which line of the policy says so.

mod filter;
mod network;
mod print;
mod question;
mod unseen;
mod value;

use super::exit::{self, Exit, complain};
use super::output;
use super::verify::with_plan;
use clap::{Args, ValueEnum};
use filter::Filter;
use purple_plan::Plan;
use purplec::syscalls::{Arch, names};
use question::Query;
use std::path::PathBuf;

/// The call to ask about.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The call, as a name or a number, or a question about the network: `connect HOST:PORT[/udp]`,
    /// `resolve NAME`, `listen PORT[/udp]`
    #[arg(value_name = "SYSCALL", required_unless_present = "all")]
    syscall: Option<String>,
    /// The arguments of the call: values in order, or NAME=VALUE. A value is a number (7, 0x7, 0o7,
    /// -7), a constant such as `O_WRONLY`, or several joined by `|`. An argument that is not given
    /// can have any value
    #[arg(value_name = "ARG", allow_negative_numbers = true)]
    args: Vec<String>,
    /// The architecture through which the call is made
    #[arg(long, value_name = "A")]
    arch: Option<Arch>,
    /// List every call with its verdict
    #[arg(long, conflicts_with = "syscall")]
    all: bool,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

/// Answers.
pub(super) fn run(arguments: &Arguments) -> Exit {
    with_plan(&arguments.plan, |plan| answer(arguments, plan))
}

fn answer(arguments: &Arguments, plan: &Plan<'_>) -> Exit {
    let word = arguments.syscall.as_deref().unwrap_or_default();
    if let Some(question) = network::Question::parse(word, &arguments.args) {
        let answered = question.and_then(|question| network::answer(plan, &question));
        return match answered {
            Ok(answer) => {
                let as_json = arguments.format == Format::Json;
                exit::print(&network::print(plan, &answer, as_json), Exit::Clean)
            }
            Err(message) => complain(&format!("purplec: {message}")),
        };
    }
    let text = Filter::of(plan, arguments.arch).and_then(|filter| {
        let Some(name) = &arguments.syscall else {
            let all = names(filter.arch).map(|(name, number)| {
                filter.answer(Query {
                    name: Some(name),
                    number,
                    args: Vec::new(),
                })
            });
            let all: Vec<_> = all.collect();
            return Ok(match arguments.format {
                Format::Json => print::all_as_json(plan, &filter, &all),
                Format::Human => print::all(plan, &filter, &all),
            });
        };
        let query = Query::parse(filter.arch, name, &arguments.args)?;
        let answer = filter.answer(query);
        Ok(match arguments.format {
            Format::Json => output::json(&print::object(plan, &filter, &answer)),
            Format::Human => print::words(plan, &filter, &answer),
        })
    });
    match text {
        Ok(text) => exit::print(&text, Exit::Clean),
        Err(message) => complain(&format!("purplec: {message}")),
    }
}

/// What happens to calls whose arguments decide, in short: those of one fate on one line.
pub(super) fn by_arguments(plan: &Plan<'_>, arch: Arch, calls: &[&str]) -> Vec<String> {
    let Ok(filter) = Filter::of(plan, Some(arch)) else {
        return Vec::new();
    };
    print::in_short(arch, &filter.all(calls))
}

/// The same as data: what `query --format json` prints of each.
pub(super) fn answers(plan: &Plan<'_>, arch: Arch, calls: &[&str]) -> Vec<serde_json::Value> {
    let Ok(filter) = Filter::of(plan, Some(arch)) else {
        return Vec::new();
    };
    let answers = filter.all(calls);
    answers
        .iter()
        .map(|answer| print::object(plan, &filter, answer))
        .collect()
}
