//! A group of protected paths, and what of it lies in a directory of the host.

use crate::resolve::host::plain;

/// A group of paths: what several programs run or obey.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Its name in a policy, with the `@`.
    pub name: &'static str,
    /// Whether its paths are those of a home, and not of a project.
    pub is_of_home: bool,
    /// The programs, each with its paths.
    pub programs: &'static [Program],
}

/// What one program, or several alike, run or obey.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// Paths from the project or the home. A slash at the end says that it is a directory; what
    /// follows `=` is what the stub of a file holds.
    pub paths: &'static [&'static str],
    /// What says that it reads these.
    pub source: &'static str,
}

/// A path of a group: as it is below a directory of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupPath {
    /// Below the directory, without a slash at its end.
    pub(super) path: &'static str,
    pub(super) directory: bool,
    /// What the stub of a file holds.
    pub(super) content: &'static str,
}

impl Group {
    /// Its paths as the group names them, without slashes at the end and contents.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.texts().map(|text| split(text).path)
    }

    fn texts(&self) -> impl Iterator<Item = &'static str> + use<> {
        let programs = self.programs;
        programs.iter().flat_map(|program| program.paths).copied()
    }

    /// Its paths in a directory of the host: where the directory is a part of what the group is about,
    /// such as `/home/me/.config` or `.git`, what of them lies in it.
    pub(super) fn paths_in(&self, host: &str) -> Vec<GroupPath> {
        let rest = self.rest_in(host);
        if rest.is_empty() {
            self.texts().map(split).collect()
        } else {
            rest
        }
    }

    /// What of its paths lies in a directory that is itself a part of them.
    pub(super) fn rest_in(&self, host: &str) -> Vec<GroupPath> {
        let host = plain(host);
        let within = |text| {
            let whole = split(text);
            let ends = whole.path.match_indices('/').map(|(at, _)| at);
            let mut rest = ends.filter_map(|at| whole.path.split_at_checked(at));
            let (_, rest) = rest.find(|(above, _)| self.is_at(&host, above))?;
            let path = rest.trim_start_matches('/');
            Some(GroupPath { path, ..whole })
        };
        self.texts().filter_map(within).collect()
    }

    /// Whether a directory of the host, without steps up, is this part of the group's project or home.
    fn is_at(&self, host: &str, part: &str) -> bool {
        if self.is_of_home {
            return below_home(host) == Some(part);
        }
        let above = host.strip_suffix(part);
        above.is_some_and(|above| above.is_empty() || above.ends_with('/'))
    }

    /// The path of the group that a path of the host is, or lies in.
    pub(crate) fn holding(&self, host: &str) -> Option<&'static str> {
        let host = plain(host);
        let holds = |name: &&'static str| {
            let mut starts = host.match_indices('/').map(|(at, _)| at);
            let is_at = |end: usize| host.get(..end).is_some_and(|host| self.is_at(host, name));
            is_at(host.len()) || starts.any(is_at)
        };
        self.names().find(holds)
    }
}

/// What of a path, without steps up, lies below the home directory that it is in: nothing where it is the
/// home itself. `None` where it is in none.
///
/// `/var/home` and `/var/roothome` are where hosts have them that keep `/` as it is (ostree(1)), `/export/home` is where a
/// server of NFS has them, and `/mnt/c/Users` is where WSL shows those of Windows.
pub(crate) fn below_home(host: &str) -> Option<&str> {
    let path = host.strip_prefix('/')?;
    for root in ["root", "var/roothome"] {
        let rest = path.strip_prefix(root);
        if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Some(rest.trim_start_matches('/'));
        }
    }
    let inner = ["var/", "export/"]
        .into_iter()
        .find_map(|above| path.strip_prefix(above));
    let path = inner.or_else(|| drive(path)).unwrap_or(path);
    let homes = path
        .strip_prefix("home/")
        .or_else(|| path.strip_prefix("Users/"))?;
    (!homes.is_empty()).then(|| homes.split_once('/').map_or("", |(_, rest)| rest))
}

/// What lies on a drive of Windows, as WSL shows it.
fn drive(path: &str) -> Option<&str> {
    let (letter, rest) = path.strip_prefix("mnt/")?.split_once('/')?;
    (letter.len() == 1).then_some(rest)
}

/// The parts of a group's text.
fn split(text: &'static str) -> GroupPath {
    let (path, content) = text.split_once('=').unwrap_or((text, ""));
    GroupPath {
        path: path.trim_end_matches('/'),
        directory: path.ends_with('/'),
        content,
    }
}
