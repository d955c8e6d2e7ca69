//! The facts of this host that a policy can name.

use crate::workspace::is_of_host;
use purple_host::held::identity_at;
use purple_host::path::{ResolvedPath, shown};
use purple_host::{FileError, users};
use purplec::facts::{HostFact, HostFacts, Ids};
use purplec::resolve::{GROUPS, Group};
use std::env;
use std::fmt::{self, Display};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The most that is read of a user's configuration of git, in bytes.
const LONGEST: usize = 1 << 20;

/// The facts for a run that is started from the working directory by this user. Where this host does not have one, or no plan can
/// hold its value, a policy that names it does not compile, and the finding says why.
pub fn of_this_host() -> HostFacts {
    let mut facts = HostFacts::default();
    facts.set_ids(Ids {
        user: Some(users::own_uid()),
        group: Some(users::own_gid()),
    });
    let unset = || "neither HOME nor the user database names an absolute path".to_owned();
    // `//home/me/` and `/home/./me` are written without what means nothing.
    let directory = |path: Option<PathBuf>| {
        let path: Option<PathBuf> = path.map(|path| path.components().collect());
        path.ok_or_else(unset)
    };
    let cache = users::base_directory("XDG_CACHE_HOME", ".cache");
    let config = users::base_directory("XDG_CONFIG_HOME", ".config");
    let values = [
        (HostFact::Home, directory(users::home())),
        (HostFact::Cache, directory(cache)),
        (HostFact::Config, directory(config)),
    ];
    let places = Places::find().map_err(|error| error.to_string());
    let workspace = places.as_ref().map(|places| places.workspace.clone());
    let values = values
        .into_iter()
        .chain([(HostFact::Workspace, workspace.map_err(Clone::clone))]);
    for (fact, value) in values {
        let text = value.and_then(|path| match path.to_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(format!("{} is not UTF-8", shown(&path))),
        });
        facts.set_or_say_why(fact, text);
    }
    if let Ok(places) = places {
        for (fact, path) in [
            (HostFact::Start, Some(places.start)),
            (
                HostFact::GitDirectory,
                purple_git::shared_directory(&places.workspace),
            ),
        ] {
            if let Some(path) = path.as_deref().and_then(Path::to_str) {
                facts.set_or_say_why(fact, Ok(path.to_owned()));
            }
        }
    }
    let files = purple_git::user_files();
    let files = files.filter_map(|path| purple_files::read(&path, LONGEST).ok());
    let settings = purple_git::settings(&files.collect::<Vec<_>>());
    if !settings.is_empty() && facts.set_git_config(&settings).is_err() {
        // It has no NUL.
    }
    let name = users::own_name();
    facts.set_or_say_why(
        HostFact::User,
        name.ok_or_else(|| "the user database does not name this user".to_owned()),
    );
    facts
}

/// Where the run starts.
struct Places {
    /// The working directory.
    start: PathBuf,
    /// The root of the repository that has it, or else the same directory.
    workspace: PathBuf,
}

impl Places {
    /// Finds both; the error says why there is no workspace.
    fn find() -> Result<Self, FactError> {
        let start = env::current_dir().map_err(FactError::WorkingDirectory)?;
        let workspace = workspace_of(&start)?;
        Ok(Self { start, workspace })
    }
}

/// The workspace of a run that starts here; `None` where there is none.
pub(crate) fn workspace() -> Option<PathBuf> {
    Places::find().ok().map(|places| places.workspace)
}

fn workspace_of(start: &Path) -> Result<PathBuf, FactError> {
    let owner = |path: &Path| path.symlink_metadata().ok().map(|found| found.uid());
    let own = [owner(start), Some(users::own_uid())];
    // A repository of another user in a parent directory, such as /tmp, must not decide what is shown.
    let is_own = |found: Option<u32>| found.is_some() && own.contains(&found);
    let root = start
        .ancestors()
        .find(|above| is_own(owner(&above.join(".git"))))
        .unwrap_or(start)
        .to_owned();
    let homes = users::home_directories().map_err(FactError::Users)?;
    // Under other names, such as those of bind mounts, too.
    let found = identity_at(&root);
    let is_home = |home: &ResolvedPath| home.passes(&root) || identity_at(home.target()) == found;
    if homes.iter().any(is_home) {
        return Err(FactError::HomeIsNoWorkspace(root));
    }
    if homes.iter().any(|home| is_obeyed_in(home, &root)) {
        return Err(FactError::ObeyedInHome(root));
    }
    let is_of_host = users::is_root() && is_of_host(&root);
    if is_of_host || is_shared(&root) {
        return Err(FactError::HostIsNoWorkspace(root));
    }
    Ok(root)
}

/// Whether a directory is, or lies in, a part of a home directory whose files are obeyed or are secrets: one of the group `@home`.
fn is_obeyed_in(home: &ResolvedPath, directory: &Path) -> bool {
    let Ok(rest) = directory.strip_prefix(home.target()) else {
        return false;
    };
    let groups = GROUPS.iter().filter(|group| group.is_of_home);
    groups
        .flat_map(Group::names)
        .any(|name| rest.starts_with(name))
}

/// Whether a directory is for everybody's files, such as /tmp: others can write to it, and only remove what is theirs.
fn is_shared(directory: &Path) -> bool {
    const STICKY: u32 = 0o1000;
    const OTHERS_WRITE: u32 = 0o002;
    let found = directory.symlink_metadata();
    found.is_ok_and(|found| found.mode() & (STICKY | OTHERS_WRITE) == STICKY | OTHERS_WRITE)
}

/// Why the facts of this host are not known.
#[derive(Debug)]
pub enum FactError {
    /// There is no working directory.
    WorkingDirectory(io::Error),
    /// The database of users cannot be read.
    Users(FileError),
    /// The run starts in a home directory, or in a repository that is one or has one in it.
    HomeIsNoWorkspace(PathBuf),
    /// The run starts in a part of a home directory whose files are obeyed or are secrets.
    ObeyedInHome(PathBuf),
    /// Root starts the run in a directory of the host's own, or it is one for everybody's files.
    HostIsNoWorkspace(PathBuf),
}

impl Display for FactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkingDirectory(error) => write!(f, "the working directory: {error}"),
            Self::Users(error) => error.fmt(f),
            Self::HomeIsNoWorkspace(home) => write!(
                f,
                "the workspace would be {}, which is a home directory or has one in it; start the run from the directory of a project, and \
                 type `git init` there if it has no repository of its own",
                shown(home)
            ),
            Self::ObeyedInHome(directory) => write!(
                f,
                "the workspace would be {}, whose files programs of yours obey or which are secrets; start the run from the directory of a project",
                shown(directory)
            ),
            Self::HostIsNoWorkspace(directory) => write!(
                f,
                "the workspace would be {}, a system directory; start the run from the directory of a project",
                shown(directory)
            ),
        }
    }
}

impl std::error::Error for FactError {}
