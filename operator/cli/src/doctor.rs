//! `purple doctor`: what this host can enforce for this user, for people and for programs.

use crate::output::{Failure, print, print_as_it_is};
use clap::Args;
use purple_core::doctor::{Check, Examination, Need, Report, State, examine};
use purple_host::FileError;
use purplec::diagnostics::render::{spelt_out, visible};
use purplec::target::User;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

/// What is printed, and where to.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print one JSON object (docs/doctor.md describes it)
    #[arg(long)]
    json: bool,
    /// Describe this host for `purplec check --target FILE`; `-` is standard output
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
}

/// The exit status where a required layer is missing.
const NOT_READY: u8 = 1;

/// Examines the host, and prints what was found.
pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let Examination { report, target } = examine()?;
    let to_stdout = arguments.target.as_deref() == Some(Path::new("-"));
    if let Some(path) = &arguments.target {
        let text = json(&target)?;
        if to_stdout {
            print(&text)?;
        } else {
            std::fs::write(path, text).map_err(FileError::at(path))?;
        }
    }
    if !to_stdout {
        let unset = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        if arguments.json {
            print(&json(&report)?)?;
        } else if unset && std::io::stdout().is_terminal() {
            print_as_it_is(&human(&report, true))?;
        } else {
            print(&human(&report, false))?;
        }
    }
    Ok(if report.ready { 0 } else { NOT_READY })
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    match serde_json::to_string_pretty(value) {
        Ok(text) => Ok(spelt_out(&text) + "\n"),
        Err(error) => Err(format!("the result cannot be printed: {error}").into()),
    }
}

/// A report for people: the worst first, one line for what works.
fn human(report: &Report, colour: bool) -> String {
    let mut checks: Vec<&Check> = report.checks.iter().collect();
    checks.sort_by_key(|check| (check.state(), !check.is_required()));
    let ids = checks.iter().map(|check| check.subject.id.len());
    let width = ids.max().unwrap_or(0);
    let mut out = String::new();
    for check in checks {
        let state = check.state();
        let word = paint(colour, colour_of(state), &format!("{:9}", word(state)));
        let line = format!(
            "{word} {:width$}  {}",
            check.subject.id,
            visible(&check.found())
        );
        out.extend([line.trim_end(), "\n"]);
        if let Some(fix) = check.fix() {
            let indent = " ".repeat(width.saturating_add(12));
            let needed = match check.need {
                Need::Always => String::new(),
                Need::OnlyWith(what) => format!(" (required by {what})"),
                Need::Never => " (optional)".to_owned(),
            };
            out.extend([&indent, "why: ", check.subject.why, &needed, "\n"]);
            out.extend([&indent, "fix: ", &visible(fix), "\n"]);
        }
    }
    let host = visible(&format!("Linux {}, {}", report.kernel, report.machine));
    out.extend([&paint(colour, "1", &verdict(report)), " (", &host, ")\n"]);
    out
}

/// The last line: whether sandboxes can run here, or the layers that are missing.
fn verdict(report: &Report) -> String {
    let obstacles = report.checks.iter().filter(|check| check.is_obstacle());
    let layers: BTreeSet<&str> = obstacles.map(|check| check.subject.layer).collect();
    let user = match report.user {
        User::Root => "root",
        User::Ordinary => "this user",
    };
    let lacking = report
        .checks
        .iter()
        .filter(|check| check.state() != State::Ok);
    let refused: BTreeSet<&str> = lacking
        .filter_map(|check| match check.need {
            Need::OnlyWith(what) => Some(what),
            Need::Always | Need::Never => None,
        })
        .collect();
    if layers.is_empty() && !refused.is_empty() {
        let refused: Vec<_> = refused.into_iter().collect();
        let refused = refused.join(", ");
        format!("{user} can run sandboxes here, but not those with {refused}")
    } else if layers.is_empty() {
        format!("{user} can run sandboxes here with every layer")
    } else {
        let layers: Vec<_> = layers.into_iter().collect();
        format!("what is missing for {user}: {}", layers.join(", "))
    }
}

const fn word(state: State) -> &'static str {
    match state {
        State::Missing => "missing",
        State::Untried => "not tried",
        State::Degraded => "degraded",
        State::Ok => "ok",
    }
}

/// The colour that terminals know it by: red, grey, yellow, green (ECMA-48).
const fn colour_of(state: State) -> &'static str {
    match state {
        State::Missing => "31",
        State::Untried => "90",
        State::Degraded => "33",
        State::Ok => "32",
    }
}

fn paint(colour: bool, code: &str, text: &str) -> String {
    if colour {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::human;
    use purple_core::doctor::{Check, CheckResult, Need, Report, Subject};
    use purplec::target::User;

    fn shown(need: Need, result: CheckResult) -> String {
        let subject = Subject {
            id: "a",
            layer: "audit",
            why: "none is recorded",
        };
        let checks = vec![Check {
            subject,
            need,
            result,
        }];
        let report = Report {
            purple_doctor: 1,
            ready: true,
            user: User::Root,
            kernel: "7.0".to_owned(),
            machine: "x".to_owned(),
            checks,
        };
        human(&report, false)
    }

    #[test]
    fn what_is_missing_says_who_needs_it() {
        let missing = |need| {
            let (found, fix) = ("EBUSY".to_owned(), "a kernel".to_owned());
            shown(need, CheckResult::Missing { found, fix })
        };
        let some = missing(Need::OnlyWith("`on_deny: notify`"));
        assert!(some.contains("degraded  a  EBUSY\n"), "{some}");
        assert!(some.contains("why: none is recorded (required by `on_deny: notify`)\n"));
        let last =
            "root can run sandboxes here, but not those with `on_deny: notify` (Linux 7.0, x)\n";
        assert!(some.ends_with(last), "{some}");
        assert!(missing(Need::Never).contains("none is recorded (optional)\n"));
        let all = missing(Need::Always);
        assert!(all.contains("missing   a  EBUSY\n"), "{all}");
        assert!(all.contains("none is recorded\n"));
        assert!(all.ends_with("what is missing for root: audit (Linux 7.0, x)\n"));
    }

    #[test]
    fn what_was_not_tried_says_what_it_needs() {
        let needs = "unshare".to_owned();
        let text = shown(Need::Always, CheckResult::Untried { needs });
        assert!(text.contains("not tried a  it needs unshare\n"), "{text}");
        assert!(!text.contains("fix: "), "{text}");
    }
}
