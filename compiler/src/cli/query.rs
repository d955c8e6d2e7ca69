//! `purplec query`: what happens to a call under a plan, and which line of the policy says so.

mod print;
mod unseen;
mod value;

use super::verify::with_plan;
use super::{Exit, complain};
use clap::{Args, ValueEnum};
use purple_plan::Plan;
use purplec::diagnostics::nearest;
use purplec::diagnostics::render::visible;
use purplec::emit::Recorded;
use purplec::emit::bpf::{Program, is_cacheable};
use purplec::show::cases::{Case, Known, cases};
use purplec::syscalls::constants::closest_constant_for;
use purplec::syscalls::{
    Arch, Argument, closest_name, kernel_names, names, signature, syscall, syscall_name,
};
use std::path::PathBuf;

/// The call to ask about.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The call: a name, or a number
    #[arg(value_name = "SYSCALL", required_unless_present = "all")]
    syscall: Option<String>,
    /// Its arguments: values in order, or NAME=VALUE. A value is a number (7, 0x7, 0o7, -7), a
    /// constant such as `O_WRONLY`, or several with `|` between them. What is left out can be
    /// anything
    #[arg(value_name = "ARG", allow_negative_numbers = true)]
    args: Vec<String>,
    /// The architecture that the call comes through
    #[arg(long, value_name = "A")]
    arch: Option<Arch>,
    /// List every call with its verdict
    #[arg(long, conflicts_with = "syscall")]
    all: bool,
    /// How the answer is printed
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
    let text = Filter::of(plan, arguments.arch).and_then(|filter| {
        let Some(name) = &arguments.syscall else {
            let all = names(filter.arch).map(|(name, number)| {
                filter.answer(Query {
                    name: Some(name),
                    number,
                    args: Vec::new(),
                })
            });
            return Ok(print::all(
                plan,
                &filter,
                &all.collect::<Vec<_>>(),
                arguments.format,
            ));
        };
        let query = Query::parse(&filter, name, &arguments.args)?;
        Ok(print::one(
            plan,
            &filter,
            &filter.answer(query),
            arguments.format,
        ))
    });
    match text {
        Ok(text) => super::print(&text, Exit::Clean),
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

/// The filter that a call meets.
struct Filter {
    /// The interface that the call comes through.
    arch: Arch,
    recorded: Recorded,
    program: Program,
}

impl Filter {
    /// The filter of a plan for an architecture, or for the plan's own; or what is wrong with the
    /// choice.
    fn of(plan: &Plan<'_>, arch: Option<Arch>) -> Result<Self, String> {
        let natives: Vec<Arch> = plan
            .filters
            .iter()
            .filter_map(|filter| {
                let audit = filter.audit_arch;
                Arch::ALL
                    .into_iter()
                    .find(|arch| arch.is_native() && arch.audit() == audit)
            })
            .collect();
        let default = natives
            .iter()
            .find(|arch| **arch == Arch::X86_64)
            .or(natives.first());
        let Some(arch) = arch.or(default.copied()) else {
            return Err("the plan has no filter".to_owned());
        };
        let native = natives.iter().find(|native| **native == arch).or_else(|| {
            natives
                .iter()
                .find(|native| native.compat().contains(&arch))
        });
        let Some(native) = native else {
            let list: Vec<&str> = natives.iter().map(|arch| arch.name()).collect();
            return Err(format!(
                "the plan has no filter for {arch}: it is for {}",
                list.join(", ")
            ));
        };
        let filter = plan
            .filters
            .iter()
            .find(|filter| filter.audit_arch == native.audit());
        let program = filter.and_then(|filter| Program::from_le_bytes(filter.program));
        let recorded = Recorded::read(plan, native.audit());
        match (recorded, program) {
            (Some(recorded), Some(program)) => Ok(Self {
                arch,
                recorded,
                program,
            }),
            _ => Err(format!(
                "this compiler cannot read the plan's filter for {native}"
            )),
        }
    }

    /// The answers for calls of which no argument is given.
    fn all(&self, calls: &[&str]) -> Vec<Answer> {
        let known = calls.iter().filter_map(|name| syscall(self.arch, name));
        let queries = known.map(|(name, number)| Query {
            name: Some(name),
            number,
            args: Vec::new(),
        });
        queries.map(|query| self.answer(query)).collect()
    }

    fn answer(&self, query: Query) -> Answer {
        let cases = cases(&self.recorded, self.arch, query.number, &query.args);
        let cached = is_cacheable(&self.program, self.arch, query.number);
        Answer {
            query,
            cases,
            cached,
        }
    }
}

/// The call that is asked about.
struct Query {
    /// `None`: a number that no call we know has.
    name: Option<&'static str>,
    number: u32,
    /// The arguments that were given, by position.
    args: Vec<Known>,
}

/// What happens to it.
struct Answer {
    query: Query,
    /// In order: the first that holds counts, the last holds always.
    cases: Vec<Case>,
    /// Whether the kernel keeps the verdict.
    cached: bool,
}

impl Query {
    fn parse(filter: &Filter, call: &str, args: &[String]) -> Result<Self, String> {
        let arch = filter.arch;
        let (name, number) = if let Some((name, number)) = syscall(arch, call) {
            (Some(name), number)
        } else if let Some(number) = value::number(call).and_then(|one| u32::try_from(one).ok()) {
            (syscall_name(arch, number), number)
        } else {
            let guess = closest_name(arch, call).filter(|guess| *guess != call);
            let guess =
                guess.map_or_else(String::new, |guess| format!("; did you mean `{guess}`?"));
            return Err(format!(
                "no syscall is called `{}` on {arch}{guess}",
                visible(call)
            ));
        };
        let signature = name.and_then(|name| signature(arch, name));
        let mut query = Self {
            name,
            number,
            args: Vec::new(),
        };
        for (at, text) in args.iter().enumerate() {
            let known = argument(arch, name.unwrap_or(call), signature.as_deref(), at, text)?;
            if query.args.iter().any(|one| one.position == known.position) {
                return Err(format!(
                    "`{}` gives an argument that was given before",
                    visible(text)
                ));
            }
            query.args.push(known);
        }
        query.args.sort_by_key(|one| one.position);
        Ok(query)
    }
}

/// One argument as it was typed: a value for this position, or a name and a value.
fn argument(
    arch: Arch,
    name: &str,
    signature: Option<&[Argument]>,
    at: usize,
    text: &str,
) -> Result<Known, String> {
    let call = visible(name);
    let (position, value) = match text.split_once('=') {
        None => (at, text),
        Some((argument, value)) => (position(&call, signature, argument)?, value),
    };
    let count = signature.map_or(6, <[Argument]>::len);
    if position >= count {
        let takes = match count {
            0 => "takes no arguments".to_owned(),
            1 => "takes one argument".to_owned(),
            count => format!("takes {count} arguments"),
        };
        return Err(format!("`{call}` {takes}{}", list(signature)));
    }
    value::parse(arch, value)
        .map(|value| Known { position, value })
        .map_err(|part| {
            let known = signature
                .and_then(|all| all.get(position))
                .map_or("", |one| one.name);
            let guess =
                closest_constant_for(arch, name, known, part).filter(|_| value::is_name(part));
            let guess =
                guess.map_or_else(String::new, |guess| format!("; did you mean `{guess}`?"));
            format!(
                "`{}` is no number and no constant of {arch}{guess}",
                visible(part)
            )
        })
}

fn position(call: &str, signature: Option<&[Argument]>, name: &str) -> Result<usize, String> {
    let find = |name: &str| signature.and_then(|all| all.iter().position(|one| one.name == name));
    let other = || kernel_names(name).find_map(find);
    let by_name = find(name).or_else(other);
    let by_number = || {
        name.strip_prefix("arg")
            .and_then(|at| at.parse().ok())
            .filter(|at| *at < 6)
    };
    by_name.or_else(by_number).ok_or_else(|| {
        let known = match signature {
            Some([]) => ": it takes none".to_owned(),
            Some(all) => match nearest(name, all.iter().map(|one| one.name)) {
                Some(guess) => format!("; did you mean `{guess}`?"),
                None => list(signature),
            },
            None => ": nobody knows its arguments; write arg0 to arg5".to_owned(),
        };
        format!("`{call}` has no argument called `{}`{known}", visible(name))
    })
}

/// The arguments' names, for a message.
fn list(signature: Option<&[Argument]>) -> String {
    let names: Vec<&str> = signature
        .unwrap_or_default()
        .iter()
        .map(|one| one.name)
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(": {}", names.join(", "))
    }
}
