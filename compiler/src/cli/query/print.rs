//! Answers as text and as JSON.

use super::filter::{Filter, QueryResult};
use super::unseen::unseen;
use crate::cli::{output, source_line};
use purple_plan::Plan;
use purplec::diagnostics::render::visible;
use purplec::ir::syscalls::{Action, Condition, Reason};
use purplec::show::cases::{ConditionalVerdict, When};
use purplec::show::names::{self, Names};
use purplec::syscalls::{Arch, baseline};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Answers for all calls of an interface, for programs.
pub(super) fn all_as_json(plan: &Plan<'_>, filter: &Filter, all: &[QueryResult]) -> String {
    let list: Vec<Value> = all
        .iter()
        .map(|answer| object(plan, filter, answer))
        .collect();
    output::json(&Value::Array(list))
}

/// The same for people.
pub(super) fn all(plan: &Plan<'_>, filter: &Filter, all: &[QueryResult]) -> String {
    let mut rows = Vec::new();
    for answer in all {
        rows.extend(cases(plan, filter, answer));
    }
    let kept = all.iter().filter(|answer| answer.cached).count();
    let unseen: Vec<&str> = all
        .iter()
        .filter_map(|answer| {
            answer
                .query
                .name
                .filter(|name| unseen(filter.arch, name).is_some())
        })
        .collect();
    let count = all.len();
    let kept = format!("{kept} of {count} calls: the kernel caches the verdict (since 5.11)\n");
    let mut out = table(&rows, "");
    out.extend(["\n", kept.as_str()]);
    if !unseen.is_empty() {
        out.extend(["the filter may not see: ", unseen.join(", ").as_str(), "\n"]);
    }
    out
}

/// What decides about calls, a line for those about which the same does.
pub(super) fn in_short(arch: Arch, all: &[QueryResult]) -> Vec<String> {
    let mut lines: Vec<(Vec<String>, String)> = Vec::new();
    for answer in all {
        let each = answer.cases.iter().map(|case| {
            let verdict = names::action(arch, case.action);
            match condition(arch, answer, case).as_str() {
                "otherwise" => format!("otherwise {verdict}"),
                condition => format!("{verdict} {condition}"),
            }
        });
        let fate = each.collect::<Vec<_>>().join(", ");
        match lines.iter_mut().find(|line| line.1 == fate) {
            Some(line) => line.0.push(name(answer)),
            None => lines.push((vec![name(answer)], fate)),
        }
    }
    lines
        .into_iter()
        .map(|(names, fate)| format!("{}: {fate}", names.join(" ")))
        .collect()
}

/// The cases of a call: its name and the condition, the verdict, and the reason.
fn cases(plan: &Plan<'_>, filter: &Filter, answer: &QueryResult) -> Vec<[String; 3]> {
    let single = answer.cases.len() == 1;
    let row = |case: &ConditionalVerdict| {
        let name = name(answer);
        let call = match case.when.is_empty() {
            true if single => name,
            true => format!("{name} otherwise"),
            false => format!("{name} {}", condition(filter.arch, answer, case)),
        };
        let verdict = names::action(filter.arch, case.action);
        [call, verdict, because(plan, filter, answer, case)]
    };
    answer.cases.iter().map(row).collect()
}

pub(super) fn words(plan: &Plan<'_>, filter: &Filter, answer: &QueryResult) -> String {
    let arch = filter.arch;
    let call = format!("{}{} on {arch}", name(answer), given(arch, answer));
    let mut out = match answer.cases.as_slice() {
        [only] => {
            let because = because(plan, filter, answer, only);
            format!(
                "{call}: {}\n  {because}\n",
                names::action(arch, only.action)
            )
        }
        cases => {
            let rows = cases.iter().map(|case| {
                let condition = condition(arch, answer, case);
                [
                    condition,
                    names::action(arch, case.action),
                    because(plan, filter, answer, case),
                ]
            });
            let table = table(&rows.collect::<Vec<_>>(), "  ");
            format!(
                "{call}: it depends on the arguments; the first line that applies decides\n{table}"
            )
        }
    };
    let cache = if answer.cached {
        "the kernel caches this verdict (since 5.11): later calls do not run the filter"
    } else {
        "the kernel does not cache this verdict: each call runs the filter"
    };
    out.extend(["  ", cache, "\n"]);
    if let Some(why) = answer.query.name.and_then(|name| unseen(arch, name)) {
        out.extend(["  the filter may not see this call: ", why, "\n"]);
    }
    out
}

