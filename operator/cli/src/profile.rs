//! `purple profile`: the shipped profiles, listed, shown and started from.

use crate::output::{Failure, print, say_all};
use clap::Subcommand;
use purple_core::{plans, profiles};
use purplec::profiles::SHIPPED;

/// What `purple profile` does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the profiles, with a description of each
    List,
    /// Print the policy of a profile
    Show {
        /// The profile
        name: String,
        /// Print inherited values and defaults too, and the place of each value
        #[arg(long)]
        resolved: bool,
    },
    /// Write a policy that extends a profile to NAME.yaml in this directory
    Create {
        /// The name of the policy: letters, digits, `.`, `_` and `-`
        name: String,
        /// The profile that the policy extends
        #[arg(long, value_name = "PROFILE", default_value = profiles::DEFAULT)]
        extends: String,
    },
}

/// Carries out `purple profile`.
pub(crate) fn run(command: &Command) -> Result<u8, Failure> {
    let text = match command {
        Command::List => {
            let lines = SHIPPED.map(|one| format!("{:20} {}", one.name, one.about()));
            lines.join("\n") + "\n"
        }
        Command::Show {
            name,
            resolved: false,
        } => profiles::find(name)?.text.to_owned(),
        Command::Show {
            name,
            resolved: true,
        } => {
            let mut notices = Vec::new();
            let text = plans::resolved(&profiles::find(name)?, &mut notices);
            say_all(&mut notices);
            text?
        }
        Command::Create { name, extends } => {
            let parent = profiles::find(extends)?;
            let file = profiles::create(name, &parent)?;
            format!(
                "{file} extends {}; look at it, then: purple run --policy {file} -- COMMAND\n",
                parent.name
            )
        }
    };
    print(&text)?;
    Ok(0)
}
