//! Reading reports and records: JSON that is exactly what `purple_report` declares.

use super::{earlier_format, json};
use purple_report::counted::{
    Beyond, Denied, LineKind, NoService, Others, RefusedName, Resolver, Rule, ServerName,
    WithheldName,
};
use purple_report::{
    Argument, ArgumentsOf, AuditRecord, Field, Kind, ListOf, Members, Outcome, Report, Source,
    StartRecord, StartType, Status, Storage, Visible,
};
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;

/// Texts and lists are the value's own.
#[derive(Debug)]
pub enum OwnedValues {}

impl Storage for OwnedValues {
    type Text = String;
    type List<K: Kind> = Vec<K::Value<Self>>;
    type Arguments = Vec<(String, Argument<String>)>;
}

/// What is not as it is declared.
#[derive(Debug, PartialEq, Eq)]
pub struct NotDeclared(String);

impl fmt::Display for NotDeclared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Visible(self.0.as_bytes()).fmt(f)
    }
}

impl std::error::Error for NotDeclared {}

/// Reads a report.
pub fn report(text: &str) -> Result<Report<OwnedValues>, NotDeclared> {
    let report = Report::read(&JsonAt::top(&value(text)?))?;
    follows(report.status, report.outcome, report.exit_code)?;
    Ok(report)
}

/// A line of what purple-net has counted.
pub(super) enum Counted {
    Rule(Rule<OwnedValues>),
    Denied(Denied<OwnedValues>),
    RefusedName(RefusedName<OwnedValues>),
    WithheldName(WithheldName<OwnedValues>),
    ServerName(ServerName<OwnedValues>),
    NoService(NoService<OwnedValues>),
    Resolver(Resolver<OwnedValues>),
    Beyond(Beyond<OwnedValues>),
    Others(Others<OwnedValues>),
}

/// Reads a line of what purple-net has counted.
pub(super) fn counted(text: &str) -> Result<Counted, NotDeclared> {
    let members = value(text)?;
    let source = JsonAt::top(&members);
    let kind = members.get("kind").and_then(Value::as_str);
    let kind = kind.and_then(|kind| LineKind::named(kind.as_bytes()));
    Ok(
        match kind.ok_or_else(|| source.wrong("a line of purple-net's"))? {
            LineKind::Rule => Counted::Rule(Rule::read(&source)?),
            LineKind::Denied => Counted::Denied(Denied::read(&source)?),
            LineKind::RefusedName => Counted::RefusedName(RefusedName::read(&source)?),
            LineKind::WithheldName => Counted::WithheldName(WithheldName::read(&source)?),
            LineKind::ServerName => Counted::ServerName(ServerName::read(&source)?),
            LineKind::NoService => Counted::NoService(NoService::read(&source)?),
            LineKind::Resolver => Counted::Resolver(Resolver::read(&source)?),
            LineKind::Beyond => Counted::Beyond(Beyond::read(&source)?),
            LineKind::Others => Counted::Others(Others::read(&source)?),
        },
    )
}

/// A record, and its members for showing them all.
pub struct LogEntry {
    /// What it says.
    pub record: AuditRecord<OwnedValues>,
    /// The same as JSON, in today's words.
    pub members: Value,
}

/// What a line of the log is about.
pub enum LogLine {
    /// A run that was being started.
    Start(Box<StartEntry>),
    /// A run that has ended.
    End(Box<LogEntry>),
}

/// The record of a start, and its members for showing them all.
pub struct StartEntry {
    /// What it says.
    pub record: StartRecord<OwnedValues>,
    /// The same as JSON.
    pub members: Value,
}

/// Reads a line of the log.
pub fn line(text: &str) -> Result<LogLine, NotDeclared> {
    let members = value(text)?;
    let kind = members.get("event_type").and_then(Value::as_str);
    if kind == Some(StartType::SandboxStart.name()) {
        let record = StartRecord::read(&JsonAt::top(&members))?;
        return Ok(LogLine::Start(Box::new(StartEntry { record, members })));
    }
    record(text).map(|entry| LogLine::End(Box::new(entry)))
}

/// Reads the record of a run that has ended, also one in the earlier format.
pub fn record(line: &str) -> Result<LogEntry, NotDeclared> {
    let members = earlier_format::renewed(value(line)?);
    let record = AuditRecord::read(&JsonAt::top(&members))?;
    follows(record.status, record.outcome, record.exit_code)?;
    Ok(LogEntry { record, members })
}

