//! `purple audit`: what the log says, and whether it is whole.

use crate::output::{Failure, say};
use clap::{Args, ValueEnum};
use purple_core::audit::files::LogFiles;
use purple_core::audit::log;
use purple_core::audit::verify::{self, Verification};
use purplec::diagnostics::render::visible;
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What to show.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// How records are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The log; by default the one that policies write which name none
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Selection {
    /// Every record, the oldest first
    #[arg(long)]
    all: bool,
    /// The record of one run, with everything that was denied
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Whether each record is bound to the one before, and none is missing at the end
    #[arg(long)]
    verify: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// The records as they are written
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
        return Err(format!("{}: there is no record", path.display()).into());
    }
    for name in files.compressed() {
        say(&format!("{} is compressed and not read", name.display()));
    }
    let wanted = arguments.selection.session.as_deref();
    let lines: Vec<&str> = files
        .lines()
        .map(|(_, line)| line)
        .filter(|line| wanted.is_none_or(|id| get(&value(line), "sandbox_id") == id))
        .collect();
    if lines.is_empty() {
        let id = wanted.unwrap_or_default();
        return Err(format!("{}: no run is called {id}", path.display()).into());
    }
    let text = match (arguments.format, wanted) {
        (Format::Json, _) => lines.join("\n") + "\n",
        (Format::Table, None) => table(&lines),
        (Format::Table, Some(_)) => lines.iter().map(|line| in_full(&value(line))).collect(),
    };
    print(&text)
}

/// Prints records; a reader who has seen enough is no failure.
fn print(text: &str) -> Result<u8, Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("standard output: {error}").into())
        }
        _ => Ok(0),
    }
}

/// Says what is wrong with the log, or that it is whole.
fn verify(path: &Path, files: &LogFiles) -> Result<u8, Failure> {
    let Verification {
        findings,
        records,
        first,
        last,
    } = verify::verify(path, files)?;
    for name in files.compressed() {
        let name = name.display();
        say(&format!("{name} is compressed and not looked at"));
    }
    for finding in &findings {
        say(&finding.to_string());
    }
    if !findings.is_empty() {
        return Ok(NOT_WHOLE);
    }
    let before_first = match first {
        Some(first) if first > 1 => format!(", those before {first} are not here"),
        _ => String::new(),
    };
    print(&format!(
        "{}: {records} records, each bound to the one before{before_first}\nlast: {} {}\n",
        path.display(),
        last.sequence,
        last.hash
    ))
}

fn value(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_default()
}

/// A value as a word that a terminal can show.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text),
        Value::Array(list) => list.iter().map(word).collect::<Vec<_>>().join(" "),
        Value::Null => "-".to_owned(),
        other => visible(&other.to_string()),
    }
}

/// What an object has under a key; null where it has nothing.
fn get<'v>(object: &'v Value, key: &str) -> &'v Value {
    object.get(key).unwrap_or(&Value::Null)
}

fn events(record: &Value) -> impl Iterator<Item = &Value> {
    get(record, "security_events")
        .as_array()
        .into_iter()
        .flatten()
}

fn table(lines: &[&str]) -> String {
    let head = [
        "TIME", "SESSION", "POLICY", "STATUS", "EXIT", "DENIED", "COMMAND",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    for record in lines.iter().map(|line| value(line)) {
        let counts = events(&record).filter_map(|one| get(one, "count").as_u64());
        let denied = counts.fold(0, u64::saturating_add).to_string();
        let shown = |key| word(get(&record, key));
        rows.push([
            shown("timestamp"),
            shown("sandbox_id"),
            shown("policy_name"),
            shown("status"),
            shown("exit_code"),
            denied,
            shown("command"),
        ]);
    }
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; 7]| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}  "));
        cells.collect::<String>() + row.last().map_or("", String::as_str) + "\n"
    };
    rows.iter().map(line).collect()
}

/// One record, a line for each thing that it says.
fn in_full(record: &Value) -> String {
    let keys = record.as_object().into_iter().flatten();
    let keys = keys.filter(|(key, _)| *key != "security_events");
    let lines = keys.map(|(key, value)| format!("{key:16} {}\n", word(value)));
    lines.chain(events(record).map(event)).collect()
}

fn event(event: &Value) -> String {
    let line = match (get(event, "policy_line"), get(event, "policy_source")) {
        (Value::Null, _) => String::new(),
        (line, Value::Null) => format!(" (policy line {line})"),
        (line, source) => format!(" (line {line} of {})", word(source)),
    };
    let kind = if get(event, "syscall").is_null() {
        "type"
    } else {
        "syscall"
    };
    let (count, what) = (word(get(event, "count")), word(get(event, kind)));
    let details = [
        "arguments",
        "unreliable_path",
        "errno",
        "process",
        "pid",
        "first_at",
    ];
    let details = details.map(|key| (key, get(event, key)));
    let details = details.iter().filter(|(_, value)| !value.is_null());
    let details = details.map(|(key, value)| format!("{key}={}", word(value)));
    let details = details.collect::<Vec<_>>().join(" ");
    format!("denied           {count}x {what}{line} {details}\n")
}
