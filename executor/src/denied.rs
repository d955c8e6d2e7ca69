//! What was denied: a table of bounded size in memory that the recorder writes and the supervisor
//! reads.
//!
//! Calls that are alike in number and place are one row: the first of them in full, and how many
//! there were. What finds no row is counted.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use purple_plan::{Call, Place};

/// The most rows.
const ROWS: usize = 256;

/// The longest beginning of a path that is kept, in bytes.
pub(crate) const PATH_BYTES: usize = 256;

/// The longest name of a thread (`TASK_COMM_LEN`, linux/sched.h), with its NUL.
pub(crate) const COMM_BYTES: usize = 16;

/// What is known of a call's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path<'a> {
    /// The call takes none.
    None,
    /// It could not be read.
    Unreadable,
    /// These bytes were there when somebody looked, which is not what the kernel would have seen.
    Read(&'a [u8]),
}

/// The first of some denied calls that are alike.
#[derive(Debug, Clone, Copy)]
pub struct First<'a> {
    /// When, since 1970.
    pub at: Duration,
    /// The thread, as the supervisor sees it.
    pub pid: u32,
    /// The thread's name: NULs behind it.
    pub comm: [u8; COMM_BYTES],
    /// The call.
    pub call: Call,
    /// What it got.
    pub errno: u32,
    /// The place in the policy that says so.
    pub line: Place,
    /// Its path.
    pub path: Path<'a>,
}

/// A row: see [`Denied::note`] for what its words hold.
#[derive(Debug)]
#[repr(C)]
struct Row {
    /// The call and the place, for looking it up.
    key: [AtomicU64; 2],
    count: AtomicU64,
    /// Nanoseconds since 1970.
    at: AtomicU64,
    pid: AtomicU64,
    errno: AtomicU64,
    comm: [AtomicU64; COMM_BYTES / 8],
    args: [AtomicU64; 6],
    /// 0 for no path, 1 for one that could not be read, 2 and the length for one that was.
    path_state: AtomicU64,
    path: [AtomicU64; PATH_BYTES / 8],
}

/// The table.
#[derive(Debug)]
#[repr(C)]
pub struct Denied {
    used: AtomicU64,
    beyond: AtomicU64,
    rows: [Row; ROWS],
}

impl Denied {
    /// Counts a denied call; `first` gives the rest of what is kept of the first of its kind.
    pub fn note<'a>(&self, call: &Call, line: Place, first: impl FnOnce() -> First<'a>) {
        let key = [pair(call.audit_arch, call.number), u64::from(line.number())];
        let used = size(&self.used);
        let same = |row: &&Row| row.key.iter().zip(key).all(|(word, wanted)| get(word) == wanted);
        if let Some(row) = self.rows.iter().take(used).find(same) {
            put(&row.count, get(&row.count).saturating_add(1));
            return;
        }
        let Some(row) = self.rows.get(used) else {
            put(&self.beyond, get(&self.beyond).saturating_add(1));
            return;
        };
        let first = first();
        row.key.iter().zip(key).for_each(|(word, value)| put(word, value));
        put(&row.count, 1);
        put(&row.at, u64::try_from(first.at.as_nanos()).unwrap_or(u64::MAX));
        put(&row.pid, first.pid.into());
        put(&row.errno, first.errno.into());
        put_bytes(&row.comm, &first.comm);
        row.args.iter().zip(call.args).for_each(|(word, value)| put(word, value));
        let length = match first.path {
            Path::None => 0,
            Path::Unreadable => 1,
            Path::Read(bytes) => {
                put_bytes(&row.path, bytes);
                u64::try_from(bytes.len()).unwrap_or(0).saturating_add(2)
            }
        };
        put(&row.path_state, length);
        // The row is whole: from now on it counts.
        put(&self.used, get(&self.used).saturating_add(1));
    }

    /// How many calls found no row.
    pub fn beyond(&self) -> u64 {
        get(&self.beyond)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        size(&self.used).min(ROWS)
    }

    /// The row at a place, with how many calls it stands for, read into `room`.
    pub fn row<'r>(&self, at: usize, room: &'r mut [u8; PATH_BYTES]) -> Option<(First<'r>, u64)> {
        let row = self.rows.get(at).filter(|_| at < self.len())?;
        let [call, line] = row.key.each_ref().map(get);
        let [audit_arch, number] = [call >> 32, call & 0xffff_ffff].map(low);
        let mut comm = [0; COMM_BYTES];
        get_bytes(&row.comm, &mut comm);
        let path = match get(&row.path_state) {
            0 => Path::None,
            1 => Path::Unreadable,
            length => {
                get_bytes(&row.path, room);
                let length = usize::try_from(length.saturating_sub(2)).unwrap_or(0);
                Path::Read(room.get(..length).unwrap_or(&[]))
            }
        };
        let first = First {
            at: Duration::from_nanos(get(&row.at)),
            pid: low(get(&row.pid)),
            comm,
            call: Call { number, audit_arch, args: row.args.each_ref().map(get) },
            errno: low(get(&row.errno)),
            line: Place::from_number(low(line)),
            path,
        };
        Some((first, get(&row.count)))
    }
}

fn get(word: &AtomicU64) -> u64 {
    word.load(Ordering::Acquire)
}

fn put(word: &AtomicU64, value: u64) {
    word.store(value, Ordering::Release);
}

fn size(word: &AtomicU64) -> usize {
    usize::try_from(get(word)).unwrap_or(usize::MAX)
}

fn low(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn pair(high: u32, low: u32) -> u64 {
    u64::from(high).wrapping_shl(32) | u64::from(low)
}

fn put_bytes(words: &[AtomicU64], bytes: &[u8]) {
    for (word, chunk) in words.iter().zip(bytes.chunks(8)) {
        let mut eight = [0; 8];
        eight.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        put(word, u64::from_le_bytes(eight));
    }
}

fn get_bytes(words: &[AtomicU64], bytes: &mut [u8]) {
    for (word, chunk) in words.iter().zip(bytes.chunks_mut(8)) {
        chunk.iter_mut().zip(get(word).to_le_bytes()).for_each(|(to, from)| *to = from);
    }
}
