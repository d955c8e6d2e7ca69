//! The report: what was enforced and how the command ended, as one JSON object.

use crate::arguments::Options;
use crate::cgroup::{COUNTS, Used};
use crate::errno;
use crate::json::{Hex, Json, List, Object, Seconds, Time};
use crate::message::{Refused, refuse, say};
use crate::receipt::{NAMESPACES, ReceiptField};
use crate::run::Run;
use crate::shared::{Outcome, Shared};
use crate::supervisor::End;
use core::ffi::CStr;
use core::time::Duration;
use purple_plan::{Layer, SourceLine};
use purple_sys::denials::{Denied, Table};
use purple_sys::descriptors;
use rustix::fd::OwnedFd;
use rustix::fs::{FileType, Mode, OFlags};

const STEP: &str = "report";

/// The open report file.
#[derive(Debug)]
pub(crate) struct Report {
    file: OwnedFd,
    path: &'static CStr,
    /// Whether people read what is said of denied calls on standard error.
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
        let flags = OFlags::CREATE
            | OFlags::TRUNC
            | OFlags::WRONLY
            | OFlags::NOFOLLOW
            | OFlags::NONBLOCK
            | OFlags::CLOEXEC;
        let fail = |errno| refuse!(STEP, path, errno);
        let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR).map_err(fail)?;
        // A file that was there keeps its mode unless told otherwise, and a device must.
        let status = rustix::fs::fstat(&file).map_err(fail)?;
        if FileType::from_raw_mode(status.st_mode) == FileType::RegularFile {
            rustix::fs::fchmod(&file, Mode::RUSR | Mode::WUSR).map_err(fail)?;
        }
        Ok(Some(Self {
            file,
            path,
            summarised: true,
        }))
    }

    /// Writes the report.
    pub(crate) fn write(
        self,
        run: &Run,
        end: &End,
        used: Option<&Used>,
        status: u8,
        started: Duration,
    ) -> Result<(), Refused> {
        let fields = |json: &mut Json| {
            let (word, signal) = outcome(end, used);
            let unenforced = Layer::ALL
                .iter()
                .filter(|layer| run.options.lets_go(**layer));
            json.field("plan", Hex("sha256:", &run.plan.digest));
            json.field("policy", run.plan.meta.policy_name.to_bytes());
            json.field("compiler", run.plan.meta.compiler.to_bytes());
            json.field("command", List(run.options.command.map(CStr::to_bytes)));
            json.field("status", word);
            json.field("exit_code", u64::from(status));
            json.field("signal", signal.map(u64::from));
            json.field("started_at", Time(started));
            json.field("wall_seconds", Seconds(end.wall));
            json.field(
                "cpu_user_seconds",
                Seconds(Duration::from_micros(end.usage.user_us)),
            );
            json.field(
                "cpu_system_seconds",
                Seconds(Duration::from_micros(end.usage.system_us)),
            );
            json.field("peak_memory_bytes", end.usage.peak_kib.saturating_mul(1024));
            json.field("cgroup", used.map(group));
            json.field("unenforced", List(unenforced.map(|layer| layer.name())));
            json.field("disk_io_bytes", end.usage.disk_bytes);
            let complete = run.shared.read(ReceiptField::Complete) != 0;
            json.field("receipt", complete.then(|| receipt(run, used)));
            json.field(
                "denied",
                end.denied
                    .map(|denied| List(rows(denied.table).map(denial))),
            );
            if let Some(denied) = end.denied {
                json.field("denied_beyond", denied.table.beyond);
                json.field("denied_whole", denied.whole);
            }
        };
        let written = Json::write(self.file, Object(fields));
        if let Some(denied) = end.denied.filter(|_| self.summarised) {
            summarise(denied.table);
        }
        written.map_err(|errno| refuse!(STEP, self.path, errno))
    }
}

/// What the processes of the group used, by [`COUNTS`].
fn group(used: &Used) -> Object<impl FnOnce(&mut Json)> {
    Object(|json: &mut Json| {
        for (count, value) in COUNTS.iter().zip(used.counts) {
            json.field(count.name, value);
        }
    })
}

fn rows(table: &Table) -> impl Iterator<Item = &Denied> + Clone {
    table.rows.iter().take(table.used)
}

