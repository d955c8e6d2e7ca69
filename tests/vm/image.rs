//! What a machine starts with: an archive of files for its memory.
//!
//! Everything stands below `/system`, which process 1 makes the root. Its programs and libraries are
//! the ones of the machine that runs the tests.

use crate::Fault;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs of the host that scenarios use.
const PROGRAMS: [&str; 36] = [
    "cat",
    "chmod",
    "cp",
    "dd",
    "echo",
    "env",
    "false",
    "grep",
    "head",
    "id",
    "ip",
    "kill",
    "ln",
    "ls",
    "losetup",
    "mkdir",
    "mkfs.ext4",
    "mount",
    "mv",
    "nsenter",
    "python3",
    "readlink",
    "rm",
    "seq",
    "setpriv",
    "sh",
    "sleep",
    "stat",
    "sync",
    "tail",
    "timeout",
    "touch",
    "true",
    "umount",
    "unshare",
    "wc",
];

/// systemd's user manager and what starts scopes in it, where the host has them; and its units.
const SYSTEMD: [&str; 2] = ["/usr/lib/systemd/systemd", "/usr/bin/systemd-run"];
const UNITS: &str = "/usr/lib/systemd/user";

/// The parts of Python's library that scenarios use, beside the files that stand at its top.
const PYTHON_PARTS: [&str; 10] = [
    "collections",
    "concurrent",
    "concurrent/futures",
    "ctypes",
    "encodings",
    "importlib",
    "json",
    "lib-dynload",
    "logging",
    "re",
];

/// The programs under test below the directory of what is built, and where they stand in the machine.
const UNDER_TEST: [&str; 4] = [
    "debug/purple",
    "debug/purple-exec",
    "debug/purple-net",
    "debug/purplec",
];
pub(crate) const PROGRAM_DIR: &str = "/programs";

/// The ordinary user.
pub(crate) const USER: &str = "purple-test";

const ACCOUNTS: &str = "root:x:0:0::/:/bin/sh\npurple-test:x:1000:1000::/:/bin/sh\n";
const GROUPS: &str = "root:x:0:\npurple-test:x:1000:\n";

/// Links that Debian has.
const LINKS: [(&str, &str); 8] = [
    ("system/bin", "usr/bin"),
    ("system/sbin", "usr/sbin"),
    ("system/lib", "usr/lib"),
    ("system/lib64", "usr/lib64"),
    // The first program starts before `/system` is the root.
    ("lib", "system/usr/lib"),
    ("lib64", "system/usr/lib64"),
    ("usr", "system/usr"),
    ("init", "system/programs/vm"),
];

/// The archive for a kernel, with what `cpio -H newc` calls files. `target` is what is built.
pub(crate) fn build(kernel: &Path, target: &Path) -> Result<Vec<u8>, Fault> {
    let mut image = Image::default();
    let mut elf = BTreeSet::new();
    for name in PROGRAMS {
        let path = find(name).ok_or_else(|| format!("{name} is not installed"))?;
        image.host_file(&path)?;
        elf.insert(path);
    }
    let python = Path::new("/usr/bin/python3").canonicalize();
    let python = python.map_err(|error| format!("python3: {error}"))?;
    let python = Path::new("/usr/lib").join(python.file_name().unwrap_or_default());
    for dir in PYTHON_PARTS
        .iter()
        .map(|part| python.join(part))
        .chain([python.clone()])
    {
        for dir in [dir.join("__pycache__"), dir] {
            for path in files(&dir) {
                image.host_file(&path)?;
                elf.extend(Some(path).filter(|path| path.extension().is_some_and(|e| e == "so")));
            }
        }
    }
    for path in SYSTEMD
        .map(PathBuf::from)
        .into_iter()
        .filter(|path| path.exists())
    {
        image.host_file(&path)?;
        elf.insert(path);
    }
    let unit = |path: &PathBuf| {
        path.extension()
            .is_some_and(|e| e == "target" || e == "slice")
    };
    for path in files(Path::new(UNITS)).filter(unit) {
        image.host_file(&path)?;
    }
    let own = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
    elf.insert(own.clone());
    let stripped = kernel.join("stripped");
    for path in UNDER_TEST
        .map(|name| target.join(name))
        .iter()
        .chain([&own])
    {
        // Without symbols they are a tenth as large.
        let done = Command::new("strip")
            .arg("-o")
            .arg(&stripped)
            .arg(path)
            .output();
        let done = done.map_err(|error| format!("strip: {error}"))?;
        if !done.status.success() {
            return Err(String::from_utf8_lossy(&done.stderr).trim().to_owned());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        image.file(
            &format!("system{PROGRAM_DIR}/{name}"),
            read(&stripped)?,
            0o755,
        );
        elf.insert(path.clone());
    }
    fs::remove_file(&stripped).map_err(|error| format!("{}: {error}", stripped.display()))?;
    for path in libraries(&elf)? {
        image.host_file(&path)?;
    }
    for path in files(kernel).filter(|path| path.extension().is_some_and(|e| e == "ko")) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        image.file(&format!("system/modules/{name}"), read(&path)?, 0o644);
    }
    image.file("system/etc/passwd", ACCOUNTS.into(), 0o644);
    image.file("system/etc/group", GROUPS.into(), 0o644);
    for dir in ["proc", "sys", "dev", "tmp", "run", "scratch"] {
        image.dir(&format!("system/{dir}"));
    }
    for (link, to) in LINKS {
        image.entry(link, 0o120_777, to.into());
    }
    Ok(image.archive())
}

