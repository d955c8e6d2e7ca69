//! The report: what was enforced and how the command ended, as one JSON object.

use crate::arguments::Options;
use crate::cgroup::{COUNTS, Used};
use crate::errno;
use crate::message::{Part, Refused, Text, refuse, say};
use crate::receipt::{NAMESPACES, Place};
use crate::run::Run;
use crate::shared::Outcome;
use crate::supervisor::End;
use crate::sys::notify::Table;
use crate::sys::stdio;
use crate::transfer::write_all;
use core::ffi::CStr;
use core::time::Duration;
use purple_plan::Layer;
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

const STEP: &str = "report";

/// The open report file.
#[derive(Debug)]
pub(crate) struct Report {
    file: OwnedFd,
    path: &'static CStr,
    /// Whether people read what is said of denied calls on standard error.
    told: bool,
}

impl Report {
    /// Opens the file, if one is asked for, so that a run whose report cannot be written never
    /// starts.
    pub(crate) fn open(options: &Options) -> Result<Option<Self>, Refused> {
        if let Some((_, number)) = options.parent {
            let path = c"the parent's descriptor";
            let file = stdio::take(number)
                .map_err(|errno| refuse(STEP, &[Part::Name(path), Part::Error(errno)]))?;
            return Ok(Some(Self { file, path, told: false }));
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
        let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|errno| refuse(STEP, &[Part::Name(path), Part::Error(errno)]))?;
        // A file that was there keeps its mode unless told otherwise.
        rustix::fs::fchmod(&file, Mode::RUSR | Mode::WUSR)
            .map_err(|errno| refuse(STEP, &[Part::Name(path), Part::Error(errno)]))?;
        Ok(Some(Self { file, path, told: true }))
    }

    /// The time of day, since 1970.
    pub(crate) fn clock() -> Duration {
        let time = clock_gettime(ClockId::Realtime);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
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
        let mut json = Json { file: self.file, buffer: Text::new(), separate: false, error: None };
        json.open("{");
        json.key("plan");
        json.value(|out| {
            out.push("\"sha256:");
            out.push_hex(&run.plan.digest);
            out.push("\"");
        });
        json.key("policy");
        json.text(run.plan.meta.policy_name.to_bytes());
        json.key("compiler");
        json.text(run.plan.meta.compiler.to_bytes());
        json.key("command");
        json.open("[");
        for argument in run.options.command {
            json.text(argument.to_bytes());
        }
        json.close("]");
        outcome(&mut json, end, used, status);
        json.key("started_at");
        json.value(|out| push_time(out, started));
        json.key("wall_seconds");
        json.value(|out| push_seconds(out, end.wall));
        json.key("cpu_user_seconds");
        json.value(|out| push_seconds(out, Duration::from_micros(end.usage.user_us)));
        json.key("cpu_system_seconds");
        json.value(|out| push_seconds(out, Duration::from_micros(end.usage.system_us)));
        json.key("peak_memory_bytes");
        json.number(end.usage.peak_kib.saturating_mul(1024));
        json.key("cgroup");
        match used {
            Some(used) => group(&mut json, used),
            None => json.value(|out| out.push("null")),
        }
        json.key("unenforced");
        json.open("[");
        for layer in Layer::ALL.iter().filter(|layer| run.options.unenforced.contains(**layer)) {
            json.text(layer.name().as_bytes());
        }
        json.close("]");
        json.key("disk_io_bytes");
        json.number(end.usage.disk_bytes);
        receipt(&mut json, run, used);
        denials(&mut json, end);
        if let Some((table, _)) = end.denied.filter(|_| self.told) {
            tell(table);
        }
        json.close("}");
        json.finish().map_err(|errno| refuse(STEP, &[Part::Name(self.path), Part::Error(errno)]))
    }
}

/// What the processes of the group used, by [`COUNTS`].
fn group(json: &mut Json, used: &Used) {
    json.open("{");
    for ((name, ..), value) in COUNTS.iter().zip(used.counts) {
        json.key(name);
        match value {
            Some(value) => json.number(value),
            None => json.value(|out| out.push("null")),
        }
    }
    json.close("}");
}

