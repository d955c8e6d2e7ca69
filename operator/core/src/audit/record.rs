//! From a report to a record, and to what people see: numbers become names.

use super::log::Head;
use crate::REFUSED;
use purple_plan::{Plan, SourceLine};
use purplec::syscalls::constants::symbolic;
use purplec::syscalls::{Arch, Kind, X32_BIT, signature, syscall_name};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The most lines about denied calls that people see at the end.
const LINES: usize = 5;

/// What is known of a run once it has ended.
#[derive(Debug)]
pub struct Run<'a> {
    /// What confined it.
    pub plan: &'a Plan<'a>,
    /// Names the run in the log.
    pub id: &'a str,
    /// When it was started, in words of RFC 3339.
    pub started: &'a str,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// What purple-exec has written; null where it was killed, or has refused the run, before.
    pub report: Value,
    /// The exit status of purple-exec.
    pub status: u8,
}

impl Run<'_> {
    /// The record, as one line.
    pub fn record(&self, before: &Head) -> String {
        let report = &self.report;
        let seconds = |key| number(report, key).as_f64().unwrap_or_default();
        // purple-exec ends by itself without a word where it refuses before it looks at its report.
        let silent = if self.status == REFUSED {
            "refused"
        } else {
            "killed"
        };
        let status = report
            .get("status")
            .cloned()
            .unwrap_or_else(|| json!(silent));
        json!({
            "timestamp": self.started,
            "event_type": "sandbox_run",
            "sandbox_id": self.id,
            "policy_name": self.plan.meta.policy_name.to_string_lossy(),
            "command": self.command,
            "status": status,
            "exit_code": self.status,
            "resource_usage": {
                "cpu_time_seconds": seconds("cpu_user_seconds") + seconds("cpu_system_seconds"),
                "peak_memory_bytes": number(report, "peak_memory_bytes"),
                "disk_io_bytes": number(report, "disk_io_bytes"),
            },
            "security_events": self.events(),
            "plan": format!("sha256:{}", purplec::seal::hex(&self.plan.digest)),
            "receipt": report.get("receipt").cloned().unwrap_or(Value::Null),
            "unenforced": report.get("unenforced").cloned().unwrap_or(Value::Null),
            "sequence": before.sequence.saturating_add(1),
            "previous": before.hash,
        })
        .to_string()
    }

    fn denied(&self) -> impl Iterator<Item = Denied<'_>> {
        let list = self.report.get("denied").and_then(Value::as_array);
        list.into_iter().flatten().map(Denied)
    }

    /// How many denied calls found no room in the list.
    fn beyond(&self) -> u64 {
        number(&self.report, "denied_beyond").as_u64().unwrap_or(0)
    }

    fn events(&self) -> Vec<Value> {
        let mut events: Vec<Value> = self.denied().map(|one| one.event(self.plan)).collect();
        if self.beyond() > 0 {
            events.push(
                json!({"type": "denials_not_listed", "syscall": null, "pid": null,
                "count": self.beyond()}),
            );
        }
        if self.report.get("denied_whole").and_then(Value::as_bool) == Some(false) {
            events.push(json!({"type": "recorder_ended", "syscall": null, "pid": null}));
        }
        events
    }

    /// What people are told at the end: what was denied most, by call and line of the policy.
    pub fn lines(&self) -> Vec<String> {
        let mut groups: BTreeMap<(String, SourceLine), u64> = BTreeMap::new();
        for one in self.denied() {
            let count = groups.entry((one.name(), one.line())).or_default();
            *count = count.saturating_add(one.number("count"));
        }
        let mut groups: Vec<((String, SourceLine), u64)> = groups.into_iter().collect();
        groups.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let all = groups.len() <= LINES && self.beyond() == 0;
        let shown = if all { LINES } else { LINES - 1 };
        let rest = groups.split_off(groups.len().min(shown));
        let mut lines: Vec<String> = groups
            .into_iter()
            .map(|((name, line), count)| match self.place(line) {
                Some(place) => format!("denied {count}x {name}, {place}"),
                None => format!("denied {count}x {name}"),
            })
            .collect();
        if !all {
            let rest = rest
                .iter()
                .fold(self.beyond(), |sum, (_, count)| sum.saturating_add(*count));
            lines.push(format!("denied {rest}x other calls"));
        }
        lines
    }

    fn place(&self, line: SourceLine) -> Option<String> {
        line.is_some().then(|| match source(self.plan, line) {
            Some(name) => format!("line {} of {name}", line.line()),
            None => line.to_string(),
        })
    }
}

