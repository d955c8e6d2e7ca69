//! A run from its start to its end: what is opened before it, and what is written after it.

use crate::audit::error::LogError;
use crate::audit::log::{self, Log};
use crate::audit::read::{self, NotDeclared, OwnedValues};
use crate::audit::record::{self, Run, Start};
use crate::missing_program::MissingProgram;
use crate::notice::{Notice, RecordStage};
use crate::request::Request;
use crate::workspace::{self, WorkspaceError};
use purple_git::Found;
use purple_host::process::{
    BlockedSignals, EndedCommand, SuperviseError, blocked_by_caller, supervise,
};
use purple_host::{Errno, FileError, files, memory, random};
use purple_plan::{AuditFailure, Plan};
use purple_report::{COMMAND_NOT_FOUND, FindingType, Outcome, RepositoryFinding};
use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

/// The run.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    plan: &'a Plan<'a>,
    command: Vec<String>,
    id: String,
    /// Where the record goes; none where the policy asks for none, or goes on without.
    log: Option<Log>,
    /// What purple-exec writes its report to: memory of ours.
    report: File,
    /// Where the operator wants the report too.
    copy: Option<(PathBuf, File)>,
    /// The exit status that the caller sees where a run ends with an error.
    status_of_error: u8,
}

impl<'a> Session<'a> {
    /// Opens everything that the end of the run will write to.
    pub(crate) fn open(
        plan: &'a Plan<'a>,
        request: &Request,
        recorded: bool,
        notices: &mut Vec<Notice>,
    ) -> Result<Self, SessionError> {
        let log = if recorded {
            open_log(plan, notices)?
        } else {
            None
        };
        let copy = request
            .report
            .as_deref()
            .map(|path| match files::create_private(path) {
                Ok(file) => Ok((path.to_owned(), file)),
                Err(error) => Err(SessionError::ReportCopy(FileError::at(path)(error))),
            });
        let report = memory::inherited(c"report").map_err(SessionError::ReportMemory)?;
        let id = random::bytes::<8>().map_err(SessionError::Id)?;
        Ok(Self {
            plan,
            command: request
                .command
                .iter()
                .map(|one| one.to_string_lossy().into_owned())
                .collect(),
            id: purplec::seal::hex(&id),
            log,
            report,
            copy: copy.transpose()?,
            status_of_error: request.status_of_error,
        })
    }

    /// The name of the run in records.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The directory of the log, where there is one.
    pub(crate) fn directories(&self) -> Vec<PathBuf> {
        let log = self.log.as_ref().and_then(|log| log.path().parent());
        log.map(Path::to_owned).into_iter().collect()
    }

    /// The descriptor of the operator's report, which purple-exec inherits.
    pub(crate) fn inherit_report(&self) -> Result<Option<i32>, SessionError> {
        let Some((path, file)) = &self.copy else {
            return Ok(None);
        };
        match memory::inherit(file) {
            Ok(number) => Ok(Some(number)),
            Err(errno) => Err(SessionError::ReportCopy(FileError::at(path)(errno.into()))),
        }
    }

    /// Passes to purple-exec where its report goes, whose child it is, and which signals the caller has
    /// blocked.
    pub(crate) fn add_arguments(&self, command: &mut Command) -> Result<(), SessionError> {
        let descriptor = self.report.as_raw_fd().to_string();
        let blocked = blocked_by_caller().map_err(SessionError::Signals)?;
        command
            .arg("--parent")
            .arg(std::process::id().to_string())
            .arg(descriptor)
            .arg("--blocked-signals")
            .arg(blocked.to_string());
        Ok(())
    }

    /// Writes down that the run starts, and runs it to its end. With the status come the signals, all of
    /// which are held back until the caller restores them.
    pub(crate) fn run(
        &mut self,
        command: &mut Command,
        notices: &mut Vec<Notice>,
    ) -> Result<EndedRun, SessionError> {
        // From here on no signal ends this process: the record of a run that was started has an end.
        let signals = BlockedSignals::block().map_err(SessionError::HoldingSignals)?;
        let started = SystemTime::now();
        let started = started
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        self.record_start(started, notices)?;
        let EndedCommand { status, signals } =
            supervise(command, signals).map_err(SessionError::Supervise)?;
        Ok(EndedRun {
            started,
            status,
            signals,
        })
    }

