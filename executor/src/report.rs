//! The report: what was enforced and how the command ended, as one JSON object.

use crate::arguments::Options;
use crate::cgroup::GroupUsage;
use crate::errno;
use crate::files::write_all;
use crate::message::{Refused, refuse, say};
use crate::receipt::{NAMESPACES, ReceiptField};
use crate::report_file;
use crate::run::Run;
use crate::shared::PayloadState;
use crate::supervisor::End;
use crate::text::Text;
use core::ffi::CStr;
use core::iter::Take;
use core::slice::Iter;
use core::time::Duration;
use purple_plan::{Layer, SourceLine};
use purple_report::{
    Borrowed, CapabilitySets, Denial, Landlock, Outcome, Receipt, Seccomp, Sink, Status,
};
use purple_sys::denials::{Denied, Table};
use purple_sys::descriptors;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

const STEP: &str = "report";

/// The open report file.
#[derive(Debug)]
pub(crate) struct Report {
    file: OwnedFd,
    path: &'static CStr,
    /// Whether a summary of the denied calls is printed: not where the parent prints one.
    summarised: bool,
}

impl Report {
    /// Opens the file, if one is asked for, so that a run whose report cannot be written never
    /// starts.
    pub(crate) fn open(options: &Options) -> Result<Option<Self>, Refused> {
        if let Some((_, number)) = options.parent {
            let path = c"the parent's descriptor";
            let file =
                descriptors::duplicate(number).map_err(|errno| refuse!(STEP, path, errno))?;
            return Ok(Some(Self {
                file,
                path,
                summarised: false,
            }));
        }
        let Some(path) = options.report else {
            return Ok(None);
        };
        let file = report_file::open(path)?;
        Ok(Some(Self {
            file,
            path,
            summarised: true,
        }))
    }

    /// The file.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Writes the report.
    #[expect(
        clippy::redundant_closure,
        clippy::redundant_closure_for_method_calls,
        reason = "what a closure returns may be borrowed for less long than what it takes"
    )]
    pub(crate) fn write(
        self,
        run: &Run,
        end: &End,
        used: Option<&GroupUsage>,
        status: u8,
        started: Duration,
    ) -> Result<(), Refused> {
        let (outcome, signal) = outcome(end, used);
        let exit_code = u64::from(status);
        let complete = run.shared.read(ReceiptField::Complete) != 0;
        let mut command = run.options.command.map(|word| word.to_bytes());
        let mut unenforced = Layer::ALL
            .iter()
            .filter(|layer| run.options.lets_go(**layer))
            .map(|layer| layer.name().as_bytes());
        let differing = run.shared.read(ReceiptField::Namespaces);
        let mut namespaces = NAMESPACES
            .iter()
            .filter(|kind| differing & kind.flag != 0)
            .map(|kind| kind.name.as_bytes());
        let mut limits = used
            .map_or(&b""[..], |used| used.values.bytes())
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty());
        let mut denied = end
            .denied
            .map(|denied| rows(denied.table).map(|row| denial(row)));
        let report = purple_report::Report::<Borrowed<'_>> {
            plan: run.plan.digest,
            policy: run.plan.meta.policy_name.to_bytes(),
            compiler: run.plan.meta.compiler.to_bytes(),
            command: &mut command,
            outcome,
            status: Status::of(outcome, exit_code),
            exit_code,
            signal: signal.map(u64::from),
            started_at: started,
            wall_seconds: end.wall,
            cpu_user_seconds: Duration::from_micros(end.usage.user_us),
            cpu_system_seconds: Duration::from_micros(end.usage.system_us),
            peak_memory_bytes: end.usage.peak_kib.saturating_mul(1024),
            cgroup: used.map(|used| used.counts),
            unenforced: &mut unenforced,
            disk_io_bytes: end.usage.disk_bytes,
            receipt: complete.then(|| receipt(run, &mut namespaces, &mut limits)),
            denied: match &mut denied {
                Some(rows) => Some(rows),
                None => None,
            },
            denied_beyond: end.denied.map(|denied| denied.table.beyond),
            denied_whole: end.denied.map(|denied| denied.whole),
        };
        let mut output = Output::new(self.file);
        report.write_line(&mut output);
        let written = output.end();
        if let Some(denied) = end.denied.filter(|_| self.summarised) {
            summarise(denied.table);
        }
        written.map_err(|errno| refuse!(STEP, self.path, errno))
    }
}

/// A file that is written a buffer at a time. The first error stays.
struct Output {
    file: OwnedFd,
    buffer: Text<BUFFER>,
    error: Option<Errno>,
}

const BUFFER: usize = 2048;

impl Output {
    fn new(file: OwnedFd) -> Self {
        Self {
            file,
            buffer: Text::new(),
            error: None,
        }
    }

    fn flush(&mut self) {
        if self.error.is_none() {
            self.error = write_all(&self.file, self.buffer.bytes()).err();
        }
        self.buffer.clear();
    }