/// An answer as data.
pub(super) fn object(plan: &Plan<'_>, filter: &Filter, answer: &QueryResult) -> Value {
    let arch = filter.arch;
    let names = Names::of(arch, answer.query.number);
    let given = answer.query.args.iter();
    let args: serde_json::Map<String, Value> = given
        .map(|one| (names.argument(one.position), json!(one.value)))
        .collect();
    let case = |case: &ConditionalVerdict| {
        json!({
            "when": when(arch, answer, case),
            "verdict": names::key(case.action),
            "errno": match case.action {
                Action::Errno(number) => Some(names::errno(arch, number)),
                _ => None,
            },
            "line": case.line.is_some().then(|| case.line.line()),
            "source": source_line::source(plan, case.line),
            "why": key(case.why),
            "because": reason(filter, answer, case),
        })
    };
    json!({
        "syscall": answer.query.name,
        "number": answer.query.number,
        "arch": arch.name(),
        "args": args,
        "depends_on_arguments": answer.cases.len() > 1,
        "verdict": match answer.cases.as_slice() {
            [only] => Some(names::key(only.action)),
            _ => None,
        },
        "cases": answer.cases.iter().map(case).collect::<Vec<_>>(),
        "cached": answer.cached,
        "unseen": answer.query.name.and_then(|name| unseen(arch, name)),
    })
}

fn name(answer: &QueryResult) -> String {
    answer
        .query
        .name
        .map_or_else(|| format!("call {}", answer.query.number), str::to_owned)
}

/// The arguments that were given.
fn given(arch: Arch, answer: &QueryResult) -> String {
    if answer.query.args.is_empty() {
        return String::new();
    }
    let names = Names::of(arch, answer.query.number);
    let all = answer.query.args.iter().map(|one| {
        format!(
            "{}={}",
            names.argument(one.position),
            names.value(one.position, one.value)
        )
    });
    format!("({})", all.collect::<Vec<_>>().join(", "))
}

fn condition(arch: Arch, answer: &QueryResult, case: &ConditionalVerdict) -> String {
    match when(arch, answer, case).as_slice() {
        [] => "otherwise".to_owned(),
        all => format!("if {}", all.join(" and ")),
    }
}

/// What has to hold for a case, each part in words.
fn when(arch: Arch, answer: &QueryResult, case: &ConditionalVerdict) -> Vec<String> {
    let names = Names::of(arch, answer.query.number);
    let held = case.when.iter().filter_map(|when| match when {
        When::Holds(condition) => Some(*condition),
        When::OneOf(_) => None,
    });
    let held: Vec<Condition> = held.collect();
    let words = |when: &When| match when {
        When::Holds(condition) => names.condition_beside(condition, &held),
        When::OneOf(guard) => names.listed(guard),
    };
    case.when.iter().map(words).collect()
}

/// The line that decides, and why.
fn because(
    plan: &Plan<'_>,
    filter: &Filter,
    answer: &QueryResult,
    case: &ConditionalVerdict,
) -> String {
    let reason = reason(filter, answer, case);
    match source_line::words(plan, case.line) {
        Some(line) => format!("{}: {reason}", visible(&line)),
        None => reason,
    }
}

fn reason(filter: &Filter, answer: &QueryResult, case: &ConditionalVerdict) -> String {
    let interface = filter.recorded.meaning().interface(filter.arch);
    let named = interface.and_then(|one| one.calls.get(&answer.query.number));
    match case.why {
        Reason::ForeignArchitecture => "the policy does not list this architecture".to_owned(),
        Reason::AboveTable => "newer than every call that the compiler knew".to_owned(),
        Reason::Hidden => {
            "a filter cannot see the arguments that the policy's rules on a similar call compare"
                .to_owned()
        }
        Reason::Rule => case
            .unwritten(interface, named)
            .unwrap_or_else(|| "a rule".to_owned()),
        Reason::NoAllowRuleHeld => "it has allow rules, and none holds".to_owned(),
        Reason::Denied => "`deny` names it".to_owned(),
        Reason::Allowed => "`allow` names it".to_owned(),
        Reason::Baseline => {
            let why = answer
                .query
                .name
                .and_then(baseline)
                .map_or("", |one| one.why);
            format!("the hardened baseline: {why}")
        }
        Reason::Guard => {
            let why = named
                .and_then(|call| call.guard.as_ref())
                .map_or("", |guard| guard.why);
            why.to_owned()
        }
        Reason::Default if interface.is_some_and(|one| one.default.deny) => {
            "no entry names it, and the default is to deny".to_owned()
        }
        Reason::Default => "no entry names it, and the default is to allow".to_owned(),
    }
}

/// The step that decided, for programs.
const fn key(why: Reason) -> &'static str {
    match why {
        Reason::ForeignArchitecture => "architecture",
        Reason::AboveTable => "above-table",
        Reason::Hidden => "hidden",
        Reason::Rule => "rule",
        Reason::NoAllowRuleHeld => "no-allow-rule",
        Reason::Denied => "deny",
        Reason::Allowed => "allow",
        Reason::Baseline => "baseline",
        Reason::Guard => "guard",
        Reason::Default => "default",
    }
}

/// Rows with their first two columns aligned.
fn table(rows: &[[String; 3]], indent: &str) -> String {
    let width = |of: fn(&[String; 3]) -> &String| {
        rows.iter()
            .map(|row| of(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (first, second) = (width(|[one, _, _]| one), width(|[_, two, _]| two));
    rows.iter().fold(String::new(), |mut out, [a, b, c]| {
        if writeln!(out, "{indent}{a:first$}  {b:second$}  {c}").is_err() {
            // Writing to a string cannot fail.
        }
        out
    })
}
