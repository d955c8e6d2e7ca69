//! The profiles: the compiler's own, shown and started from.

use clap::Subcommand;
use purple_core::{Problem, plans};
use purplec::diagnostics::{nearest, quote};
use purplec::profiles::{self, Profile, SHIPPED};
use std::fs::OpenOptions;
use std::io::Write as _;

/// What `purple profile` does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the names of the profiles, with a line about each
    List,
    /// Print a profile's policy
    Show {
        /// The profile
        name: String,
        /// With what it inherits and the defaults, and a place for each value
        #[arg(long)]
        resolved: bool,
    },
    /// Write a policy that extends a profile to NAME.yaml in this directory
    Create {
        /// What the policy is called: letters, digits, `.`, `_` and `-`
        name: String,
        /// The profile that it starts from
        #[arg(long, value_name = "PROFILE", default_value = DEFAULT)]
        extends: String,
    },
}

/// The profile of a run that names none.
pub(crate) const DEFAULT: &str = "ai-dev-safe";

/// The profile of this name.
pub(crate) fn find(name: &str) -> Result<Profile, Problem> {
    if let Some(found) = profiles::find(name) {
        return Ok(found);
    }
    let hint = match nearest(name, profiles::names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "there are {}",
            profiles::names().collect::<Vec<_>>().join(", ")
        ),
    };
    Err(Problem::new(format!(
        "there is no profile {} (a policy of your own goes with --policy FILE); {hint}",
        quote(name)
    )))
}

/// Carries out `purple profile`.
pub(crate) fn run(command: &Command) -> Result<(), Problem> {
    let text = match command {
        Command::List => {
            let lines = SHIPPED.map(|one| format!("{:20} {}", one.name, one.about()));
            lines.join("\n") + "\n"
        }
        Command::Show {
            name,
            resolved: false,
        } => find(name)?.text.to_owned(),
        Command::Show {
            name,
            resolved: true,
        } => plans::in_full(&find(name)?)?,
        Command::Create { name, extends } => create(name, &find(extends)?)?,
    };
    std::io::stdout()
        .lock()
        .write_all(text.as_bytes())
        .map_err(|error| Problem::new(format!("standard output: {error}")))
}

/// Writes a policy to start from; gives what to say about it.
fn create(name: &str, parent: &Profile) -> Result<String, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fine = name.len() <= 64
        && name.chars().all(plain)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if !fine {
        return Err(Problem::new(format!(
            "{} cannot be a policy's name: use letters, digits, `.`, `_` and `-`, at most 64, a \
             letter or digit first",
            quote(name)
        )));
    }
    let file = format!("{name}.yaml");
    let failed = |what: &dyn std::fmt::Display| Problem::new(format!("{file}: {what}"));
    // Never over something, and never through a link.
    let mut opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&file)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                failed(&"it exists already; it is not overwritten")
            }
            _ => failed(&error),
        })?;
    opened
        .write_all(starter(name, parent).as_bytes())
        .map_err(|error| failed(&error))?;
    Ok(format!(
        "{file} extends {}; look at it, then: purple run --policy {file} -- COMMAND\n",
        parent.name
    ))
}

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
         #     - socket\n\
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
    use purplec::pipeline::{self, Options};
    use purplec::profiles::SHIPPED;
    use purplec::source::Source;

    #[test]
    fn the_default_is_shipped() {
        assert!(find(DEFAULT).is_ok());
        let told = find("ai-dev-saef").map_err(|problem| problem.0);
        assert!(told.is_err_and(|told| told.contains("did you mean `ai-dev-safe`?")));
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
                    &Options::default(),
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
