//! `purple audit`: what the log says, and whether it is whole.

use clap::{Args, ValueEnum};
use purple_core::audit::log::{self, Head, bound_to};
use purple_core::audit::read::{self, Entry, Owned};
use purple_core::audit::record::timestamp;
use purple_core::{Problem, say};
use purple_report::{Argument, AuditRecord, SecurityEvent};
use purplec::diagnostics::render::visible;
use serde_json::{Value, json};
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
    let mut status = 0;
    let mut records = Vec::new();
    for (place, line) in files.lines() {
        match read::record(line) {
            Ok(entry) if wanted.is_none_or(|id| entry.record.sandbox_id == id) => {
                records.push((line, entry));
            }
            Ok(_) => {}
            Err(error) => {
                say(&format!("{place}: this is no record: {error}"));
                status = FOUND;
            }
        }
    }
    if let Some(id) = wanted.filter(|_| records.is_empty()) {
        return Err(Problem::new(format!(
            "{}: no run is called {id}",
            path.display()
        )));
    }
    let text = match (arguments.format, wanted) {
        (Format::Json, _) => records.iter().flat_map(|(line, _)| [*line, "\n"]).collect(),
        (Format::Table, None) => table(records.iter().map(|(_, entry)| &entry.record)),
        (Format::Table, Some(_)) => records.iter().map(|(_, entry)| in_full(entry)).collect(),
    };
    print(&text)?;
    Ok(status)
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
    /// Every line, and where it stands: `FILE:NUMBER`.
    fn lines(&self) -> impl Iterator<Item = (String, &str)> {
        self.records.iter().flat_map(|(path, text)| {
            let place = move |(at, line)| (format!("{}:{}", path.display(), at + 1), line);
            text.lines().enumerate().map(place)
        })
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
    for (place, line) in files.lines() {
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

/// A value as a word that a terminal can show.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text),
        Value::Array(list) => list.iter().map(word).collect::<Vec<_>>().join(" "),
        Value::Null => "-".to_owned(),
        other => visible(&other.to_string()),
    }
}

fn table<'r>(records: impl Iterator<Item = &'r AuditRecord<Owned>>) -> String {
    let head = [
        "TIME", "SESSION", "POLICY", "STATUS", "OUTCOME", "EXIT", "DENIED", "COMMAND",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    for record in records {
        let counts = record.security_events.iter().filter_map(|one| one.count);
        let command: Vec<String> = record.command.iter().map(|one| visible(one)).collect();
        rows.push([
            timestamp(record.timestamp),
            visible(&record.sandbox_id),
            visible(&record.policy_name),
            record.status.name().to_owned(),
            record.outcome.name().to_owned(),
            record.exit_code.to_string(),
            counts.fold(0, u64::saturating_add).to_string(),
            command.join(" "),
        ]);
    }
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

/// One record, a line for each thing that it says.
fn in_full(entry: &Entry) -> String {
    let keys = entry.members.as_object().into_iter().flatten();
    let keys = keys.filter(|(key, _)| *key != "security_events");
    let lines = keys.map(|(key, value)| format!("{key:16} {}\n", word(value)));
    let events = entry.record.security_events.iter().map(event);
    lines.chain(events).collect()
}

fn event(event: &SecurityEvent<Owned>) -> String {
    let line = match (event.policy_line, &event.policy_source) {
        (None, _) => String::new(),
        (Some(line), None) => format!(" (policy line {line})"),
        (Some(line), Some(source)) => format!(" (line {line} of {})", visible(source)),
    };
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
        Value::Object(all.collect()).to_string()
    });
    let details = [
        ("arguments", arguments),
        ("unreliable_path", event.unreliable_path.clone()),
        ("errno", event.errno.clone()),
        ("process", event.process.clone()),
        ("pid", event.pid.map(|pid| pid.to_string())),
        ("first_at", event.first_at.map(timestamp)),
    ];
    let details = details
        .into_iter()
        .filter_map(|(key, value)| Some(format!(" {key}={}", visible(&value?))));
    let details: String = details.collect();
    format!(
        "denied           {count}x {}{line}{details}\n",
        visible(what)
    )
}
