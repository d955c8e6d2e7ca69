//! What is wrong with a flag.

use purplec::diagnostics::quote;
use purplec::diagnostics::render::visible;
use std::fmt::{self, Display};

/// What is wrong with a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagError {
    /// Its value has another form.
    Wrong {
        /// The flag.
        flag: &'static str,
        /// What was typed.
        typed: String,
        /// What it takes.
        form: &'static str,
    },
    /// Its value is not UTF-8, and a policy is.
    NotUtf8 {
        /// The flag.
        flag: &'static str,
        /// What was typed, as far as it is text.
        typed: String,
    },
    /// A path that the host does not have.
    Missing(String),
    /// A whole home directory.
    Home(String),
    /// A variable that is to be passed and is not set.
    NotSet(String),
    /// The database of users cannot be read.
    Users(String),
    /// A flag of the network beside `--network none`.
    NoNetwork(&'static str),
    /// A flag that changes a policy beside a plan.
    Sealed(&'static str),
    /// The working directory is not known.
    WorkingDirectory(String),
}

impl FlagError {
    pub(super) fn wrong(flag: &'static str, typed: &str, form: &'static str) -> Self {
        Self::Wrong {
            flag,
            typed: typed.to_owned(),
            form,
        }
    }
}

impl Display for FlagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong { flag, typed, form } => {
                write!(f, "{flag} {}: it takes {form}", quote(&visible(typed)))
            }
            Self::NotUtf8 { flag, typed } => write!(
                f,
                "{flag} {}: it is not UTF-8, which policies are: name a directory above it, or use a link with another name",
                quote(&visible(typed))
            ),
            Self::Missing(path) => {
                let path = visible(path);
                write!(
                    f,
                    "--bind {path}: the host has no such path; create it, or correct the path"
                )
            }
            Self::Home(path) => write!(
                f,
                "--bind {}: a home directory has keys and files that programs of yours obey; name the directories in it that are needed",
                visible(path)
            ),
            Self::NotSet(name) => write!(
                f,
                "--env {0}: {0} is not set here; type `--env {0}=VALUE`",
                visible(name)
            ),
            Self::Users(why) => write!(f, "the users of this host: {why}"),
            Self::NoNetwork(flag) => write!(
                f,
                "{flag} needs a network, and `--network none` leaves none: leave one of the two out"
            ),
            Self::Sealed(flag) => write!(
                f,
                "{flag} changes a policy, and a plan is sealed: name the policy with `--policy` or `--profile`"
            ),
            Self::WorkingDirectory(why) => write!(f, "the working directory: {why}"),
        }
    }
}

impl std::error::Error for FlagError {}
