//! The facts of this host that a policy can name.

use purple_host::held::identity_at;
use purple_host::path::shown;
use purple_host::{FileError, users};
use purplec::facts::{HostFact, HostFacts, Ids};
use std::env;
use std::fmt::{self, Display};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The facts for a run that is started from the working directory by this user. Where this host does not have one, or no plan can
/// hold its value, a policy that names it does not compile, and the finding says why.
pub fn of_this_host() -> HostFacts {
    let mut facts = HostFacts::default();
    facts.set_ids(Ids {
        user: Some(users::own_uid()),
        group: Some(users::own_gid()),
    });
    let unset = || "neither HOME nor the user database names an absolute path".to_owned();
    let directory = |path: Option<PathBuf>| path.ok_or_else(unset);
    let cache = users::base_directory("XDG_CACHE_HOME", ".cache");
    let config = users::base_directory("XDG_CONFIG_HOME", ".config");
    let values = [
        (HostFact::Home, directory(users::home())),
        (HostFact::Cache, directory(cache)),
        (HostFact::Config, directory(config)),
        (
            HostFact::Workspace,
            workspace().map_err(|error| error.to_string()),
        ),
    ];
    for (fact, value) in values {
        let text = value.and_then(|path| match path.to_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(format!("{} is not UTF-8", shown(&path))),
        });
        facts.set_or_say_why(fact, text);
    }
    let name = users::own_name();
    facts.set_or_say_why(
        HostFact::User,
        name.ok_or_else(|| "the user database does not name this user".to_owned()),
    );
    facts
}

/// The root of the repository that has the working directory, or else the working directory; the error says why that is no
/// workspace.
fn workspace() -> Result<PathBuf, FactError> {
    let start = env::current_dir().map_err(FactError::WorkingDirectory)?;
    let owner = |path: &Path| path.symlink_metadata().ok().map(|found| found.uid());
    let own = [owner(&start), Some(users::own_uid())];
    // A repository of somebody else's above, such as one in /tmp, does not decide what is shown.
    let is_own = |found: Option<u32>| found.is_some() && own.contains(&found);
    let root = start
        .ancestors()
        .find(|above| is_own(owner(&above.join(".git"))))
        .unwrap_or(&start)
        .to_owned();
    let homes = users::home_directories().map_err(FactError::Users)?;
    let found = identity_at(&root);
    let is_home = found.is_some() && homes.iter().any(|home| identity_at(home.target()) == found);
    if is_home {
        return Err(FactError::HomeIsNoWorkspace(root));
    }
    Ok(root)
}

/// Why the facts of this host are not known.
#[derive(Debug)]
pub enum FactError {
    /// There is no working directory.
    WorkingDirectory(io::Error),
    /// The database of users cannot be read.
    Users(FileError),
    /// The run starts in a home directory, or in a repository that is one.
    HomeIsNoWorkspace(PathBuf),
}

impl Display for FactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkingDirectory(error) => write!(f, "the working directory: {error}"),
            Self::Users(error) => error.fmt(f),
            Self::HomeIsNoWorkspace(home) => write!(
                f,
                "it would be the home directory {}; start the run from the directory of a project",
                shown(home)
            ),
        }
    }
}

impl std::error::Error for FactError {}