/// Calls that were denied.
fn denial(row: &Denied) -> Object<impl FnOnce(&mut Json)> {
    Object(|json: &mut Json| {
        let line = SourceLine::from_number(row.line);
        json.field("arch", u64::from(row.call.audit_arch));
        json.field("syscall", u64::from(row.call.number));
        json.field("count", row.count);
        json.field("pid", u64::from(row.call.pid));
        json.field("line", u64::from(line.line()));
        json.field("source", u64::from(line.source()));
        json.field("errno", error_name(row.errno.into()));
        json.field("first_at", Time(row.first_at));
        json.field("comm", row.comm.split(|&byte| byte == 0).next());
        let args = row.call.args.map(u64::to_be_bytes);
        json.field(
            "args",
            List(args.iter().map(|argument| Hex("0x", argument))),
        );
        // Another thread can have changed it before or since.
        let path = row
            .path
            .get(..row.path_length)
            .filter(|path| !path.is_empty());
        json.field("unreliable_path", path);
    })
}

/// Says in a few lines what was denied first.
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
fn outcome(end: &End, used: Option<&Used>) -> (&'static str, Option<u32>) {
    match end.outcome {
        Outcome::Refused(_) | Outcome::ProbeFailed(_) | Outcome::ExecFailed(_) => ("refused", None),
        Outcome::Exited(_) | Outcome::Signaled(_) | Outcome::Nothing if end.timed_out => {
            ("timeout", None)
        }
        Outcome::Exited(_) => ("exited", None),
        Outcome::Signaled(signal) => ("signaled", Some(signal)),
        // Where memory is over, the kernel ends the whole group, and init with it.
        Outcome::Nothing if used.is_some_and(Used::out_of_memory) => {
            ("out_of_memory", end.usage.signal())
        }
        Outcome::Nothing => ("killed", end.usage.signal()),
    }
}

/// What was read back in the payload just before execve.
fn receipt(run: &Run, used: Option<&Used>) -> Object<impl FnOnce(&mut Json)> {
    let (shared, process) = (&run.shared, &run.plan.process);
    Object(move |json: &mut Json| {
        let namespaces = shared.read(ReceiptField::Namespaces);
        let differing = NAMESPACES.iter().filter(|kind| namespaces & kind.flag != 0);
        json.field("namespaces", List(differing.map(|kind| kind.name)));
        for (name, inside, outside) in [
            ("uid_map", process.uid, ReceiptField::OutsideUid),
            ("gid_map", process.gid, ReceiptField::OutsideGid),
        ] {
            let line = [u64::from(inside), shared.read(outside), 1];
            json.field(name, List(line.into_iter()));
        }
        json.field(
            "no_new_privs",
            shared.read(ReceiptField::NoNewPrivileges) == 1,
        );
        let sets = [
            ("bounding", ReceiptField::Bounding),
            ("inheritable", ReceiptField::Inheritable),
            ("permitted", ReceiptField::Permitted),
            ("effective", ReceiptField::Effective),
            ("ambient", ReceiptField::Ambient),
        ];
        let sets = Object(|json: &mut Json| {
            for (name, place) in sets {
                json.field(name, Hex("", &shared.read(place).to_be_bytes()));
            }
        });
        json.field("capabilities", sets);
        json.field("mounts_read_back", shared.read(ReceiptField::Mounts));
        json.field("settings_read_back", shared.read(ReceiptField::Settings));
        let values = used.map_or(&b""[..], |used| used.values.bytes());
        let lines = values
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty());
        json.field("cgroup", List(lines));
        // Null when the operator let it go.
        let wall = shared.read(ReceiptField::LandlockAbi) != 0;
        json.field("landlock", wall.then(|| landlock(shared)));
        let seccomp = Object(|json: &mut Json| {
            json.field("instructions", shared.read(ReceiptField::Instructions));
            json.field("probe", error_name(shared.read(ReceiptField::ProbeErrno)));
        });
        json.field("seccomp", seccomp);
    })
}

fn error_name(number: u64) -> Option<&'static str> {
    errno::of(number).and_then(errno::name)
}

/// Which wall there was.
fn landlock(shared: &Shared) -> Object<impl FnOnce(&mut Json)> {
    Object(|json: &mut Json| {
        json.field("abi", shared.read(ReceiptField::LandlockAbi));
        json.field("host_abi", shared.read(ReceiptField::LandlockHost));
        json.field("rules", shared.read(ReceiptField::LandlockRules));
        json.field(
            "probe",
            error_name(shared.read(ReceiptField::LandlockProbe)),
        );
    })
}
