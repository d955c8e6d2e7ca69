//! From a report to a record, and to what people see: numbers become names.

use super::connections;
use super::log::Head;
use super::read::{NotDeclared, OwnedValues};
use super::summary::most;
use crate::policy_line;
use purple_plan::{Plan, SourceLine};
use purple_report::{
    Argument, AuditRecord, Connections, Denial, EventType, Json, Kind, Outcome, RecordType, Report,
    RepositoryFinding, ResourceUsage, SecurityEvent, Sink, StartRecord, StartType, Status,
    Unlisted,
};
use purplec::syscalls::constants::{protocol, symbolic};
use purplec::syscalls::groups::primary_group;
use purplec::syscalls::{Arch, Kind as ArgumentKind, X32_BIT, signature, syscall_name};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is known of a run before it is started.
pub struct Start<'a> {
    /// What confines it.
    pub plan: &'a Plan<'a>,
    /// Names the run in the log.
    pub id: &'a str,
    /// When it is started, since 1970.
    pub started: Duration,
    /// The command and its arguments.
    pub command: Vec<String>,
}

impl Start<'_> {
    /// The record, as one line.
    pub fn record(self, before: &Head) -> String {
        let record = StartRecord::<OwnedValues> {
            timestamp: self.started,
            event_type: StartType::SandboxStart,
            sandbox_id: self.id.to_owned(),
            policy_name: self.plan.meta.policy_name.to_string_lossy().into_owned(),
            command: self.command,
            plan: self.plan.digest,
            sequence: before.sequence.saturating_add(1),
            previous: before.digest,
        };
        let mut line = Line(String::new());
        <StartRecord as Kind>::write::<OwnedValues>(record, &mut Json::new(&mut line));
        line.0
    }
}

/// What is known of a run once it has ended.
pub struct Run<'a> {
    /// What confined it.
    pub plan: &'a Plan<'a>,
    /// Names the run in the log.
    pub id: &'a str,
    /// When it was started, since 1970.
    pub started: Duration,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// What purple-exec has written; none where it was killed, or has refused the run, before.
    pub report: Option<Report<OwnedValues>>,
    /// How it ended.
    pub outcome: Outcome,
    /// The exit status that the caller sees.
    pub status: u8,
    /// What a filtered network has carried and refused.
    pub connections: Option<Connections<OwnedValues>>,
    /// What git would have run; none where nothing was looked through.
    pub repositories: Option<Vec<RepositoryFinding<OwnedValues>>>,
}

impl Run<'_> {
    /// The record, as one line.
    pub fn record(self, before: &Head) -> String {
        let exit_code = u64::from(self.status);
        let usage = |report: &Report<OwnedValues>| ResourceUsage {
            cpu_time_seconds: report.cpu_user_seconds + report.cpu_system_seconds,
            peak_memory_bytes: report.peak_memory_bytes,
            disk_io_bytes: report.disk_io_bytes,
        };
        let security_events = self.events();
        let resource_usage = self.report.as_ref().map(usage).unwrap_or_default();
        let (receipt, unenforced) = match self.report {
            Some(report) => (report.receipt, Some(report.unenforced)),
            None => (None, None),
        };
        let record = AuditRecord::<OwnedValues> {
            timestamp: self.started,
            event_type: RecordType::SandboxExecution,
            sandbox_id: self.id.to_owned(),
            policy_name: self.plan.meta.policy_name.to_string_lossy().into_owned(),
            command: self.command,
            status: Status::of(self.outcome, exit_code),
            outcome: self.outcome,
            exit_code,
            resource_usage,
            security_events,
            connections: self.connections,
            repositories: self.repositories,
            plan: self.plan.digest,
            receipt,
            unenforced,
            sequence: before.sequence.saturating_add(1),
            previous: before.digest,
        };
        let mut line = Line(String::new());
        <AuditRecord as Kind>::write::<OwnedValues>(record, &mut Json::new(&mut line));
        line.0
    }

    fn denied(&self) -> impl Iterator<Item = Denied<'_>> {
        let list = self
            .report
            .as_ref()
            .and_then(|report| report.denied.as_ref());
        list.into_iter().flatten().map(Denied)
    }

    /// The calls that found no room in the list, by name.
    fn unlisted(&self) -> impl Iterator<Item = &Unlisted> {
        let report = self.report.as_ref();
        let unlisted = report.and_then(|report| report.denied_beyond.as_ref());
        unlisted.into_iter().flatten()
    }

    /// How many these are.
    fn beyond(&self) -> u64 {
        let counts = self.unlisted().map(|one| one.count);
        counts.fold(0, u64::saturating_add)
    }

    fn events(&self) -> Vec<SecurityEvent<OwnedValues>> {
        let mut events: Vec<_> = self.denied().map(|one| one.event(self.plan)).collect();
        events.extend(self.unlisted().map(|one| SecurityEvent {
            syscall: Some(name_of_number(one.syscall)),
            count: Some(one.count),
            ..nothing_but(EventType::DenialsNotListed)
        }));
        let whole = self.report.as_ref().and_then(|report| report.denied_whole);
        if whole == Some(false) {
            events.push(nothing_but(EventType::RecorderEnded));
        }
        events
    }

    /// What is printed for people at the end: what was denied most, by call and line of the policy.
    pub fn lines(&self) -> Vec<String> {
        let mut groups: BTreeMap<(String, SourceLine), (u64, &str)> = BTreeMap::new();
        for one in self.denied() {
            let way = one.network_group().unwrap_or_default();
            let (count, _) = groups.entry((one.title(), one.line())).or_insert((0, way));
            *count = count.saturating_add(one.0.count);
        }
        let denied = groups.into_iter().map(|((name, line), (count, group))| {
            let mut what = format!("{count}x {name}");
            if let Some(place) = self.place(line) {
                what = format!("{what}, {place}");
            }
            if !group.is_empty() {
                what = format!("{what}: `{group}` under `allow` has this call");
            }
            (count, what)
        });
        let mut lines = most(
            "denied",
            denied.collect(),
            self.beyond(),
            |what| what,
            |count, _| format!("{count}x other calls"),
        );
        if self.denied().any(|one| one.sets_group_id()) {
            lines.push(SET_GROUP_ID.to_owned());
        }
        if let Some(connections) = &self.connections {
            lines.extend(connections::lines(connections));
        }
        lines
    }

    fn place(&self, line: SourceLine) -> Option<String> {
        line.is_some()
            .then(|| policy_line::words_of(self.plan, line))
    }
}

