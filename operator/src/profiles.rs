//! The profiles: those shipped in this program.

use crate::Problem;
use clap::Subcommand;
use purplec::diagnostics::{nearest, quote};
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
    },
}

/// The profile of a run that names none.
pub(crate) const DEFAULT: &str = "ai-dev-safe";

/// A policy that comes with this program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Profile {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its policy, as YAML.
    pub(crate) text: &'static str,
}

const SHIPPED: [Profile; 1] =
    [Profile { name: "ai-dev-safe", text: include_str!("../../policies/ai-dev-safe.yaml") }];

/// The profile of this name.
pub(crate) fn find(name: &str) -> Result<Profile, Problem> {
    if let Some(found) = SHIPPED.into_iter().find(|profile| profile.name == name) {
        return Ok(found);
    }
    let names = SHIPPED.map(|profile| profile.name);
    let hint = match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", names.join(", ")),
    };
    Err(Problem::new(format!(
        "there is no profile {}; {hint} A policy of your own goes with --policy FILE",
        quote(name)
    )))
}

/// Carries out `purple profile`.
pub(crate) fn run(command: &Command) -> Result<(), Problem> {
    let text = match command {
        Command::List => {
            let lines = SHIPPED.map(|one| format!("{:20} {}", one.name, about(&one)));
            lines.join("\n") + "\n"
        }
        Command::Show { name } => find(name)?.text.to_owned(),
    };
    std::io::stdout()
        .lock()
        .write_all(text.as_bytes())
        .map_err(|error| Problem::new(format!("standard output: {error}")))
}

/// The policy's `description`.
fn about(profile: &Profile) -> &'static str {
    let line = profile.text.lines().find_map(|line| line.strip_prefix("description: "));
    line.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT, SHIPPED, about};

    #[test]
    fn the_default_is_shipped_and_every_profile_is_described() {
        assert!(SHIPPED.iter().any(|profile| profile.name == DEFAULT));
        assert!(SHIPPED.iter().all(|profile| !about(profile).is_empty()));
    }
}