    /// Writes what is left.
    fn end(mut self) -> Result<(), Errno> {
        self.flush();
        self.error.map_or(Ok(()), Err)
    }
}

impl Sink for Output {
    fn push(&mut self, text: &str) {
        for piece in text.as_bytes().chunks(BUFFER) {
            if self.buffer.bytes().len().saturating_add(piece.len()) > BUFFER {
                self.flush();
            }
            self.buffer.push_bytes(piece);
        }
    }
}

fn rows(table: &Table) -> Take<Iter<'_, Denied>> {
    table.rows.iter().take(table.used)
}

/// Calls that were denied.
fn denial(row: &Denied) -> Denial<Borrowed<'_>> {
    // Another thread can have changed it before or since.
    let path = row.path.get(..row.path_length);
    let line = SourceLine::from_number(row.line);
    Denial {
        arch: row.call.audit_arch.into(),
        syscall: row.call.number.into(),
        count: row.count,
        pid: row.call.pid.into(),
        line: line.line().into(),
        source: line.source().into(),
        errno: error_name(row.errno.into()),
        first_at: row.first_at,
        comm: row.comm.split(|&byte| byte == 0).next(),
        args: row.call.args,
        unreliable_path: path.filter(|path| !path.is_empty()),
    }
}

/// Prints in a few lines what was denied first.
fn summarise(table: &Table) {
    const LINES: usize = 5;
    let rows = rows(table);
    let shown = if table.used > LINES {
        LINES.saturating_sub(1)
    } else {
        LINES
    };
    for row in rows.clone().take(shown) {
        say!(
            "denied",
            row.count,
            "x call ",
            u64::from(row.call.number),
            SourceLine::from_number(row.line)
        );
    }
    let rest = rows
        .skip(shown)
        .fold(table.beyond, |sum, row| sum.saturating_add(row.count));
    if rest > 0 {
        say!("denied", rest, "x other calls, which the report counts");
    }
}

/// How the run ended, and by which signal.
fn outcome(end: &End, used: Option<&GroupUsage>) -> (Outcome, Option<u32>) {
    match end.outcome {
        PayloadState::Refused(_) | PayloadState::ProbeFailed(_) | PayloadState::ExecFailed(_) => {
            (Outcome::Refused, None)
        }
        // Init was killed for it, unless the command ended at the same time.
        _ if end.unrecorded => (Outcome::RecorderEnded, end.usage.signal()),
        PayloadState::Exited(_) | PayloadState::Signaled(_) | PayloadState::Nothing
            if end.timed_out =>
        {
            (Outcome::Timeout, None)
        }
        PayloadState::Exited(_) => (Outcome::Exited, None),
        PayloadState::Signaled(signal) => (Outcome::Signaled, Some(signal)),
        // Where memory is over, the kernel ends the whole group, and init with it.
        PayloadState::Nothing if used.is_some_and(GroupUsage::out_of_memory) => {
            (Outcome::OutOfMemory, end.usage.signal())
        }
        PayloadState::Nothing => (Outcome::Killed, end.usage.signal()),
    }
}

/// What was read back in the payload just before execve.
fn receipt<'a>(
    run: &Run,
    namespaces: &'a mut (dyn Iterator<Item = &'a [u8]> + 'a),
    limits: &'a mut (dyn Iterator<Item = &'a [u8]> + 'a),
) -> Receipt<Borrowed<'a>> {
    let (shared, process) = (&run.shared, &run.plan.process);
    let id_map = |inside: u32, outside| [u64::from(inside), shared.read(outside), 1];
    Receipt {
        namespaces,
        uid_map: id_map(process.uid, ReceiptField::OutsideUid),
        gid_map: id_map(process.gid, ReceiptField::OutsideGid),
        no_new_privs: shared.read(ReceiptField::NoNewPrivileges) == 1,
        capabilities: CapabilitySets {
            bounding: shared.read(ReceiptField::Bounding),
            inheritable: shared.read(ReceiptField::Inheritable),
            permitted: shared.read(ReceiptField::Permitted),
            effective: shared.read(ReceiptField::Effective),
            ambient: shared.read(ReceiptField::Ambient),
        },
        mounts_read_back: shared.read(ReceiptField::Mounts),
        settings_read_back: shared.read(ReceiptField::Settings),
        cgroup: limits,
        // Version 0 stands for a layer that the operator let go.
        landlock: (shared.read(ReceiptField::LandlockAbi) != 0).then(|| Landlock {
            abi: shared.read(ReceiptField::LandlockAbi),
            host_abi: shared.read(ReceiptField::LandlockHost),
            rules: shared.read(ReceiptField::LandlockRules),
            probe: error_name(shared.read(ReceiptField::LandlockProbe)),
        }),
        seccomp: Seccomp {
            instructions: shared.read(ReceiptField::Instructions),
            probe: error_name(shared.read(ReceiptField::ProbeErrno)),
        },
    }
}

fn error_name(number: u64) -> Option<&'static [u8]> {
    errno::of(number).and_then(errno::name).map(str::as_bytes)
}
