//! What a sandbox must leave on the host as it was.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a host that cannot be looked at is a failure"
)]

use crate::identity::OUTSIDE_FOR_ROOT;
use crate::test_dir::{MARK, PREFIX, TestDir};
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A look at the host, to be compared with a later one.
#[derive(Debug)]
pub struct HostSnapshot<'p> {
    place: &'p TestDir,
    seen: Seen,
    /// Entries of shared temporary directories that a sandbox could have made.
    temporary: Vec<PathBuf>,
}

/// What nothing but a sandbox changes while a test runs.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    mounts: Vec<String>,
    groups: Vec<PathBuf>,
    files: BTreeMap<PathBuf, String>,
}

impl<'p> HostSnapshot<'p> {
    /// Looks at the host's mounts, control groups, temporary directories, `/etc`, and at the
    /// place's directory `host` and its executor.
    pub fn take(place: &'p TestDir) -> Self {
        Self {
            place,
            seen: look(place),
            temporary: temporary(place),
        }
    }

    /// Fails unless everything is as it was, and no process of the place is left.
    #[track_caller]
    pub fn assert_unchanged(&self) {
        let left = survivors(self.place);
        assert!(left.is_empty(), "processes are left: {left:#?}");
        let now = look(self.place);
        assert_eq!(self.seen.mounts, now.mounts);
        let left = self.left_groups();
        assert!(left.is_empty(), "control groups are left: {left:#?}");
        let left = self.left_over();
        assert!(left.is_empty(), "files are left: {left:#?}");
        assert_eq!(self.seen.files, now.files);
    }

    /// New control groups that nobody uses. Other sandboxes may start and end on the host meanwhile: a group with processes is
    /// theirs, because the place has none any more, and so is one that is removed soon.
    fn left_groups(&self) -> Vec<PathBuf> {
        // Version 2 counts the processes of groups below too.
        let is_empty = |group: &PathBuf| {
            let read = |file| fs::read_to_string(group.join(file)).ok();
            let events = read("cgroup.events");
            let events = events.map(|all| all.lines().any(|line| line == "populated 0"));
            events.or_else(|| Some(read("cgroup.procs")?.is_empty())) == Some(true)
        };
        let start = Instant::now();
        loop {
            let mut found = groups();
            found.retain(|group| !self.seen.groups.contains(group) && is_empty(group));
            if found.is_empty() || start.elapsed() > Duration::from_secs(5) {
                return found;
            }
            std::thread::yield_now();
        }
    }

    /// New entries of shared temporary directories that a sandbox has made. The payload's user may
    /// have other programs: what they take away, or remove soon, or hold open or mapped, is theirs.
    /// The sandbox's processes have ended, so nothing holds what it has left.
    fn left_over(&self) -> Vec<PathBuf> {
        let start = Instant::now();
        loop {
            let mut found = temporary(self.place);
            found.retain(|path| !self.temporary.contains(path));
            found.retain(|path| !is_held(path));
            if found.is_empty() || start.elapsed() > Duration::from_secs(5) {
                return found;
            }
            std::thread::yield_now();
        }
    }
}

fn look(place: &TestDir) -> Seen {
    let mut files = BTreeMap::new();
    record(&place.at("host"), true, &mut files);
    record(&place.executor(), true, &mut files);
    record(Path::new("/etc"), false, &mut files);
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("the mount table");
    let of_others = |line: &str| {
        let mut words = line.split([' ', '/']);
        words.any(|word| word.starts_with(PREFIX) && word != place.name())
    };
    let mounts = mounts.lines().filter(|line| !of_others(line));
    Seen {
        mounts: mounts.map(str::to_owned).collect(),
        groups: groups(),
        files,
    }
}

/// The control groups of sandboxes.
fn groups() -> Vec<PathBuf> {
    let mut groups = entries(Path::new("/sys/fs/cgroup"));
    groups.extend(groups.clone().iter().flat_map(|group| entries(group)));
    // The group `purple` stays: it is where root limits all sandboxes together.
    let of_run = |path: &Path| path.to_string_lossy().contains("purple-");
    groups.retain(|path| path.is_dir() && of_run(path));
    groups
}

/// The entries of shared temporary directories that a sandbox could have made.
fn temporary(place: &TestDir) -> Vec<PathBuf> {
    ["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue"]
        .iter()
        .flat_map(|dir| entries(Path::new(dir)))
        .filter(|path| could_be_ours(path, place))
        .collect()
}

/// Whether a process has a file open or mapped.
fn is_held(path: &Path) -> bool {
    let name = path.as_os_str().as_bytes();
    entries(Path::new("/proc")).iter().any(|process| {
        let descriptors = entries(&process.join("fd"));
        let mut open = descriptors.iter().map(fs::read_link);
        open.any(|target| target.is_ok_and(|target| target == path))
            || fs::read(process.join("maps")).is_ok_and(|maps| {
                maps.split(|&byte| byte == b'\n')
                    .any(|line| line.ends_with(name))
            })
    })
}

/// Other programs make temporary files too: look at those of the payload, and at our name.
fn could_be_ours(path: &Path, place: &TestDir) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let owner = path.symlink_metadata().map_or(0, |status| status.uid());
    let payload = owner == OUTSIDE_FOR_ROOT || (owner != 0 && owner == place.who.uid);
    !name.starts_with(PREFIX) && (payload || name.contains("purple-exec"))
}

/// A directory's entries, sorted; none when it cannot be read.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let Ok(list) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = list.flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// Notes what a file and all below it are like; with `content`, also what is in them.
fn record(path: &Path, content: bool, into: &mut BTreeMap<PathBuf, String>) {
    let Ok(status) = path.symlink_metadata() else {
        return;
    };
    let mut hasher = DefaultHasher::new();
    if status.is_symlink() {
        fs::read_link(path)
            .map(|target| target.as_os_str().as_bytes().to_vec())
            .ok()
            .hash(&mut hasher);
    } else if status.is_file() && content {
        fs::read(path).ok().hash(&mut hasher);
    }
    let line = format!(
        "{:o} {}:{} {} bytes, changed {}.{}, content {:x}",
        status.mode(),
        status.uid(),
        status.gid(),
        status.len(),
        status.mtime(),
        status.mtime_nsec(),
        hasher.finish(),
    );
    into.insert(path.to_owned(), line);
    if status.is_dir() {
        for entry in entries(path) {
            record(&entry, content, into);
        }
    }
}

/// The processes of a place that are still there after a while: the executor's own, and what runs
/// in its sandboxes.
pub fn survivors(place: &TestDir) -> Vec<String> {
    let start = Instant::now();
    loop {
        let found = processes(place);
        if found.is_empty() || start.elapsed() > Duration::from_secs(5) {
            return found;
        }
        std::thread::yield_now();
    }
}

/// The processes of a place, now.
pub fn processes(place: &TestDir) -> Vec<String> {
    let mark = format!("{MARK}={}", place.name());
    let executor = place.executor();
    let ours = |process: &Path| {
        fs::read_link(process.join("exe")).is_ok_and(|exe| exe == executor)
            || fs::read(process.join("environ")).is_ok_and(|all| {
                all.split(|&byte| byte == 0)
                    .any(|variable| variable == mark.as_bytes())
            })
    };
    entries(Path::new("/proc"))
        .into_iter()
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.as_bytes().iter().all(u8::is_ascii_digit))
        })
        .filter(|path| ours(path))
        .map(|path| {
            let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
            format!("{} {}", path.display(), name.trim())
        })
        .collect()
}
