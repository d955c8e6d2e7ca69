//! `purple audit`: what the log says, and whether it is whole.

use crate::output::{Failure, print, say};
use clap::{Args, ValueEnum};
use purple_core::audit::connections;
use purple_core::audit::files::LogFiles;
use purple_core::audit::log;
use purple_core::audit::read::{self, LogLine, OwnedValues};
use purple_core::audit::record::timestamp;
use purple_core::audit::verify::{self, Verification};
use purple_core::policy_line;
use purple_host::path::shown;
use purple_report::{Argument, SecurityEvent};
use purplec::diagnostics::render::{spelt_out, visible};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What to show.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Format of the records
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The log; the default is the log of policies that name none
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Selection {
    /// Show all records, the oldest first
    #[arg(long)]
    all: bool,
    /// Show the record of one run, with all denied calls
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Verify that the chain of records is intact, and that none is missing at the end
    #[arg(long)]
    verify: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// The records as written, one on each line; hidden characters are escaped
    Json,
}

/// The exit status where the log is not whole, or has no such record.
const NOT_WHOLE: u8 = 1;

/// Carries out `purple audit`.
pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let path = match &arguments.log {
        Some(path) => path.clone(),
        None => log::default_path()?,
    };
    let files = LogFiles::read(&path)?;
    if arguments.selection.verify {
        return verify(&path, &files);
    }
    if files.is_empty() {
        return Err(format!("{}: there is no record", shown(&path)).into());
    }
    for name in files.compressed() {
        say(&format!("{} is compressed and not read", shown(name)));
    }
    let wanted = arguments.selection.session.as_deref();
    let mut status = 0;
    let mut records: Vec<(&str, LogLine)> = Vec::new();
    for (place, line) in files.numbered() {
        match read::line(line) {
            Ok(entry) if wanted.is_none_or(|id| id_of(&entry) == id) => records.push((line, entry)),
            Ok(_) => {}
            Err(error) => {
                say(&format!("{place}: this is not a record: {error}"));
                status = NOT_WHOLE;
            }
        }
    }
    leave_out_starts_of_ended_runs(&mut records);
    if let Some(id) = wanted.filter(|_| records.is_empty()) {
        return Err(format!("{}: no run is called {}", shown(&path), visible(id)).into());
    }
    let text = match (arguments.format, wanted) {
        (Format::Json, _) => {
            let lines = records.iter().map(|(line, _)| spelt_out(line) + "\n");
            lines.collect()
        }
        (Format::Table, None) => table(records.iter().map(|(_, entry)| entry)),
        (Format::Table, Some(_)) => records.iter().map(|(_, entry)| in_full(entry)).collect(),
    };
    print(&text)?;
    Ok(status)
}

/// A run is shown once: by its end, where one follows its start.
fn leave_out_starts_of_ended_runs(records: &mut Vec<(&str, LogLine)>) {
    let mut ended = BTreeSet::new();
    let mut is_shown: Vec<bool> = records
        .iter()
        .rev()
        .map(|(_, entry)| match entry {
            LogLine::Start(_) => !ended.contains(id_of(entry)),
            LogLine::End(_) => {
                ended.insert(id_of(entry));
                true
            }
        })
        .collect();
    records.retain(|_| is_shown.pop().unwrap_or(true));
}

/// The id of the run that a line is about.
fn id_of(line: &LogLine) -> &str {
    match line {
        LogLine::Start(entry) => &entry.record.sandbox_id,
        LogLine::End(entry) => &entry.record.sandbox_id,
    }
}

/// Says what is wrong with the log, or that it is whole.
fn verify(path: &Path, files: &LogFiles) -> Result<u8, Failure> {
    let Verification {
        findings,
        records,
        first,
        last,
        unended,
    } = verify::verify(path, files)?;
    for name in files.compressed() {
        let name = shown(name);
        say(&format!("{name} is compressed and not read"));
    }
    for finding in &findings {
        say(&finding.to_string());
    }
    if !findings.is_empty() {
        return Ok(NOT_WHOLE);
    }
    let before_first = match first {
        Some(first) if first > 1 => format!(", those before {first} are in no file"),
        _ => String::new(),
    };
    let unended = match unended.as_slice() {
        [] => String::new(),
        ids => format!(
            "started, no end recorded (they still run, or it was lost): {}\n",
            ids.iter()
                .map(|id| visible(id))
                .collect::<Vec<_>>()
                .join(" ")
        ),
    };
    print(&format!(
        "{}: {records} records, each bound to the one before{before_first}\n{unended}last: {} {}\n",
        shown(path),
        last.sequence,
        last.hash()
    ))?;
    Ok(0)
}

