//! The profiles: the compiler's own, found by name and started from.

use purple_host::FileError;
use purplec::diagnostics::render::visible;
use purplec::diagnostics::{nearest, quote};
use purplec::profiles::{self, Profile};
use std::fmt::{self, Display};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};

/// The profile of a run that names none.
pub const DEFAULT: &str = "coding-agent";

/// The profile of this name.
pub fn find(name: &str) -> Result<Profile, ProfileError> {
    profiles::find(name).ok_or_else(|| ProfileError::Unknown {
        name: name.to_owned(),
        nearest: nearest(name, profiles::names()).map(ToString::to_string),
    })
}

/// Writes a policy to start from, which extends a profile, to `NAME.yaml` in the working directory;
/// gives that file's name.
pub fn create(name: &str, parent: &Profile) -> Result<String, ProfileError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fine = name.len() <= 64
        && name.chars().all(plain)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if !fine {
        return Err(ProfileError::InvalidName(name.to_owned()));
    }
    let file = format!("{name}.yaml");
    // An existing file is not overwritten, and no link is followed.
    let opened = OpenOptions::new().write(true).create_new(true).open(&file);
    let mut opened = opened.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => ProfileError::Exists(file.clone()),
        _ => ProfileError::Write(FileError::at(&file)(error)),
    })?;
    match opened.write_all(starter(name, parent).as_bytes()) {
        Ok(()) => Ok(file),
        Err(error) => Err(ProfileError::Write(FileError::at(&file)(error))),
    }
}

/// Why a profile cannot be had or made.
#[derive(Debug)]
pub enum ProfileError {
    /// No profile has this name.
    Unknown {
        /// The name.
        name: String,
        /// The name that it is nearest to.
        nearest: Option<String>,
    },
    /// A policy cannot have this name.
    InvalidName(String),
    /// A file of this name exists.
    Exists(String),
    /// The policy cannot be written.
    Write(FileError),
}

impl Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, nearest } => {
                let hint = match nearest {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!(
                        "there are {}",
                        profiles::names().collect::<Vec<_>>().join(", ")
                    ),
                };
                write!(
                    f,
                    "there is no profile {} (use --policy FILE for your own policy); {hint}",
                    quote(&visible(name))
                )
            }
            Self::InvalidName(name) => write!(
                f,
                "{} cannot be a policy's name: use letters, digits, `.`, `_` and `-`, at most 64, a \
                 letter or digit first",
                quote(&visible(name))
            ),
            Self::Exists(file) => write!(f, "{file}: it exists already; it is not overwritten"),
            Self::Write(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ProfileError {}

/// A policy that means the same as its parent, with examples of what one may add.
fn starter(name: &str, parent: &Profile) -> String {
    format!(
        "name: {name:?}\n\
         description: Starts from {parent}\n\
         # All that `purple profile show {parent} --resolved` prints. What stands below wins over it.\n\
         extends: {parent}\n\
         \n\
         # filesystem:\n\
         #   immutable_paths:\n\
         #     - host_path: ./data\n\
         #       sandbox_path: /data\n\
         #\n\
         # syscalls:\n\
         #   deny:\n\
         #     - listen\n\
         #\n\
         # resources:\n\
         #   session_timeout_seconds: 600\n",
        parent = parent.name,
    )
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT, find, starter};
    use purplec::diagnostics::Sink;
    use purplec::facts::HostFacts;
    use purplec::pipeline::{self, Options};
    use purplec::profiles::SHIPPED;
    use purplec::source::Source;

    #[test]
    fn the_default_is_shipped() {
        assert!(find(DEFAULT).is_ok());
        let message = find("ai-dev-saef").map_err(|error| error.to_string());
        assert!(message.is_err_and(|message| message.contains("did you mean `ai-dev-safe`?")));
    }

    #[test]
    fn a_starter_compiles_without_a_finding_with_and_without_its_examples() {
        for parent in SHIPPED {
            let policy = starter("7", &parent);
            for text in [
                policy.clone(),
                policy.replace("\n# ", "\n").replace("\n#\n", "\n"),
            ] {
                // A sentence of the comment is no YAML.
                let text = text.replace("\nAll that", "\n# All that");
                let outcome = pipeline::compile(
                    &Source::new("p", text.as_str()),
                    &Options {
                        facts: HostFacts::samples(),
                        ..Options::default()
                    },
                    Sink::new(),
                );
                let codes = outcome.map(|all| {
                    all.diagnostics
                        .iter()
                        .map(|one| one.code)
                        .collect::<Vec<_>>()
                });
                assert_eq!(codes, Ok(vec![]), "{text}");
            }
        }
    }
}