/// The calls that were denied; null where the filter tells nobody.
fn denials(json: &mut Json, end: &End) {
    json.key("denied");
    let Some((table, whole)) = end.denied else {
        json.value(|out| out.push("null"));
        return;
    };
    json.open("[");
    for row in table.rows.iter().take(table.used) {
        json.open("{");
        for (name, number) in [
            ("arch", u64::from(row.told.audit_arch)),
            ("syscall", row.told.number.into()),
            ("count", row.count),
            ("pid", row.told.pid.into()),
            ("line", row.line.line().into()),
            ("source", row.line.source().into()),
        ] {
            json.key(name);
            json.number(number);
        }
        json.key("errno");
        errno_name(json, row.errno.into());
        json.key("first_at");
        json.value(|out| push_time(out, row.at));
        json.key("comm");
        json.text(row.comm.split(|&byte| byte == 0).next().unwrap_or(&[]));
        json.key("args");
        json.open("[");
        for argument in row.told.args {
            let mut text = Text::<32>::new();
            text.push("0x");
            text.push_hex(&argument.to_be_bytes());
            json.text(text.bytes());
        }
        json.close("]");
        // Another thread can have changed it before or since.
        json.key("unreliable_path");
        match row.path.1.get(..row.path.0).unwrap_or(&[]) {
            [] => json.value(|out| out.push("null")),
            path => json.text(path),
        }
        json.close("}");
    }
    json.close("]");
    json.key("denied_beyond");
    json.number(table.beyond);
    json.key("denied_whole");
    json.value(|out| out.push(if whole { "true" } else { "false" }));
}

/// Says in a few lines what was denied first.
fn tell(table: &Table) {
    const LINES: usize = 5;
    let rows = table.rows.iter().take(table.used);
    let shown = if table.used > LINES { LINES.saturating_sub(1) } else { LINES };
    for row in rows.clone().take(shown) {
        let call = Part::Number(row.told.number.into());
        say(
            "denied",
            &[Part::Number(row.count), Part::Text("x call "), call, Part::Line(row.line)],
        );
    }
    let rest = rows.skip(shown).fold(table.beyond, |sum, row| sum.saturating_add(row.count));
    if rest > 0 {
        say("denied", &[Part::Number(rest), Part::Text("x other calls, which the report lists")]);
    }
}

fn outcome(json: &mut Json, end: &End, used: Option<&Used>, status: u8) {
    let (word, signal) = match end.outcome {
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
    };
    json.key("status");
    json.text(word.as_bytes());
    json.key("exit_code");
    json.number(u64::from(status));
    json.key("signal");
    match signal {
        Some(signal) => json.number(u64::from(signal)),
        None => json.value(|out| out.push("null")),
    }
}

/// What was read back in the payload just before execve; null when it did not get that far.
fn receipt(json: &mut Json, run: &Run, used: Option<&Used>) {
    json.key("receipt");
    let shared = run.shared;
    if shared.read(Place::Complete) == 0 {
        json.value(|out| out.push("null"));
        return;
    }
    json.open("{");
    json.key("namespaces");
    json.open("[");
    let namespaces = shared.read(Place::Namespaces);
    for kind in NAMESPACES.iter().filter(|kind| namespaces & kind.flag != 0) {
        json.text(kind.name.as_bytes());
    }
    json.close("]");
    json.key("no_new_privs");
    json.value(|out| {
        out.push(if shared.read(Place::NoNewPrivileges) == 1 { "true" } else { "false" });
    });
    json.key("capabilities");
    json.open("{");
    for (name, place) in [
        ("bounding", Place::Bounding),
        ("inheritable", Place::Inheritable),
        ("permitted", Place::Permitted),
        ("effective", Place::Effective),
        ("ambient", Place::Ambient),
    ] {
        json.key(name);
        json.value(|out| {
            out.push("\"");
            out.push_hex(&shared.read(place).to_be_bytes());
            out.push("\"");
        });
    }
    json.close("}");
    json.key("mounts_read_back");
    json.number(shared.read(Place::Mounts));
    json.key("settings_read_back");
    json.number(shared.read(Place::Settings));
    json.key("cgroup");
    json.open("[");
    let values = used.map_or(&b""[..], |used| used.values.bytes());
    for line in values.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        json.text(line);
    }
    json.close("]");
    landlock(json, run);
    json.key("seccomp");
    json.open("{");
    json.key("instructions");
    json.number(shared.read(Place::Instructions));
    json.key("probe");
    errno_name(json, shared.read(Place::ProbeErrno));
    json.close("}");
    json.close("}");
}

/// Which wall there was; null when the operator let it go.
fn landlock(json: &mut Json, run: &Run) {
    json.key("landlock");
    let shared = run.shared;
    if shared.read(Place::LandlockAbi) == 0 {
        json.value(|out| out.push("null"));
        return;
    }
    json.open("{");
    for (name, place) in [
        ("abi", Place::LandlockAbi),
        ("host_abi", Place::LandlockHost),
        ("rules", Place::LandlockRules),
    ] {
        json.key(name);
        json.number(shared.read(place));
    }
    json.key("probe");
    errno_name(json, shared.read(Place::LandlockProbe));
    json.close("}");
}