/// A text as one word that a terminal can show: as it is where it can be mistaken for nothing else, or
/// else as a JSON string.
fn quoted(text: &str) -> String {
    let is_special = |c: char| c.is_whitespace() || "\"\\=".contains(c);
    if !text.is_empty() && !text.contains(is_special) && visible(text) == text {
        return text.to_owned();
    }
    visible(&json!(text).to_string())
}

/// A value as a word that a terminal can show.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(list) => list.iter().map(word).collect::<Vec<_>>().join(" "),
        Value::Null => "-".to_owned(),
        other => visible(&other.to_string()),
    }
}

fn table<'r>(lines: impl Iterator<Item = &'r LogLine>) -> String {
    let head = [
        "TIME", "SESSION", "POLICY", "STATUS", "OUTCOME", "EXIT", "DENIED", "COMMAND",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(lines.map(row));
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; 8]| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}  "));
        cells.collect::<String>() + row.last().map_or("", String::as_str) + "\n"
    };
    rows.iter().map(line).collect()
}

/// A run as a row of the table.
fn row(line: &LogLine) -> [String; 8] {
    let words = |all: &[String]| {
        let all: Vec<String> = all.iter().map(|one| quoted(one)).collect();
        all.join(" ")
    };
    match line {
        LogLine::Start(entry) => [
            timestamp(entry.record.timestamp),
            visible(&entry.record.sandbox_id),
            visible(&entry.record.policy_name),
            "started".to_owned(),
            "no end".to_owned(),
            "-".to_owned(),
            "-".to_owned(),
            words(&entry.record.command),
        ],
        LogLine::End(entry) => {
            let record = &entry.record;
            let calls = record.security_events.iter().filter_map(|one| one.count);
            let refused = record.connections.as_ref().map(connections::refused);
            [
                timestamp(record.timestamp),
                visible(&record.sandbox_id),
                visible(&record.policy_name),
                record.status.name().to_owned(),
                record.outcome.name().to_owned(),
                record.exit_code.to_string(),
                calls
                    .chain(refused)
                    .fold(0, u64::saturating_add)
                    .to_string(),
                words(&record.command),
            ]
        }
    }
}

/// One record, a line for each thing that it says.
fn in_full(entry: &LogLine) -> String {
    let (members, events, connections) = match entry {
        LogLine::Start(entry) => (&entry.members, &[][..], None),
        LogLine::End(entry) => {
            let record = &entry.record;
            let events = record.security_events.as_slice();
            (&entry.members, events, record.connections.as_ref())
        }
    };
    let keys = members.as_object().into_iter().flatten();
    // What a filtered network did comes behind them; other networks have `null` there.
    let keys = keys.filter(|(key, value)| {
        *key != "security_events" && (*key != "connections" || value.is_null())
    });
    let lines = keys.map(|(key, value)| format!("{key:16} {}\n", word(value)));
    let connections = connections.map(connections::in_full).unwrap_or_default();
    let connections = connections
        .into_iter()
        .map(|line| format!("{:16} {line}\n", "network"));
    lines
        .chain(events.iter().map(event))
        .chain(connections)
        .collect()
}

fn event(event: &SecurityEvent<OwnedValues>) -> String {
    let line = event.policy_line.map_or_else(String::new, |line| {
        format!(
            " ({})",
            policy_line::words(line, event.policy_source.as_deref())
        )
    });
    let count = event
        .count
        .map_or("-".to_owned(), |count| count.to_string());
    let what = event.syscall.as_deref().unwrap_or(event.kind.name());
    let arguments = event.arguments.as_ref().map(|all| {
        let value = |value: &Argument<String>| match value {
            Argument::Number(number) => json!(number),
            Argument::Text(text) => json!(text),
        };
        let all = all.iter().map(|(name, one)| (name.clone(), value(one)));
        visible(&Value::Object(all.collect()).to_string())
    });
    let details = [
        ("arguments", arguments),
        (
            "unreliable_path",
            event.unreliable_path.as_deref().map(quoted),
        ),
        ("errno", event.errno.as_deref().map(quoted)),
        ("process", event.process.as_deref().map(quoted)),
        ("pid", event.pid.map(|pid| pid.to_string())),
        ("first_at", event.first_at.map(timestamp)),
    ];
    let details = details
        .into_iter()
        .filter_map(|(key, value)| Some(format!(" {key}={}", value?)));
    let details: String = details.collect();
    format!(
        "denied           {count}x {}{line}{details}\n",
        visible(what)
    )
}