    /// Writes the record of the end, before anything is said, with notices about what was denied. Gives the
    /// exit status.
    pub(crate) fn record_end(
        mut self,
        started: Duration,
        ended: u8,
        repositories: Option<&[Found]>,
        notices: &mut Vec<Notice>,
    ) -> Result<u8, SessionError> {
        let findings = || repositories.map(|found| found.iter().map(finding).collect());
        let text = self.read_report()?;
        let copied = match &mut self.copy {
            None => Ok(()),
            Some((path, file)) => file
                .write_all(completed(self.plan, &text, findings()).as_bytes())
                .map_err(|error| SessionError::ReportCopy(FileError::at(path)(error))),
        };
        let plan = self.plan;
        let mut connections = None;
        let (report, outcome, status) = match read::report(&text) {
            Ok(report) => {
                let outcome = report.outcome;
                let status = match record::connections_of(plan, &report) {
                    Ok(counted) => {
                        connections = counted;
                        Ok(ended)
                    }
                    Err(error) => Err(SessionError::Counted(error)),
                };
                (Some(report), outcome, status)
            }
            Err(_) if text.is_empty() => (None, Outcome::without_report(ended), Ok(ended)),
            Err(error) => (None, Outcome::Killed, Err(SessionError::Report(error))),
        };
        let run = Run {
            plan,
            id: &self.id,
            started,
            command: self.command,
            report,
            outcome,
            status: status.as_ref().copied().unwrap_or(self.status_of_error),
            connections,
            repositories: findings(),
        };
        let denied = run.lines();
        let missing = match (run.outcome, run.command.first()) {
            (Outcome::Refused, Some(program)) if ended == COMMAND_NOT_FOUND => {
                MissingProgram::find(plan, program)
            }
            _ => None,
        };
        if let Some(log) = self.log {
            let on_failure = on_log_failure(plan);
            let written = log.append(|before| run.record(before));
            // What the command did is done. Where the policy wants a record, the caller must see that
            // there is none: the error is the end.
            let _written: Option<()> =
                unless_policy_continues(written, on_failure, RecordStage::AfterTheRun, notices)?;
        }
        notices.extend(missing.map(Notice::MissingProgram));
        notices.extend(denied.into_iter().map(Notice::Denied));
        copied.and(status)
    }

    /// Writes down that the run is being started, so that a lost end shows. Where that fails, and the
    /// policy has the run go on, there is no record of it at all.
    fn record_start(
        &mut self,
        started: Duration,
        notices: &mut Vec<Notice>,
    ) -> Result<(), SessionError> {
        let Some(log) = self.log.take() else {
            return Ok(());
        };
        let start = Start {
            plan: self.plan,
            id: &self.id,
            started,
            command: self.command.clone(),
        };
        let written = log.append(|before| start.record(before));
        let on_failure = on_log_failure(self.plan);
        let when = RecordStage::BeforeTheRun;
        let written = unless_policy_continues(written, on_failure, when, notices)?;
        self.log = written.map(|()| log);
        Ok(())
    }

    fn read_report(&mut self) -> Result<String, SessionError> {
        let mut text = String::new();
        self.report
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.report.read_to_string(&mut text))
            .map_err(SessionError::ReadReport)?;
        Ok(text)
    }
}

/// A run whose command has ended, and which has no record of its end yet.
#[derive(Debug)]
pub(crate) struct EndedRun {
    /// When it was started, since 1970.
    pub(crate) started: Duration,
    /// The exit status of purple-exec.
    pub(crate) status: u8,
    /// The signals that are held back.
    pub(crate) signals: BlockedSignals,
}