fn errno_name(json: &mut Json, number: u64) {
    match errno::of(number).and_then(errno::name) {
        Some(name) => json.text(name.as_bytes()),
        None => json.value(|out| out.push("null")),
    }
}

/// Writes JSON to a file, a buffer at a time. The first error stays.
struct Json {
    file: OwnedFd,
    buffer: Text<2048>,
    separate: bool,
    error: Option<Errno>,
}

impl Json {
    /// Room that is always left for one number, key or escape.
    const ROOM: usize = 128;

    fn value(&mut self, write: impl FnOnce(&mut Text<2048>)) {
        if self.separate {
            self.buffer.push(",");
        }
        write(&mut self.buffer);
        self.separate = true;
        self.spill();
    }

    fn open(&mut self, bracket: &str) {
        self.value(|out| out.push(bracket));
        self.separate = false;
    }

    fn close(&mut self, bracket: &str) {
        self.buffer.push(bracket);
        self.separate = true;
        self.spill();
    }

    fn key(&mut self, name: &str) {
        self.text(name.as_bytes());
        self.buffer.push(":");
        self.separate = false;
    }

    fn number(&mut self, number: u64) {
        self.value(|out| out.push_number(number));
    }

    /// A string. Bytes that are not UTF-8 become U+FFFD; control characters are escaped.
    fn text(&mut self, bytes: &[u8]) {
        self.value(|out| out.push("\""));
        for chunk in bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                self.character(character);
            }
            if !chunk.invalid().is_empty() {
                self.character(char::REPLACEMENT_CHARACTER);
            }
        }
        self.buffer.push("\"");
    }

    fn character(&mut self, character: char) {
        match character {
            '"' => self.buffer.push("\\\""),
            '\\' => self.buffer.push("\\\\"),
            character if character.is_control() => {
                self.buffer.push("\\u");
                let [.., high, low] = u32::from(character).to_be_bytes();
                self.buffer.push_hex(&[high, low]);
            }
            character => self.buffer.push(character.encode_utf8(&mut [0; 4])),
        }
        self.spill();
    }

    fn spill(&mut self) {
        if self.buffer.bytes().len() > 2048_usize.saturating_sub(Self::ROOM) {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.error.is_none() {
            self.error = write_all(&self.file, self.buffer.bytes()).err();
        }
        self.buffer.clear();
    }

    fn finish(mut self) -> Result<(), Errno> {
        self.buffer.push("\n");
        self.flush();
        self.error.map_or(Ok(()), Err)
    }
}

fn push_seconds<const N: usize>(out: &mut Text<N>, time: Duration) {
    out.push_number(time.as_secs());
    out.push(".");
    out.push_padded(u64::from(time.subsec_micros()), 6);
}

/// A time of day in UTC, as RFC 3339 writes it.
fn push_time<const N: usize>(out: &mut Text<N>, time: Duration) {
    const DAY: u64 = 86400;
    let (days, seconds) = (time.as_secs() / DAY, time.as_secs() % DAY);
    let (year, month, day) = civil(days);
    out.push("\"");
    out.push_padded(year, 4);
    for (mark, number) in [
        ("-", month),
        ("-", day),
        ("T", seconds / 3600),
        (":", seconds / 60 % 60),
        (":", seconds % 60),
    ] {
        out.push(mark);
        out.push_padded(number, 2);
    }
    out.push(".");
    out.push_padded(u64::from(time.subsec_millis()), 3);
    out.push("Z\"");
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970_u64;
    loop {
        let length = if leap(year) { 366 } else { 365 };
        match days.checked_sub(length) {
            Some(rest) => days = rest,
            None => break,
        }
        year = year.saturating_add(1);
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1_u64;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        match days.checked_sub(length) {
            Some(rest) => days = rest,
            None => break,
        }
        month = month.saturating_add(1);
    }
    (year, month, days.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::{civil, push_time};
    use crate::message::Text;
    use core::time::Duration;

    #[test]
    fn dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(59), (1970, 3, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_779), (2026, 11, 22));
    }

    #[test]
    fn times() {
        let mut text = Text::<64>::new();
        push_time(&mut text, Duration::from_millis(951_868_799_123));
        assert_eq!(text.bytes(), b"\"2000-02-29T23:59:59.123Z\"");
    }
}
