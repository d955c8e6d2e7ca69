//! What the recorder writes down of a denied call: a row a number and line, and in it what such calls were
//! made with, by kind.

use crate::files::open;
use crate::run::Run;
use crate::text::Text;
use purple_sys::clock::{Clock, now};
use purple_sys::denials::{Arguments, Denied, KINDS, NUMBERS, PATH_BYTES, Table};
use purple_sys::notification::{Notification, is_waiting};
use purple_sys::{arguments_taken, memory, path_argument};
use rustix::fd::BorrowedFd;
use rustix::fs::OFlags;

/// The row of calls like this one. `None` where there is no room for a new one: then it is counted by
/// its number.
pub(crate) fn row_of<'t>(
    table: &'t mut Table,
    call: &Notification,
    errno: u32,
    line: u32,
) -> Option<&'t mut Denied> {
    let alike = |row: &Denied| {
        (row.audit_arch, row.number, row.line) == (call.audit_arch, call.number, line)
    };
    let mut used = table.rows.iter().take(table.used);
    let place = used.position(alike).unwrap_or(table.used);
    let Some(row) = table.rows.get_mut(place) else {
        let number = usize::try_from(call.number).unwrap_or(NUMBERS);
        if let Some(count) = table.beyond.get_mut(number.min(NUMBERS.saturating_sub(1))) {
            *count = count.saturating_add(1);
        }
        return None;
    };
    if place == table.used {
        table.used = table.used.saturating_add(1);
        row.audit_arch = call.audit_arch;
        row.number = call.number;
        row.errno = errno;
        row.line = line;
    }
    Some(row)
}

/// Counts a call among those with the same arguments. The first kinds of them are kept, and of all others
/// the latest: who makes harmless calls first, and last, is seen to have made others too.
#[inline(never)]
pub(crate) fn note(run: &Run, listener: BorrowedFd<'_>, row: &mut Denied, call: &Notification) {
    row.count = row.count.saturating_add(1);
    let mut path = [0; PATH_BYTES];
    // The positions are those of the plan's own architecture.
    let is_native = call.audit_arch == run.filter.audit_arch;
    let position = path_argument(call.number).filter(|_| is_native);
    let address = position.and_then(|position| call.args.get(position));
    let path_length = address.map_or(0, |address| read_path(call.pid, *address, &mut path));
    let seen = path.get(..path_length).unwrap_or(&[]);

    // Two addresses are alike where the same path is there. What a call does not take says nothing.
    let by_path = position.filter(|_| path_length > 0);
    let taken = if is_native {
        arguments_taken(call.number)
    } else {
        call.args.len()
    };
    let alike = |kind: &Arguments| {
        let mut pairs = kind.args.iter().zip(&call.args).take(taken).enumerate();
        kind.count > 0
            && kind.path.get(..kind.path_length) == Some(seen)
            && pairs.all(|(at, (one, other))| one == other || by_path == Some(at))
    };
    let last = KINDS.saturating_sub(1);
    let mut first = row.kinds.iter().take(last);
    let known = first.clone().position(alike);
    let place = known.or_else(|| first.position(|kind| kind.count == 0));
    let Some(kind) = row.kinds.get_mut(place.unwrap_or(last)) else {
        return;
    };
    if kind.count == 0 {
        kind.first_at = now(Clock::Realtime).unwrap_or_default();
    }
    kind.count = kind.count.saturating_add(1);
    if known.is_none() {
        kind.pid = call.pid;
        kind.args = call.args;
        kind.path = path;
        kind.path_length = path_length;
        kind.comm = comm(call.pid);
        // All of this was looked up while the caller waited. Only if it still waits, it was the
        // caller's: otherwise another process may have its id by now.
        if !is_waiting(listener, call.id) {
            kind.comm = [0; 16];
            kind.path_length = 0;
        }
    }
}

/// Reads the path that a thread names, and returns its length; 0 where it cannot be read.
fn read_path(pid: u32, address: u64, path: &mut [u8; PATH_BYTES]) -> usize {
    let length = memory::read_of(pid, address, path).unwrap_or(0);
    let end = path.iter().take(length).position(|&byte| byte == 0);
    end.unwrap_or(length)
}

/// The name of a thread; NULs where it cannot be looked up.
fn comm(pid: u32) -> [u8; 16] {
    let mut comm = [0; 16];
    match look(pid, "/comm", &mut comm) {
        Some(_) => comm.map(|byte| if byte == b'\n' { 0 } else { byte }),
        None => [0; 16],
    }
}

/// Reads once what /proc has of a thread; `None` where it cannot be read.
fn look(pid: u32, file: &str, into: &mut [u8]) -> Option<usize> {
    let mut path = Text::<32>::of(b"/proc/");
    path.push_number(pid.into());
    path.push(file);
    let file = open(path.c_str().ok()?, OFlags::RDONLY).ok()?;
    rustix::io::pread(file, into, 0).ok()
}