/// The status follows from the outcome and the exit status (docs/audit.md).
fn follows(status: Status, outcome: Outcome, exit_code: u64) -> Result<(), NotDeclared> {
    let expected = Status::of(outcome, exit_code);
    if status == expected {
        return Ok(());
    }
    Err(NotDeclared(format!(
        "`status` is `{}`, and `outcome` and `exit_code` give `{}`",
        status.name(),
        expected.name()
    )))
}

fn value(text: &str) -> Result<Value, NotDeclared> {
    json::parse(text).map_err(|error| NotDeclared(format!("not JSON: {error}")))
}

/// A value, and the keys that lead to it.
#[derive(Debug)]
struct JsonAt<'v> {
    value: &'v Value,
    at: String,
}

/// The members of an object, and the keys that lead to it.
#[derive(Debug)]
struct JsonMembersAt<'v> {
    members: &'v Map<String, Value>,
    at: String,
}

impl<'v> JsonAt<'v> {
    fn top(value: &'v Value) -> Self {
        let at = String::new();
        Self { value, at }
    }

    fn take<T>(&self, value: Option<T>, expected: &'static str) -> Result<T, NotDeclared> {
        value.ok_or_else(|| self.wrong(expected))
    }

    fn below(&self, value: &'v Value, key: impl fmt::Display) -> Self {
        let at = below(&self.at, key);
        Self { value, at }
    }
}

fn below(at: &str, key: impl fmt::Display) -> String {
    if at.is_empty() {
        key.to_string()
    } else {
        format!("{at}.{key}")
    }
}

impl<'v> Source for JsonAt<'v> {
    type Storage = OwnedValues;
    type Error = NotDeclared;
    type Members = JsonMembersAt<'v>;

    fn text(&self) -> Result<String, NotDeclared> {
        self.take(self.value.as_str().map(str::to_owned), "a text")
    }

    fn number(&self) -> Result<u64, NotDeclared> {
        self.take(self.value.as_u64(), "a whole number")
    }

    fn flag(&self) -> Result<bool, NotDeclared> {
        self.take(self.value.as_bool(), "true or false")
    }

    fn seconds(&self) -> Result<Duration, NotDeclared> {
        // To the nanosecond, a number with six decimals is not always the nearest one.
        let micros = |time: Duration| u64::try_from((time.as_nanos() + 500) / 1000).ok();
        let seconds = self.value.as_f64();
        let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let time = time.and_then(micros).map(Duration::from_micros);
        self.take(time, "a number of seconds")
    }

    fn is_null(&self) -> bool {
        self.value.is_null()
    }

    fn list<K: Kind>(&self) -> Result<ListOf<Self, K>, NotDeclared> {
        let items = self.take(self.value.as_array(), "a list")?;
        items
            .iter()
            .enumerate()
            .map(|(at, item)| K::read(&self.below(item, at)))
            .collect()
    }

    fn arguments(&self) -> Result<ArgumentsOf<Self>, NotDeclared> {
        let members = self.take(self.value.as_object(), "an object")?;
        members
            .iter()
            .map(|(name, value)| Ok((name.clone(), Argument::read(&self.below(value, name))?)))
            .collect()
    }

    fn members(&self, fields: &'static [Field]) -> Result<JsonMembersAt<'v>, NotDeclared> {
        let members = self.take(self.value.as_object(), "an object")?;
        let is_declared = |key: &str| fields.iter().any(|field| field.name == key);
        if let Some(key) = members.keys().find(|key| !is_declared(key)) {
            let key = below(&self.at, key);
            return Err(NotDeclared(format!("unknown key `{key}`")));
        }
        let at = self.at.clone();
        Ok(JsonMembersAt { members, at })
    }

    fn wrong(&self, expected: &'static str) -> NotDeclared {
        let at = if self.at.is_empty() {
            "all of it"
        } else {
            &self.at
        };
        NotDeclared(format!("`{at}` is not {expected}"))
    }
}

impl<'v> Members for JsonMembersAt<'v> {
    type Source = JsonAt<'v>;

    fn member(&self, key: &'static str) -> Result<JsonAt<'v>, NotDeclared> {
        let at = below(&self.at, key);
        match self.members.get(key) {
            Some(value) => Ok(JsonAt { value, at }),
            None => Err(NotDeclared(format!("`{at}` is missing"))),
        }
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