/// An event of which only the type says something.
fn nothing_but(kind: EventType) -> SecurityEvent<OwnedValues> {
    SecurityEvent {
        kind,
        syscall: None,
        pid: None,
        process: None,
        arguments: None,
        unreliable_path: None,
        errno: None,
        count: None,
        first_at: None,
        policy_line: None,
        policy_source: None,
    }
}

/// What a filtered network has carried and refused; none where it is not filtered, or purple-net has not said.
pub(crate) fn connections_of(
    plan: &Plan<'_>,
    report: &Report<OwnedValues>,
) -> Result<Option<Connections<OwnedValues>>, NotDeclared> {
    let counted = report
        .network
        .as_ref()
        .and_then(|network| network.counted.as_deref());
    counted
        .map(|text| connections::connections(plan, text))
        .transpose()
}

/// A report, as one line.
pub(crate) fn report_line(report: Report<OwnedValues>) -> String {
    let mut line = Line(String::new());
    report.write_line(&mut line);
    line.0
}

/// A time since 1970 as it is written in a record.
pub fn timestamp(time: Duration) -> String {
    let mut text = Line(String::new());
    Json::new(&mut text).time(time);
    text.0.trim_matches('"').to_owned()
}

/// A text that is written to.
struct Line(String);

impl Sink for Line {
    fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }
}

/// What is said where a mode with the set-group-id bit was denied.
const SET_GROUP_ID: &str = "a file mode with the set-group-id bit was denied: `filesystem: {allow_set_group_id: true}` would allow it, for files too";

/// The calls that a policy usually allows for some values of an argument, with the name of that argument: without the
/// value, the line does not say what was denied.
const DECIDING: [(&str, &str); 3] = [
    ("socket", "family"),
    ("socketpair", "family"),
    ("ioctl", "cmd"),
];

/// A row of the report's list.
struct Denied<'a>(&'a Denial<OwnedValues>);

