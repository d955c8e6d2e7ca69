//! The profiles: the compiler's own, found by name and started from.

use crate::command_line::{CommandLine, FlagError};
use crate::inputs::Inputs;
use crate::notice::{Findings, Notice};
use purple_host::FileError;
use purplec::diagnostics::render::visible;
use purplec::diagnostics::{Severity, Sink, nearest, quote};
use purplec::facts::HostFacts;
use purplec::pipeline::{self, Compilation, Options};
use purplec::profiles::{self, Profile};
use purplec::source::Source;
use std::collections::BTreeMap;
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

/// Writes a policy to start from, which extends a profile and says what the flags say, to `NAME.yaml` in the working directory; gives
/// that file's name. What the flags grant beyond the profile is marked as asked for. Other findings are a notice.
pub fn create(
    name: &str,
    parent: &Profile,
    flags: &CommandLine,
    notices: &mut Vec<Notice>,
) -> Result<String, ProfileError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fine = name.len() <= 64
        && name.chars().all(plain)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if !fine {
        return Err(ProfileError::InvalidName(name.to_owned()));
    }
    let text = match flags.text().map_err(ProfileError::Flag)? {
        None => starter(name, parent),
        Some(said) => with_flags(name, parent, &said, notices)?,
    };
    let file = format!("{name}.yaml");
    // An existing file is not overwritten, and no link is followed.
    let opened = OpenOptions::new().write(true).create_new(true).open(&file);
    let mut opened = opened.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => ProfileError::Exists(file.clone()),
        _ => ProfileError::Write(FileError::at(&file)(error)),
    })?;
    match opened.write_all(text.as_bytes()) {
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
    /// A flag is wrong.
    Flag(FlagError),
    /// The policy that flags make has errors. The findings are a notice.
    FlagsDoNotCompile,
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
                    None => "`purple profile list` prints the profiles".to_owned(),
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
            Self::Flag(error) => error.fmt(f),
            Self::FlagsDoNotCompile => f.write_str(
                "correct the values of the flags in the lines above; nothing was written",
            ),
            Self::Exists(file) => write!(f, "{file}: it exists already; it is not overwritten"),
            Self::Write(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ProfileError {}

/// A policy that says what flags say. Each of its lines ends in the flag that says it.
fn with_flags(
    name: &str,
    parent: &Profile,
    said: &str,
    notices: &mut Vec<Notice>,
) -> Result<String, ProfileError> {
    let mut text = format!("{}{said}", head(name, parent));
    let mut outcome = compiled(name, &text);
    let has_errors = |outcome: &Compilation| {
        let mut found = outcome.diagnostics.iter();
        found.any(|one| one.severity == Severity::Error)
    };
    let marked: BTreeMap<usize, &str> = outcome
        .diagnostics
        .iter()
        .filter_map(|found| {
            let line = usize::try_from(outcome.sources.line(found.span)).ok()?;
            Some((line.checked_sub(1)?, found.code))
        })
        .collect();
    if !has_errors(&outcome) {
        let lines = text.lines().enumerate();
        text = lines
            .map(
                |(at, line)| match (marked.get(&at), line.rsplit_once(" # --")) {
                    (Some(code), Some((before, flag))) => {
                        format!("{before} # purple: allow[{code}] asked for by --{flag}\n")
                    }
                    _ => format!("{line}\n"),
                },
            )
            .collect();
        outcome = compiled(name, &text);
    }
    notices.extend(Findings::of(&outcome.sources, &outcome.diagnostics).map(Notice::Findings));
    if has_errors(&outcome) {
        return Err(ProfileError::FlagsDoNotCompile);
    }
    Ok(text)
}

/// What comes of a policy on some host.
fn compiled(name: &str, text: &str) -> Compilation {
    let source = Source::new(format!("{name}.yaml"), text);
    let options = Options {
        facts: HostFacts::samples(),
        hosts: Some(Inputs::default().groups()),
        ..Options::default()
    };
    // A defect of the compiler says itself when the policy is used.
    pipeline::compile(&source, &options, Sink::new()).unwrap_or_default()
}

fn head(name: &str, parent: &Profile) -> String {
    format!(
        "name: {name:?}\n\
         description: Starts from {parent}\n\
         # All that `purple profile show {parent} --resolved` prints. What stands below wins over it.\n\
         extends: {parent}\n\
         \n",
        parent = parent.name,
    )
}

/// A policy that means the same as its parent, with examples of what one may add.
fn starter(name: &str, parent: &Profile) -> String {
    head(name, parent)
        + "# filesystem:\n\
           #   immutable_paths:\n\
           #     - host_path: ./data\n\
           #       sandbox_path: /data\n\
           #\n\
           # syscalls:\n\
           #   deny:\n\
           #     - listen\n\
           #\n\
           # resources:\n\
           #   session_timeout_seconds: 600\n"
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT, Profile, find, starter, with_flags};
    use crate::command_line::CommandLine;
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
    fn what_flags_grant_is_marked_and_nothing_is_found() {
        let flags = CommandLine {
            hosts: vec!["api.example.org".to_owned(), "@github".to_owned()],
            timeout: Some("20h".to_owned()),
            memory: Some("1G".to_owned()),
            ..CommandLine::default()
        };
        let said = flags.text().ok().flatten();
        // A profile that denies sockets gets a warning if a host is added: it cannot be reached.
        let reaching = |parent: &Profile| {
            !parent.text.contains("default_deny: true") || parent.text.contains("network-client")
        };
        for parent in SHIPPED.into_iter().filter(reaching) {
            let mut notices = Vec::new();
            let text = with_flags(
                "mine",
                &parent,
                said.as_deref().unwrap_or_default(),
                &mut notices,
            );
            let notices: Vec<String> = notices.iter().map(ToString::to_string).collect();
            assert_eq!(notices, Vec::<String>::new(), "{}", parent.name);
            let text = text.map_err(|error| error.to_string());
            assert!(text.is_ok_and(|text| text.contains("memory_limit_bytes: 1G # ")));
        }
        let base = find("base").map_err(|error| error.to_string());
        let text = base.and_then(|base| {
            let said = said.unwrap_or_default();
            with_flags("mine", &base, &said, &mut Vec::new()).map_err(|error| error.to_string())
        });
        let marked =
            "session_timeout_seconds: 20h # purple: allow[loosens-parent] asked for by --timeout\n";
        assert!(text.is_ok_and(|text| text.contains(marked)));
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
