//! What a plan shares of the host: what the operator looks at before, and the directories it makes.

use crate::route::Route;
use crate::{Problem, cache, homes, say};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat, readlinkat};
use nix::sys::stat::{Mode, SFlag, fstat, mkdirat};
use purple_plan::{Mount, MountKind, Plan, mount_flags};
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// Looks at everything that is shared, and makes nothing.
pub fn check(plan: &Plan<'_>) -> Result<(), Problem> {
    let homes = homes::all()?;
    for shared in binds(plan) {
        if shared.source.is_relative() {
            shared.walk(Missing::Leave)?;
            shared.guard_homes(&homes)?;
        }
        if shared.is_output()
            && let Some(directory) = cache::directory()
        {
            let what = "where compiled plans are kept: choose another output path, or set \
                XDG_CACHE_HOME to a directory outside it, for every run";
            shared.guard(&directory, what)?;
        }
    }
    Ok(())
}

/// Looks whether the program could write to the audit log.
pub fn guard_log(plan: &Plan<'_>, log: &Path) -> Result<(), Problem> {
    let directory = log.parent().unwrap_or(log);
    binds(plan)
        .filter(Shared::is_output)
        .try_for_each(|shared| {
            shared.guard(
                directory,
                "where the audit log lies: choose another output path or `log_path`",
            )
        })
}

/// Makes the output directories that are still missing.
pub fn make(plan: &Plan<'_>) -> Result<(), Problem> {
    for shared in binds(plan).filter(|one| one.is_output() && one.source.is_relative()) {
        if shared.walk(Missing::Make)? {
            say(&format!(
                "made the output directory {}",
                shared.source.display()
            ));
        }
    }
    Ok(())
}

/// What to do about a part of a path that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Leave,
    Make,
}

/// A host path that is shared.
#[derive(Debug)]
struct Shared<'a> {
    mount: Mount<'a>,
    source: &'a Path,
}

fn binds<'a>(plan: &Plan<'a>) -> impl Iterator<Item = Shared<'a>> {
    plan.mounts
        .iter()
        .filter(|mount| mount.kind == MountKind::Bind)
        .map(|mount| {
            let source = Path::new(OsStr::from_bytes(mount.source.to_bytes()));
            Shared { mount, source }
        })
}

impl Shared<'_> {
    /// Whether the program can write there.
    fn is_output(&self) -> bool {
        self.mount.flags & mount_flags::OWNED != 0
    }

    fn problem(&self, what: &str) -> Problem {
        let (source, line) = (self.source.display(), self.mount.line);
        Problem::new(format!("the host path {source} ({line}) {what}"))
    }

    /// Follows a relative path by directory handles, part by part, and refuses symbolic links: a
    /// project may come from anywhere, and a link in it must not choose what is shared. Gives
    /// whether something was missing.
    fn walk(&self, missing: Missing) -> Result<bool, Problem> {
        let failed = |at: &Path, errno: Errno| {
            self.problem(&format!(
                "cannot be followed at {}: {}",
                at.display(),
                errno.desc()
            ))
        };
        let here = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mut at = PathBuf::from(".");
        let mut place = openat(AT_FDCWD, ".", here, Mode::empty()).map_err(|e| failed(&at, e))?;
        let mut lacking = false;
        for part in self.source.components() {
            match part {
                Component::ParentDir if lacking && self.is_output() => {
                    return Err(self.problem(
                        "goes up by `..` from a directory that does not exist: write it without",
                    ));
                }
                Component::Normal(_) | Component::ParentDir => {}
                Component::CurDir | Component::RootDir | Component::Prefix(_) => continue,
            }
            at.push(part);
            if lacking && missing == Missing::Leave {
                continue;
            }
            let mut found = openat(&place, part.as_os_str(), here, Mode::empty());
            if found.as_ref().is_err_and(|errno| *errno == Errno::ENOENT) {
                lacking = true;
                if missing == Missing::Leave {
                    continue;
                }
                match mkdirat(&place, part.as_os_str(), Mode::from_bits_truncate(0o755)) {
                    // Somebody else was faster; what they made is looked at below.
                    Ok(()) | Err(Errno::EEXIST) => {}
                    Err(errno) => return Err(failed(&at, errno)),
                }
                found = openat(&place, part.as_os_str(), here, Mode::empty());
            }
            place = found.map_err(|errno| failed(&at, errno))?;
            self.refuse_link(&at, &place)?;
        }
        Ok(lacking)
    }

    fn refuse_link(&self, at: &Path, place: &OwnedFd) -> Result<(), Problem> {
        let found = fstat(place)
            .map_err(|errno| self.problem(&format!("{}: {}", at.display(), errno.desc())))?;
        if found.st_mode & SFlag::S_IFMT.bits() != SFlag::S_IFLNK.bits() {
            return Ok(());
        }
        let whither = readlinkat(place, "")
            .map_err(|errno| self.problem(&format!("{}: {}", at.display(), errno.desc())))?;
        Err(self.problem(&format!(
            "leads through the symbolic link {} to {}, which a relative path must not: \
             name the directory itself in the policy",
            at.display(),
            whither.display()
        )))
    }

    fn guard_homes(&self, homes: &[Route]) -> Result<(), Problem> {
        let real = self.real()?;
        let what = if Route::of(Path::new("/")).is_some_and(|root| root.passes(&real)) {
            "is the whole host"
        } else if let Some(home) = homes.iter().find(|home| home.passes(&real)) {
            if home.end() == real {
                "is a home directory"
            } else {
                "holds a home directory"
            }
        } else {
            return Ok(());
        };
        Err(Problem::new(format!(
            "{} would be shared as {} ({}), and it {what}: start from a project's directory",
            real.display(),
            self.mount.target.to_string_lossy(),
            self.mount.line
        )))
    }

    /// Some files are trusted, so no program may write to them, or to what leads to them.
    fn guard(&self, directory: &Path, what: &str) -> Result<(), Problem> {
        let circle = || Problem::new(format!("{}: too many links", directory.display()));
        let kept = Route::of(directory).ok_or_else(circle)?;
        let real = self.real()?;
        let inside = Route::of(&real).is_some_and(|route| route.passes(kept.end()));
        if !inside && !kept.passes(&real) {
            return Ok(());
        }
        let directory = directory.display();
        Err(self.problem(&format!(
            "would let the program write to {directory}, {what}"
        )))
    }

    /// Where the path leads.
    fn real(&self) -> Result<PathBuf, Problem> {
        Route::of(self.source)
            .map(|route| route.end().to_owned())
            .ok_or_else(|| self.problem("leads nowhere"))
    }
}