/// The name of the policy that a place is in, where it is not the plan's own.
fn source(plan: &Plan<'_>, line: SourceLine) -> Option<String> {
    let at = usize::from(line.source()).checked_sub(1)?;
    Some(
        plan.sources
            .iter()
            .nth(at)?
            .name
            .to_string_lossy()
            .into_owned(),
    )
}

fn number(object: &Value, key: &str) -> Value {
    object
        .get(key)
        .filter(|value| value.is_number())
        .cloned()
        .unwrap_or_else(|| json!(0))
}

/// A row of the report's list.
struct Denied<'a>(&'a Value);

impl Denied<'_> {
    fn number(&self, key: &str) -> u64 {
        number(self.0, key).as_u64().unwrap_or(0)
    }

    fn arch(&self) -> Option<Arch> {
        let x32 = self.number("syscall") >= u64::from(X32_BIT);
        let of = |arch: &Arch| {
            u64::from(arch.audit()) == self.number("arch")
                && (*arch == Arch::X32) == (x32 && Arch::X86_64.audit() == arch.audit())
        };
        Arch::ALL.into_iter().find(of)
    }

    fn known(&self) -> Option<(Arch, &'static str)> {
        let number = u32::try_from(self.number("syscall")).ok()?;
        let arch = self.arch()?;
        Some((arch, syscall_name(arch, number)?))
    }

    fn name(&self) -> String {
        match self.known() {
            Some((_, name)) => name.to_owned(),
            None => format!("call {}", self.number("syscall")),
        }
    }

    fn line(&self) -> SourceLine {
        let source = u8::try_from(self.number("source")).unwrap_or(0);
        SourceLine::new(source, u32::try_from(self.number("line")).unwrap_or(0))
    }

    /// The arguments by name, in constants where they have some.
    fn arguments(&self) -> Value {
        let words = self.0.get("args").and_then(Value::as_array);
        let values = words.into_iter().flatten().map(|word| {
            let digits = word.as_str().and_then(|word| word.strip_prefix("0x"));
            digits
                .and_then(|digits| u64::from_str_radix(digits, 16).ok())
                .unwrap_or(0)
        });
        let Some((arch, name)) = self.known() else {
            let all = values
                .enumerate()
                .map(|(at, value)| (format!("arg{at}"), hex(value)));
            return Value::Object(all.collect());
        };
        let arguments = signature(arch, name).unwrap_or_default();
        let named = arguments.iter().zip(values).map(|(argument, value)| {
            let value = value & argument.mask();
            let shown = match argument.kind {
                Kind::Pointer => hex(value),
                _ => match symbolic(arch, name, argument.name, value) {
                    Some(names) => json!(names),
                    None if value < 1 << 16 => json!(value),
                    None => hex(value),
                },
            };
            (argument.name.to_owned(), shown)
        });
        Value::Object(named.collect::<Map<_, _>>())
    }

    fn event(&self, plan: &Plan<'_>) -> Value {
        let get = |key| self.0.get(key).cloned().unwrap_or(Value::Null);
        let line = self.line();
        json!({
            "type": "syscall_denied",
            "syscall": self.name(),
            "pid": self.number("pid"),
            "process": get("comm"),
            "arguments": self.arguments(),
            "unreliable_path": get("unreliable_path"),
            "errno": get("errno"),
            "count": self.number("count"),
            "first_at": get("first_at"),
            "policy_line": line.is_some().then(|| line.line()),
            "policy_source": source(plan, line),
        })
    }
}

fn hex(value: u64) -> Value {
    json!(format!("{value:#x}"))
}