/// What was found in a repository, as a report has it.
fn finding(found: &Found) -> RepositoryFinding<OwnedValues> {
    let (kind, path, detail) = match found {
        Found::Disarmed { path, what } => (FindingType::Disarmed, path, what),
        Found::Left { path, why } => (FindingType::Left, path, why),
        Found::NotSearched { path, why } => (FindingType::NotSearched, path, why),
    };
    RepositoryFinding {
        kind,
        path: path.to_string_lossy().into_owned(),
        detail: detail.clone(),
    }
}

/// A report of purple-exec's with what the network has carried, and with what was found afterwards. What is no report stays as
/// it is.
fn completed(
    plan: &Plan<'_>,
    text: &str,
    findings: Option<Vec<RepositoryFinding<OwnedValues>>>,
) -> String {
    match read::report(text) {
        Ok(mut report) => {
            // What cannot be read is an error of the run, and stays as it was written.
            if let Ok(connections @ Some(_)) = record::connections_of(plan, &report) {
                report.connections = connections;
                if let Some(network) = &mut report.network {
                    network.counted = None;
                }
            }
            report.repositories = findings;
            record::report_line(report)
        }
        Err(_) => text.to_owned(),
    }
}

/// Makes sure that the log can be written, and that the program cannot write to it.
fn open_log(plan: &Plan<'_>, notices: &mut Vec<Notice>) -> Result<Option<Log>, SessionError> {
    let Some(audit) = plan.audit.iter().next() else {
        return Ok(None);
    };
    let named = audit.log_path.to_bytes();
    let path = if named.is_empty() {
        log::default_path().map_err(SessionError::Log)?
    } else {
        PathBuf::from(OsStr::from_bytes(named))
    };
    workspace::protect_log(plan, &path).map_err(SessionError::LogWritable)?;
    let ready = Log::ready(path);
    unless_policy_continues(ready, audit.failure, RecordStage::BeforeTheRun, notices)
}

/// What the policy says of a record that cannot be written.
fn on_log_failure(plan: &Plan<'_>) -> AuditFailure {
    let audit = plan.audit.iter().next();
    audit.map_or(AuditFailure::End, |audit| audit.failure)
}

/// A failure of the log ends the run, unless the policy has it go on: then there is a notice.
fn unless_policy_continues<T>(
    result: Result<T, LogError>,
    on_failure: AuditFailure,
    when: RecordStage,
    notices: &mut Vec<Notice>,
) -> Result<Option<T>, SessionError> {
    match (result, on_failure) {
        (Ok(value), _) => Ok(Some(value)),
        (Err(why), AuditFailure::End) => Err(SessionError::Log(why)),
        (Err(why), AuditFailure::Continue) => {
            notices.push(Notice::NoRecord { why, when });
            Ok(None)
        }
    }
}

/// Why a run that is to be recorded was not carried out, or not recorded.
#[derive(Debug)]
pub enum SessionError {
    /// The audit log.
    Log(LogError),
    /// The program could write to the audit log.
    LogWritable(WorkspaceError),
    /// The file that the operator wants the report in.
    ReportCopy(FileError),
    /// There is no memory for the report.
    ReportMemory(Errno),
    /// The report cannot be read.
    ReadReport(io::Error),
    /// The report is not what is declared.
    Report(NotDeclared),
    /// What purple-net has counted is not.
    Counted(NotDeclared),
    /// There are no random bytes to name the run by.
    Id(FileError),
    /// The signals that the caller has blocked are not known.
    Signals(FileError),
    /// Signals cannot be held back.
    HoldingSignals(Errno),
    /// purple-exec could not be run to its end.
    Supervise(SuperviseError),
}

impl Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(error) => error.fmt(f),
            Self::LogWritable(error) => error.fmt(f),
            Self::ReportCopy(error) | Self::Id(error) | Self::Signals(error) => error.fmt(f),
            Self::HoldingSignals(errno) => write!(f, "blocking signals: {}", errno.desc()),
            Self::ReportMemory(errno) => write!(f, "memory for the report: {}", errno.desc()),
            Self::ReadReport(error) => write!(f, "reading the report: {error}"),
            Self::Report(error) => write!(f, "the report of purple-exec: {error}"),
            Self::Counted(error) => write!(f, "the counts of purple-net: {error}"),
            Self::Supervise(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SessionError {}
