//! Compiled plans, kept by the digest of what they are made from: the policy's text, the texts that
//! it inherits from, and the compiler. What is kept saves compiling, no more: it is read once, and those bytes are what runs.

use nix::fcntl::{AT_FDCWD, OFlag, openat, renameat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use purple_plan::{MAX_PLAN_BYTES, Plan, Sha256};
use purplec::seal::hex;
use purplec::source::Sources;
use std::fs::{DirBuilder, File};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// This program's compiler, as plans name it: both have the workspace's version.
const COMPILER: &str = concat!("purplec ", env!("CARGO_PKG_VERSION"));

/// The directory of the kept plans; `None` where the environment names no place for it.
pub fn directory() -> Option<PathBuf> {
    let absolute = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(base.join("purple").join("plans"))
}

/// The place of one policy's plan.
#[derive(Debug)]
pub struct Entry {
    directory: PathBuf,
    name: String,
}

impl Entry {
    /// The place of this policy's plan; `None` where nothing can be kept.
    pub fn of(sources: &Sources) -> Option<Self> {
        Some(Self {
            directory: directory()?,
            name: key(sources)? + ".plan",
        })
    }

    /// The kept plan, if there is one that only the caller can have written and that this compiler
    /// has made from these very texts.
    pub fn look_up(&self, sources: &Sources) -> Option<Vec<u8>> {
        let directory = open(&self.directory)?;
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = openat(&directory, self.name.as_str(), flags, Mode::empty()).ok()?;
        let found = fstat(&file).ok()?;
        if !is_ours(&found, SFlag::S_IFREG) {
            return None;
        }
        let mut bytes = Vec::new();
        // A longer file is cut here, and a cut plan does not decode.
        let most = u64::try_from(MAX_PLAN_BYTES).ok()?;
        File::from(file).take(most).read_to_end(&mut bytes).ok()?;
        let plan = Plan::decode(&bytes).ok()?;
        let same_text = plan.meta.source_digest == sources.digest();
        let same_compiler = plan.meta.compiler.to_bytes() == COMPILER.as_bytes();
        (same_text && same_compiler).then_some(bytes)
    }

    /// Keeps a plan where that works: under another name first, then renamed.
    pub fn keep(&self, bytes: &[u8]) -> std::io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)?;
        let Some(directory) = open(&self.directory) else {
            return Err(std::io::ErrorKind::PermissionDenied.into());
        };
        let partial = format!("{}.{}", self.name, std::process::id());
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
        let written = openat(
            &directory,
            partial.as_str(),
            flags,
            Mode::S_IRUSR | Mode::S_IWUSR,
        )
        .map_err(std::io::Error::from)
        .and_then(|file| File::from(file).write_all(bytes))
        .and_then(|()| {
            let renamed = renameat(&directory, partial.as_str(), &directory, self.name.as_str());
            Ok(renamed?)
        });
        if written.is_err() {
            unlinkat(&directory, partial.as_str(), UnlinkatFlags::NoRemoveDir)?;
        }
        written
    }
}

/// The directory, if only the caller can have written there.
fn open(path: &Path) -> Option<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let directory = openat(AT_FDCWD, path, flags, Mode::empty()).ok()?;
    is_ours(&fstat(&directory).ok()?, SFlag::S_IFDIR).then_some(directory)
}

/// Whether it is of this kind and only the caller can have written there.
fn is_ours(found: &FileStat, kind: SFlag) -> bool {
    found.st_uid == nix::unistd::geteuid().as_raw()
        && found.st_mode & SFlag::S_IFMT.bits() == kind.bits()
        && found.st_mode & (Mode::S_IWGRP | Mode::S_IWOTH).bits() == 0
}

/// A digest of the compiler, which is part of this program, and the texts.
fn key(sources: &Sources) -> Option<String> {
    let program = std::fs::metadata(std::env::current_exe().ok()?).ok()?;
    let mut digest = Sha256::new();
    for number in [
        program.len().cast_signed(),
        program.mtime(),
        program.mtime_nsec(),
    ] {
        digest.update(&number.to_le_bytes());
    }
    digest.update(COMPILER.as_bytes());
    digest.update(&[0]);
    digest.update(&sources.digest());
    Some(hex(&digest.finish()))
}
