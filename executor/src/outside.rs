//! The ids outside: who the payload is for the host.

use crate::arguments::Options;
use crate::files::{read, read_whole};
use crate::message::{OrRefuse, Refused, refuse};
use crate::text::{lines, number, words};
use core::ffi::CStr;
use purple_plan::Plan;
use purple_sys::memory;
use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::process::{getegid, geteuid, getgid, getuid};

const STEP: &str = "identity";

/// The most that is read of a file with users. Thousands of users take some hundred kilobytes.
const MOST_BYTES: usize = 4 << 20;

/// The ids outside that the payload's ids inside stand for.
///
/// For the host, these are who the payload is: what they own outside, it could change if it could
/// reach it. Where root starts the sandbox they are not root's own, unless the plan says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outside {
    /// User id.
    pub(crate) uid: u32,
    /// Group id.
    pub(crate) gid: u32,
    /// Whether root starts the sandbox, so that the ids are not its own.
    pub(crate) root: bool,
    /// Whether a user starts it whose own they are not either.
    pub(crate) subordinate: bool,
}

/// A user id and a group id.
struct Ids {
    uid: u32,
    gid: u32,
}

impl Outside {
    /// Works out the ids outside: an ordinary user's own, or the first of its subordinate ones; for
    /// root, what the command line wants, or else the plan's.
    pub(crate) fn of(plan: &Plan<'_>, options: &Options) -> Result<Self, Refused> {
        let (uid, gid) = (geteuid(), getegid());
        if uid != getuid() || gid != getgid() {
            let what = "purple-exec must not be installed setuid or setgid";
            return Err(refuse!(STEP, what));
        }
        let root = uid.is_root();
        let ids = if root {
            let ids = chosen_by_root(plan, options)?;
            check_mapped(c"/proc/self/uid_map", ids.uid)?;
            check_mapped(c"/proc/self/gid_map", ids.gid)?;
            ids
        } else if options.outside_id.is_some() {
            return Err(refuse!(STEP, "only root can choose --outside-id"));
        } else if options.subordinate_ids {
            first_subordinate(uid.as_raw())?
        } else {
            Ids {
                uid: uid.as_raw(),
                gid: gid.as_raw(),
            }
        };
        Ok(Self {
            uid: ids.uid,
            gid: ids.gid,
            root,
            subordinate: options.subordinate_ids,
        })
    }
}

fn chosen_by_root(plan: &Plan<'_>, options: &Options) -> Result<Ids, Refused> {
    if options.subordinate_ids {
        let what = "--subordinate-ids is not for root: root chooses with --outside-id";
        return Err(refuse!(STEP, what));
    }
    Ok(match options.outside_id {
        Some(id) => Ids { uid: id, gid: id },
        None => Ids {
            uid: plan.process.root_uid,
            gid: plan.process.root_gid,
        },
    })
}

/// Refuses an id that root's own user namespace does not map, as that of a rootless container: nothing could stand for it.
#[inline(never)]
fn check_mapped(file: &CStr, id: u32) -> Result<(), Refused> {
    /// As long as a map can be: 340 lines of three numbers with ten digits (`user_namespaces(7)`).
    const MOST_BYTES: usize = 340 * 33;
    let mut buffer = [0; MOST_BYTES];
    let map = read(CWD, file, &mut buffer).or_refuse(STEP, "reading the id maps back")?;
    let maps = |line| {
        let mut numbers = words(line).map(number::<u32>);
        let (first, _, count) = (numbers.next()??, numbers.next()?, numbers.next()??);
        Some(id.checked_sub(first)? < count)
    };
    if lines(map).any(|line| maps(line) == Some(true)) {
        return Ok(());
    }
    let what = " is not mapped: start it as an ordinary user, in the container or outside of it";
    Err(refuse!(
        STEP,
        "root of a user namespace in which id ",
        u64::from(id),
        what
    ))
}

/// The first user and group id that the host gives to a user besides its own (subuid(5)).
fn first_subordinate(user: u32) -> Result<Ids, Refused> {
    // The files name users by name or by id.
    let name = entries(c"/etc/passwd")?
        .find(|entry| number(entry.third) == Some(user))
        .map(|entry| entry.first);
    Ok(Ids {
        uid: first_listed(c"/etc/subuid", user, name)?,
        gid: first_listed(c"/etc/subgid", user, name)?,
    })
}

/// The first id that a file lists for a user.
fn first_listed(file: &CStr, user: u32, name: Option<&[u8]>) -> Result<u32, Refused> {
    let listed = entries(file)?
        .find(|entry| name == Some(entry.first) || number(entry.first) == Some(user))
        .and_then(|entry| number(entry.second));
    match listed {
        Some(id) if id != 0 && id != user && id != u32::MAX => Ok(id),
        _ => {
            let advice = " gives you no ids; root adds some by `usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST` and your name";
            Err(refuse!(STEP, file, advice))
        }
    }
}

/// What a line of a file with users begins with: three fields with colons between them.
struct Entry {
    first: &'static [u8],
    second: &'static [u8],
    third: &'static [u8],
}

/// The entries of a file; none where there is no file.
fn entries(file: &CStr) -> Result<impl Iterator<Item = Entry>, Refused> {
    let fail = |errno| refuse!(STEP, file, errno);
    let memory = memory::pages(MOST_BYTES).map_err(fail)?;
    let text: &'static [u8] = match read_whole(file, memory) {
        Err(Errno::NOENT) => &[],
        text => text.map_err(fail)?,
    };
    Ok(lines(text).filter_map(|line| {
        let mut fields = line.split(|&byte| byte == b':');
        Some(Entry {
            first: fields.next()?,
            second: fields.next()?,
            third: fields.next()?,
        })
    }))
}
