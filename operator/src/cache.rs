//! Compiled plans, kept by the digest of what they are made from: the policy's text and the
//! compiler. A place that cannot be trusted or written is not used; then the plan lives in memory.

use crate::Problem;
use crate::plans::Ready;
use nix::sys::memfd::{MFdFlags, memfd_create};
use purple_plan::{Plan, Sha256};
use purplec::seal::hex;
use purplec::source::Source;
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::Write as _;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Where the plan of this policy is kept; `None` where nothing can be kept.
pub(crate) fn place(source: &Source) -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    if !base.is_absolute() {
        return None;
    }
    let dir = base.join("purple").join("plans");
    DirBuilder::new().recursive(true).mode(0o700).create(&dir).ok()?;
    let found = std::fs::symlink_metadata(&dir).ok()?;
    if is_ours(&found) { Some(dir.join(key(source)?)) } else { None }
}

/// The kept plan, if there is one and it was made from this very text.
pub(crate) fn look_up(place: &Path, source: &Source) -> Option<Ready> {
    let found = std::fs::symlink_metadata(place).ok()?;
    if !found.is_file() || !is_ours(&found) {
        return None;
    }
    let bytes = std::fs::read(place).ok()?;
    let plan = Plan::decode(&bytes).ok()?;
    if plan.meta.source_digest != purple_plan::sha256(source.text.as_bytes()) {
        return None;
    }
    Some(Ready { path: place.to_owned(), bytes, _holder: None })
}

/// Keeps a plan, on disk where that works, else in memory.
pub(crate) fn keep(place: Option<PathBuf>, bytes: Vec<u8>) -> Result<Ready, Problem> {
    if let Some(path) = place.filter(|path| write(path, &bytes).is_ok()) {
        return Ok(Ready { path, bytes, _holder: None });
    }
    let failed = |error: &dyn std::fmt::Display| Problem::new(format!("keeping the plan: {error}"));
    // It stays open across exec, on purpose: purple-exec reads it by its descriptor.
    let memory: OwnedFd =
        memfd_create(c"plan", MFdFlags::empty()).map_err(|error| failed(&error))?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", memory.as_raw_fd()));
    File::from(memory.try_clone().map_err(|error| failed(&error))?)
        .write_all(&bytes)
        .map_err(|error| failed(&error))?;
    Ok(Ready { path, bytes, _holder: Some(memory) })
}

/// Whether only the caller can have written there.
fn is_ours(found: &Metadata) -> bool {
    found.uid() == nix::unistd::geteuid().as_raw() && found.mode() & 0o022 == 0
}

/// The file's name: a digest of the compiler, which is part of this program, and the text.
fn key(source: &Source) -> Option<String> {
    let program = std::fs::metadata(std::env::current_exe().ok()?).ok()?;
    let mut digest = Sha256::new();
    for number in [program.len().cast_signed(), program.mtime(), program.mtime_nsec()] {
        digest.update(&number.to_le_bytes());
    }
    digest.update(env!("CARGO_PKG_VERSION").as_bytes());
    digest.update(&[0]);
    digest.update(source.text.as_bytes());
    Some(hex(&digest.finish()) + ".plan")
}

/// Writes a file in one piece: under another name first, then renamed.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let partial = path.with_extension(std::process::id().to_string());
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&partial)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| std::fs::rename(&partial, path));
    if written.is_err() && partial.exists() {
        std::fs::remove_file(&partial)?;
    }
    written
}