/// Where a program is.
fn find(name: &str) -> Option<PathBuf> {
    let dirs = ["/usr/bin", "/usr/sbin"].iter();
    dirs.map(|dir| Path::new(dir).join(name))
        .find(|path| path.exists())
}

/// The files in a directory, without those below it; none where it does not exist.
fn files(dir: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
}

/// The libraries that programs need, as the dynamic loader finds them.
fn libraries(programs: &BTreeSet<PathBuf>) -> Result<BTreeSet<PathBuf>, Fault> {
    let out = Command::new("ldd").args(programs).output();
    let out = out.map_err(|error| format!("ldd: {error}"))?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let words = text
        .lines()
        .filter(|line| line.starts_with('\t'))
        .flat_map(str::split_whitespace);
    Ok(words
        .filter(|word| word.starts_with('/'))
        .map(PathBuf::from)
        .collect())
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Files by their path: mode and content.
#[derive(Debug, Default)]
struct Image(BTreeMap<String, (u32, Vec<u8>)>);

impl Image {
    /// Takes a file of the host, at its place without symbolic links on the way.
    fn host_file(&mut self, path: &Path) -> Result<(), Fault> {
        let fault = |error| format!("{}: {error}", path.display());
        let name = path.file_name().unwrap_or_default();
        let place = path
            .parent()
            .unwrap_or(path)
            .canonicalize()
            .map_err(fault)?
            .join(name);
        let mode = path.metadata().map_err(fault)?.permissions().mode();
        self.file(
            &format!("system{}", place.display()),
            read(path)?,
            mode & 0o755,
        );
        Ok(())
    }

    fn file(&mut self, path: &str, content: Vec<u8>, mode: u32) {
        self.entry(path, 0o100_000 | mode, content);
    }

    fn dir(&mut self, path: &str) {
        self.entry(path, 0o40_755, Vec::new());
    }

    fn entry(&mut self, path: &str, mode: u32, content: Vec<u8>) {
        if let Some((above, _)) = path.rsplit_once('/')
            && !self.0.contains_key(above)
        {
            self.dir(above);
        }
        let _before: Option<(u32, Vec<u8>)> = self.0.insert(path.to_owned(), (mode, content));
    }

    /// The archive: for each file a header of hexadecimal numbers, the name, and the content, each
    /// on a boundary of four bytes (Documentation/driver-api/early-userspace/buffer-format.rst).
    fn archive(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let end = (0, Vec::new());
        let files = self.0.iter().map(|(path, file)| (path.as_str(), file));
        for (number, (path, (mode, content))) in files.chain([("TRAILER!!!", &end)]).enumerate() {
            let mut header = "070701".to_owned();
            let name = path.len() + 1;
            let mode = usize::try_from(*mode).unwrap_or(0);
            for field in [
                number + 1,
                mode,
                0,
                0,
                1,
                0,
                content.len(),
                0,
                0,
                0,
                0,
                name,
                0,
            ] {
                write!(header, "{field:08x}").expect("a string grows");
            }
            bytes.extend(header.bytes().chain(path.bytes()).chain([0]));
            pad(&mut bytes);
            bytes.extend(content);
            pad(&mut bytes);
        }
        bytes
    }
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}
