//! What a plan shares by relative paths: the directory that the operator happens to be in.

use crate::{Problem, say};
use nix::unistd::User;
use purple_plan::{Mount, MountKind, Plan, mount_flags};
use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Refuses to share a home directory or what lies above one only because the operator stands
/// there.
pub(crate) fn check(plan: &Plan<'_>) -> Result<(), Problem> {
    let homes = homes();
    for (mount, source) in relative(plan) {
        guard(&mount, source, &homes)?;
    }
    Ok(())
}

/// Makes the output directories that are still missing.
pub(crate) fn make(plan: &Plan<'_>) -> Result<(), Problem> {
    for (mount, source) in relative(plan) {
        if mount.flags & mount_flags::OWNED != 0 {
            make_one(source)?;
        }
    }
    Ok(())
}

fn relative<'a>(plan: &Plan<'a>) -> impl Iterator<Item = (Mount<'a>, &'a Path)> {
    plan.mounts
        .iter()
        .filter(|mount| mount.kind == MountKind::Bind)
        .map(|mount| (mount, Path::new(OsStr::from_bytes(mount.source.to_bytes()))))
        .filter(|(_, source)| source.is_relative())
}

fn guard(mount: &Mount<'_>, source: &Path, homes: &[PathBuf]) -> Result<(), Problem> {
    // A path that does not resolve is refused by purple-exec, with the policy's line.
    let Ok(real) = source.canonicalize() else {
        return Ok(());
    };
    let Some(home) = homes.iter().find(|home| home.starts_with(&real)) else {
        return Ok(());
    };
    let what = if real == Path::new("/") {
        "is the whole host"
    } else if *home == real {
        "is a home directory"
    } else {
        "holds a home directory"
    };
    Err(Problem::new(format!(
        "{} would be shared as {} (policy line {}), and it {what}: start from a project's directory",
        real.display(),
        mount.target.to_string_lossy(),
        mount.line
    )))
}

/// The caller's home directory, by the environment and by the user database; and the root, which
/// nobody should share either.
fn homes() -> Vec<PathBuf> {
    let named = std::env::var_os("HOME").map(PathBuf::from);
    let listed = User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.dir);
    // A home that does not exist hides nothing.
    let root = PathBuf::from("/");
    named
        .into_iter()
        .chain(listed)
        .chain([root])
        .filter_map(|path| path.canonicalize().ok())
        .collect()
}

fn make_one(dir: &Path) -> Result<(), Problem> {
    if dir.symlink_metadata().is_ok() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(dir)
        .map_err(|error| Problem::new(format!("{}: {error}", dir.display())))?;
    say(&format!("made the output directory {}", dir.display()));
    Ok(())
}
