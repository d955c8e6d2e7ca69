//! The report: what was enforced and how the command ended, as one JSON object.

use crate::arguments::Options;
use crate::cgroup::GroupUsage;
use crate::files::write_all;
use crate::message::{Refused, refuse, say};
use crate::network::purple_net::{self, NetworkEnd};
use crate::receipt::{NAMESPACES, ReceiptField};
use crate::recorder::Denials;
use crate::report_file;
use crate::run::Run;
use crate::supervisor::End;
use crate::text::Text;
use crate::{errno, exit_status};
use core::ffi::CStr;
use core::iter::{Enumerate, Take};
use core::slice::Iter;
use core::time::Duration;
use purple_plan::{Layer, NetworkMode, SourceLine};
use purple_report::{
    Borrowed, CapabilitySets, Denial, FilteredNetwork, Landlock, NetworkUse, Receipt, Seccomp,
    Sink, Status, Unlisted,
};
use purple_sys::denials::{Arguments, Denied, KINDS, Table};
use purple_sys::descriptors;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

const STEP: &str = "report";

/// The open report file.
#[derive(Debug)]
pub(crate) struct Report {
    file: OwnedFd,
    path: &'static CStr,
}

impl Report {
    /// Opens the file, if one is asked for, so that a run whose report cannot be written never
    /// starts.
    pub(crate) fn open(options: &Options) -> Result<Option<Self>, Refused> {
        if let Some((_, number)) = options.parent {
            let path = c"the parent's descriptor";
            let file =
                descriptors::duplicate(number).map_err(|errno| refuse!(STEP, path, errno))?;
            return Ok(Some(Self { file, path }));
        }
        let Some(path) = options.report else {
            return Ok(None);
        };
        let file = report_file::open(path)?;
        Ok(Some(Self { file, path }))
    }

    /// The file.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Writes the report.
    #[expect(
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
        let (outcome, signal) = exit_status::outcome(end, used);
        let mut command = run.options.command.map(|word| word.to_bytes());
        let mut unenforced = Layer::ALL
            .iter()
            .filter(|layer| run.options.lets_go(**layer))
            .map(|layer| layer.name().as_bytes());
        let mut namespaces = NAMESPACES
            .iter()
            .filter(|kind| run.shared.read(ReceiptField::Namespaces) & kind.flag != 0)
            .map(|kind| kind.name.as_bytes());
        let mut limits = used
            .map_or(&b""[..], |used| used.values.bytes())
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty());
        let mut denied = end.denied.map(|denied| {
            let all = rows(denied.table)
                .flat_map(|row| kinds(row).map(move |(at, kind)| (row, at, kind)));
            all.filter(|(_, _, kind)| kind.count > 0)
                .map(|(row, at, kind)| denial(row, at, kind))
        });
        let mut beyond = end.denied.map(|denied| {
            let counts = (0_u64..).zip(&denied.table.beyond);
            let counts = counts.filter(|(_, count)| **count > 0);
            counts.map(|(syscall, &count)| Unlisted { syscall, count })
        });
        let report = purple_report::Report::<Borrowed<'_>> {
            plan: run.plan.digest,
            policy: run.plan.meta.policy_name.to_bytes(),
            compiler: run.plan.meta.compiler.to_bytes(),
            command: &mut command,
            outcome,
            status: Status::of(outcome, status.into()),
            exit_code: status.into(),
            signal: signal.map(u64::from),
            started_at: started,
            wall_seconds: end.wall,
            cpu_user_seconds: Duration::from_micros(end.usage.user_us),
            cpu_system_seconds: Duration::from_micros(end.usage.system_us),
            peak_memory_bytes: end.usage.peak_kib.saturating_mul(1024),
            cgroup: used.map(|used| used.counts),
            unenforced: &mut unenforced,
            disk_io_bytes: end.usage.disk_bytes,
            receipt: run
                .shared
                .is_complete()
                .then(|| receipt(run, &mut namespaces, &mut limits)),
            denied: match &mut denied {
                Some(rows) => Some(rows),
                None => None,
            },
            denied_beyond: match &mut beyond {
                Some(counts) => Some(counts),
                None => None,
            },
            denied_whole: end.denied.map(|denied| denied.whole),
            network: end.network.map(network_use),
            connections: None,
            repositories: None,
        };
        self.write_line(report)
    }

    fn write_line(self, report: purple_report::Report<Borrowed<'_>>) -> Result<(), Refused> {
        let mut output = Output::new(self.file);
        report.write_line(&mut output);
        output
            .end()
            .map_err(|errno| refuse!(STEP, self.path, errno))
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

/// What was called with, by row; the last kind of a row stands for all others.
fn kinds(row: &Denied) -> Enumerate<Iter<'_, Arguments>> {
    row.kinds.iter().enumerate()
}

/// Calls that were denied, with arguments of one kind.
fn denial<'t>(row: &Denied, at: usize, kind: &'t Arguments) -> Denial<Borrowed<'t>> {
    let line = SourceLine::from_number(row.line);
    // Another thread can have changed it before or since.
    let path = kind.path.get(..kind.path_length);
    Denial {
        arch: row.audit_arch.into(),
        syscall: row.number.into(),
        count: kind.count,
        pid: kind.pid.into(),
        line: line.line().into(),
        source: line.source().into(),
        errno: error_name(row.errno.into()),
        first_at: kind.first_at,
        comm: kind.comm.split(|&byte| byte == 0).next(),
        args: kind.args,
        unreliable_path: path.filter(|path| !path.is_empty()),
        varied: at.saturating_add(1) == KINDS,
    }
}

/// Prints in a few lines what was denied first. Where there is no report nothing is: then there is no
/// recorder either. Nor where a parent takes it, which prints this itself.
pub(crate) fn summarise(options: &Options, end: &End) {
    const LINES: usize = 5;
    let Some(Denials { table, .. }) = end.denied.filter(|_| options.parent.is_none()) else {
        return;
    };
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
            u64::from(row.number),
            SourceLine::from_number(row.line)
        );
    }
    let rest = rows
        .skip(shown)
        .map(|row| row.count)
        .chain(table.beyond)
        .fold(0, u64::saturating_add);
    if rest > 0 {
        say!("denied", rest, "x other calls, which the report counts");
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
        network: (run.plan.network.mode == NetworkMode::Filtered).then(|| FilteredNetwork {
            routes_read_back: shared.read(ReceiptField::Routes),
            rules_read_back: shared.read(ReceiptField::Rules),
            rules_generation: shared.read(ReceiptField::Generation),
            ipv6: shared.read(ReceiptField::HasSix) == 1,
            helper_version: purple_net::VERSION.as_bytes(),
            helper_digest: helper_digest(run),
        }),
    }
}

fn network_use<'t>(end: NetworkEnd) -> NetworkUse<Borrowed<'t>> {
    NetworkUse {
        helper_whole: end.whole,
        rules_generation: end.generation.map(u64::from),
        counted: end.counted,
    }
}

/// The digest of the helper's program.
fn helper_digest(run: &Run) -> [u8; 32] {
    let mut digest = [0; 32];
    for (bytes, field) in digest.chunks_exact_mut(8).zip(ReceiptField::HELPER) {
        bytes.copy_from_slice(&run.shared.read(field).to_be_bytes());
    }
    digest
}

fn error_name(number: u64) -> Option<&'static [u8]> {
    errno::of(number).and_then(errno::name).map(str::as_bytes)
}