impl Denied<'_> {
    fn arch(&self) -> Option<Arch> {
        let x32 = self.0.syscall >= u64::from(X32_BIT);
        let of = |arch: &Arch| {
            u64::from(arch.audit()) == self.0.arch
                && (*arch == Arch::X32) == (x32 && Arch::X86_64.audit() == arch.audit())
        };
        Arch::ALL.into_iter().find(of)
    }

    fn known(&self) -> Option<(Arch, &'static str)> {
        let number = u32::try_from(self.0.syscall).ok()?;
        let arch = self.arch()?;
        Some((arch, syscall_name(arch, number)?))
    }

    fn name(&self) -> String {
        match self.known() {
            Some((_, name)) => name.to_owned(),
            None => format!("call {}", self.0.syscall),
        }
    }

    /// The group of calls for sockets that has it: programs make sockets that reach only themselves, too.
    fn network_group(&self) -> Option<&'static str> {
        // AF_UNIX, AF_INET and AF_INET6 (linux/socket.h), which a plain `socket` has.
        const FAMILIES: [u64; 3] = [1, 2, 10];
        let (_, name) = self.known()?;
        let family = self.0.args.first().copied().unwrap_or_default() & u64::from(u32::MAX);
        if name == "socket" && !FAMILIES.contains(&family) {
            return None;
        }
        primary_group(name).filter(|group| group.starts_with("@network"))
    }

    /// Whether it is about a file mode with the set-group-id bit, and without the set-user-id bit (`S_ISGID` and `S_ISUID`,
    /// linux/stat.h).
    fn sets_group_id(&self) -> bool {
        let known = self.known();
        let arguments = known
            .and_then(|(arch, name)| signature(arch, name))
            .unwrap_or_default();
        let mut named = arguments.iter().zip(&self.0.args);
        named.any(|(argument, value)| argument.name == "mode" && value & 0o6000 == 0o2000)
    }

    fn line(&self) -> SourceLine {
        let source = u8::try_from(self.0.source).unwrap_or(0);
        SourceLine::new(source, u32::try_from(self.0.line).unwrap_or(0))
    }

    /// The call, with the argument that decides about it where the row has one value of it.
    fn title(&self) -> String {
        let name = self.name();
        let deciding = DECIDING.iter().find(|(call, _)| *call == name);
        let Some((_, argument)) = deciding.filter(|_| !self.0.varied) else {
            return name;
        };
        let arguments = self.arguments();
        match arguments.iter().find(|(known, _)| known == argument) {
            Some((_, Argument::Text(value))) => format!("{name} ({argument} {value})"),
            Some((_, Argument::Number(value))) => format!("{name} ({argument} {value})"),
            None => name,
        }
    }

    /// The arguments by name, in constants where they have some.
    fn arguments(&self) -> Vec<(String, Argument<String>)> {
        let values = self.0.args.iter().copied();
        let Some((arch, name)) = self.known() else {
            let all = values.enumerate();
            return all
                .map(|(at, value)| (format!("arg{at}"), hex(value)))
                .collect();
        };
        let arguments = signature(arch, name).unwrap_or_default();
        let family = self.0.args.first().copied().unwrap_or_default() & u64::from(u32::MAX);
        let named = arguments.iter().zip(values).map(|(argument, value)| {
            let value = value & argument.mask();
            let shown = match argument.kind {
                ArgumentKind::Pointer => hex(value),
                _ => match constants_of(arch, name, argument.name, family, value) {
                    Some(names) => Argument::Text(names),
                    None if value < 1 << 16 => Argument::Number(value),
                    None => hex(value),
                },
            };
            (argument.name.to_owned(), shown)
        });
        named.collect()
    }

    fn event(&self, plan: &Plan<'_>) -> SecurityEvent<OwnedValues> {
        let line = self.line();
        SecurityEvent {
            kind: if self.0.varied {
                EventType::SyscallDenyOthers
            } else {
                EventType::SyscallDeny
            },
            syscall: Some(self.name()),
            pid: Some(self.0.pid),
            process: self.0.comm.clone(),
            arguments: Some(self.arguments()),
            unreliable_path: self.0.unreliable_path.clone(),
            errno: self.0.errno.clone(),
            count: Some(self.0.count),
            first_at: Some(self.0.first_at),
            policy_line: line.is_some().then(|| line.line().into()),
            policy_source: policy_line::source_of(plan, line),
        }
    }
}

/// The constants that an argument is made of, where it has some.
fn constants_of(arch: Arch, call: &str, argument: &str, family: u64, value: u64) -> Option<String> {
    // The family decides what the number of a protocol means.
    match (call, argument) {
        ("socket", "protocol") => protocol(arch, family, value),
        _ => symbolic(arch, call, argument, value),
    }
}

/// The name of a call of this architecture's that is known by its number alone.
fn name_of_number(number: u64) -> String {
    let name = u32::try_from(number).ok();
    let name = name.and_then(|number| syscall_name(Arch::X86_64, number));
    name.map_or_else(|| format!("call {number}"), str::to_owned)
}

fn hex(value: u64) -> Argument<String> {
    Argument::Text(format!("{value:#x}"))
}
