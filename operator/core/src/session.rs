//! A run that is recorded: what is seen to before it, and what is written after it.

use crate::audit::log::{self, Log};
use crate::audit::read;
use crate::audit::record::Run;
use crate::{Problem, REFUSED, say, watch, workspace};
use nix::fcntl::OFlag;
use nix::sys::memfd::{MFdFlags, memfd_create};
use purple_plan::{AuditFailure, Plan};
use purple_report::Outcome;
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The run.
#[derive(Debug)]
pub struct Session<'a> {
    plan: &'a Plan<'a>,
    command: Vec<String>,
    id: String,
    /// Where the record goes; none where the policy asks for none, or goes on without.
    log: Option<Log>,
    /// What purple-exec writes its report to: memory of ours.
    report: File,
    /// Where the operator wants the report too.
    copy: Option<(PathBuf, File)>,
}

impl<'a> Session<'a> {
    /// Looks whether everything can be written that the end will write.
    pub fn open(
        plan: &'a Plan<'a>,
        copy: Option<&Path>,
        command: &[OsString],
    ) -> Result<Self, Problem> {
        let problem =
            |what: &str, error: &dyn std::fmt::Display| Problem::new(format!("{what}: {error}"));
        let log = match plan.audit.iter().next() {
            None => None,
            Some(audit) => {
                let named = audit.log_path.to_bytes();
                let path = if named.is_empty() {
                    log::default_path()?
                } else {
                    PathBuf::from(OsStr::from_bytes(named))
                };
                workspace::guard_log(plan, &path)?;
                let ready = Log::ready(path);
                continued(ready, audit.failure, "the run goes on without a record")?
            }
        };
        let copy = copy.map(|path| {
            let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
            let opened = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .custom_flags(flags.bits())
                .open(path)
                .and_then(|file| {
                    file.set_permissions(Permissions::from_mode(0o600))?;
                    Ok((path.to_owned(), file))
                });
            opened.map_err(|error| problem(&path.to_string_lossy(), &error))
        });
        let report = memfd_create(c"report", MFdFlags::empty())
            .map_err(|errno| problem("memory for the report", &errno.desc()))?;
        let mut random = [0; 8];
        File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(&mut random))
            .map_err(|error| problem("/dev/urandom", &error))?;
        Ok(Self {
            plan,
            command: command
                .iter()
                .map(|one| one.to_string_lossy().into_owned())
                .collect(),
            id: purplec::seal::hex(&random),
            log,
            report: report.into(),
            copy: copy.transpose()?,
        })
    }

    /// Tells purple-exec where its report goes, and whom it belongs to.
    pub fn prepare(&self, command: &mut Command) {
        let descriptor = self.report.as_raw_fd().to_string();
        command
            .arg("--parent")
            .arg(std::process::id().to_string())
            .arg(descriptor);
    }

    /// Runs it to its end, says what was denied, and writes the record.
    pub fn run(mut self, command: &mut Command) -> Result<u8, Problem> {
        let started = SystemTime::now();
        let mut status = watch::run(command)?;
        let text = self.text()?;
        let copied = self.copy.as_mut().map_or(Ok(()), |(path, file)| {
            file.write_all(text.as_bytes())
                .map_err(|error| Problem::new(format!("{}: {error}", path.display())))
        });
        let (report, outcome, unreadable) = match read::report(&text) {
            Ok(report) => {
                let outcome = report.outcome;
                (Some(report), outcome, Ok(()))
            }
            // purple-exec ends by itself without a report where it refuses before it looks at where
            // the report goes.
            Err(_) if text.is_empty() && status == REFUSED => (None, Outcome::Refused, Ok(())),
            Err(_) if text.is_empty() => (None, Outcome::Killed, Ok(())),
            Err(error) => {
                let problem = Problem::new(format!("the report of purple-exec: {error}"));
                status = REFUSED;
                (None, Outcome::Killed, Err(problem))
            }
        };
        let plan = self.plan;
        let run = Run {
            plan,
            id: &self.id,
            started: started
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default(),
            command: self.command,
            report,
            outcome,
            status,
        };
        for line in run.lines() {
            say(&line);
        }
        if let Some(log) = self.log {
            let failure = plan
                .audit
                .iter()
                .next()
                .map_or(AuditFailure::End, |one| one.failure);
            let written = log.append(|before| run.record(before));
            // What it did is done. Where the policy wants a record, whoever started it must see that
            // there is none: the problem is the end.
            let _written: Option<()> = continued(written, failure, "the run has no record")?;
        }
        copied.and(unreadable).map(|()| status)
    }

    fn text(&mut self) -> Result<String, Problem> {
        let mut text = String::new();
        self.report
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.report.read_to_string(&mut text))
            .map_err(|error| Problem::new(format!("reading the report: {error}")))?;
        Ok(text)
    }
}

/// What could not be done ends the run, unless the policy has it go on: then people are told.
fn continued<T>(
    done: Result<T, Problem>,
    failure: AuditFailure,
    else_: &str,
) -> Result<Option<T>, Problem> {
    match (done, failure) {
        (Ok(value), _) => Ok(Some(value)),
        (Err(problem), AuditFailure::End) => Err(problem),
        (Err(problem), AuditFailure::Continue) => {
            say(&format!("{}; {else_}, as the policy says", problem.0));
            Ok(None)
        }
    }
}
