//! `purple audit`: what the log says, and whether it is whole.

use clap::{Args, ValueEnum};
use purple_core::audit::log::{self, Head, bound_to};
use purple_core::{Problem, say};
use purplec::diagnostics::render::visible;
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What to show.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: What,
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
struct What {
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
const FOUND: u8 = 1;

/// Carries out `purple audit`.
pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let path = match &arguments.log {
        Some(path) => path.clone(),
        None => log::default_path()?,
    };
    let files = files(&path)?;
    if files.records.is_empty() && !arguments.what.verify {
        return Err(Problem::new(format!(
            "{}: there is no record",
            path.display()
        )));
    }
    if arguments.what.verify {
        return verify(&path, &files);
    }
    for name in &files.unread {
        say(&format!("{} is compressed and not read", name.display()));
    }
    let wanted = arguments.what.session.as_deref();
    let lines: Vec<&str> = files.lines().map(|(_, line)| line).collect();
    let lines: Vec<&str> = lines
        .into_iter()
        .filter(|line| wanted.is_none_or(|id| get(&value(line), "sandbox_id") == id))
        .collect();
    if lines.is_empty() {
        let id = wanted.unwrap_or_default();
        return Err(Problem::new(format!(
            "{}: no run is called {id}",
            path.display()
        )));
    }
    let text = match (arguments.format, wanted) {
        (Format::Json, _) => lines.join("\n") + "\n",
        (Format::Table, None) => table(&lines),
        (Format::Table, Some(_)) => lines.iter().map(|line| in_full(&value(line))).collect(),
    };
    print(&text)
}

fn print(text: &str) -> Result<u8, Problem> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Problem::new(format!("standard output: {error}")))
        }
        _ => Ok(0),
    }
}

/// A log and those that were moved away from its place, the oldest first.
struct Files {
    records: Vec<(PathBuf, String)>,
    /// Those that are compressed.
    unread: Vec<PathBuf>,
}

impl Files {
    fn lines(&self) -> impl Iterator<Item = (&Path, &str)> {
        let all = self.records.iter();
        all.flat_map(|(path, text)| text.lines().map(move |line| (path.as_path(), line)))
    }
}

/// `audit.log` and what a rotation makes of it: `audit.log.1`, `audit.log-20261122`. Their first
/// records say which is older.
fn files(log: &Path) -> Result<Files, Problem> {
    let name = log
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let directory = log.parent().filter(|at| !at.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let mut records = Vec::new();
    let mut unread = Vec::new();
    let listed = match std::fs::read_dir(directory) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Files { records, unread });
        }
        Err(error) => return Err(Problem::new(format!("{}: {error}", directory.display()))),
    };
    let mut found: Vec<PathBuf> = listed
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    found.sort_unstable();
    for path in found {
        let other = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some(rest) = other.strip_prefix(&name) else {
            continue;
        };
        let ours = rest.is_empty() || (rest.starts_with(['.', '-']) && rest != ".head");
        if !ours {
            continue;
        }
        if [".gz", ".xz", ".zst", ".bz2"]
            .iter()
            .any(|end| rest.ends_with(end))
        {
            unread.push(path);
        } else if let Some(text) = log::read(&path)?.filter(|text| !text.is_empty()) {
            records.push((path, text));
        }
    }
    let first = |text: &str| {
        text.lines()
            .next()
            .and_then(Head::of)
            .map(|head| head.sequence)
    };
    records.sort_by_key(|(path, text)| (first(text).unwrap_or(0), path.clone()));
    Ok(Files { records, unread })
}

/// Looks whether every record follows the one before, up to the head.
fn verify(path: &Path, files: &Files) -> Result<u8, Problem> {
    let mut findings = Vec::new();
    let mut before: Option<Head> = None;
    let mut first = None;
    let mut count = 0_u64;
    let mut at = (Path::new(""), 0_u64);
    for (file, line) in files.lines() {
        at = if at.0 == file {
            (file, at.1 + 1)
        } else {
            (file, 1)
        };
        let place = format!("{}:{}", file.display(), at.1);
        let Some(head) = Head::of(line) else {
            findings.push(format!("{place}: this is no record"));
            continue;
        };
        count += 1;
        first = first.or(Some(head.sequence));
        let known = before
            .take()
            .or_else(|| (head.sequence == 1).then(Head::start));
        if let Some(known) = known.filter(|known| !bound_to(line, known)) {
            findings.push(if head.sequence == known.sequence.saturating_add(1) {
                format!(
                    "{place}: record {} was changed, or this one",
                    known.sequence
                )
            } else {
                format!(
                    "{place}: record {} stands behind record {}: some are missing, or moved",
                    head.sequence, known.sequence
                )
            });
        }
        before = Some(head);
    }
    for name in &files.unread {
        say(&format!(
            "{} is compressed and not looked at",
            name.display()
        ));
    }
    let last = before.unwrap_or_else(Head::start);
    match log::read_head(path)? {
        Some(head) if head == last => {}
        Some(head) if head.sequence == last.sequence => {
            findings.push(format!(
                "record {} is not the one that was written",
                head.sequence
            ));
        }
        Some(head) => findings.push(format!(
            "the last record is {}, and {} were written",
            last.sequence, head.sequence
        )),
        None if count == 0 => {}
        None => findings.push(format!("{} is gone", log::head_of(path).display())),
    }
    for finding in &findings {
        say(finding);
    }
    if !findings.is_empty() {
        return Ok(FOUND);
    }
    let older = match first {
        Some(first) if first > 1 => format!(", those before {first} are not here"),
        _ => String::new(),
    };
    print(&format!(
        "{}: {count} records, each bound to the one before{older}\nlast: {} {}\n",
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
