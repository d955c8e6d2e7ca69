//! `purple profile`: the shipped profiles, listed, shown and started from.

use crate::output::{Failure, print, say_all};
use crate::run::Flags;
use clap::Subcommand;
use purple_core::{launch, plans, profiles};
use purplec::profiles::SHIPPED;
use purplec::score::{number, word};

/// What `purple profile` does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the profiles: how exposed the host is to a program under each, from 0 to 10, and what each is for
    List,
    /// Print in words what a profile grants; the paths of a project and a home are examples
    Show {
        /// The profile
        name: String,
        /// Print the policy itself
        #[arg(long, conflicts_with = "resolved")]
        yaml: bool,
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
        #[command(flatten)]
        flags: Box<Flags>,
    },
}

/// Carries out `purple profile`.
pub(crate) fn run(command: &Command) -> Result<u8, Failure> {
    let mut notices = Vec::new();
    let text = match command {
        Command::List => list()?,
        Command::Show {
            name, yaml: true, ..
        } => profiles::find(name)?.text.to_owned(),
        Command::Show {
            name,
            resolved: true,
            ..
        } => {
            let text = plans::resolved(&profiles::find(name)?, &mut notices);
            say_all(&mut notices);
            text?
        }
        Command::Show { name, .. } => {
            let plan = plans::example(&profiles::find(name)?)?;
            return Ok(launch::show(&plan)?);
        }
        Command::Create {
            name,
            extends,
            flags,
        } => {
            let parent = profiles::find(extends)?;
            let file = profiles::create(name, &parent, &flags.command_line(), &mut notices);
            say_all(&mut notices);
            let file = file?;
            format!(
                "{file} extends {}; look at it, then: purple run --policy {file} -- COMMAND\n",
                parent.name
            )
        }
    };
    print(&text)?;
    Ok(0)
}

/// A line for each profile.
fn list() -> Result<String, Failure> {
    let longest = SHIPPED.iter().map(|one| one.name.len()).max().unwrap_or(0);
    let row = |name: &str, level: &str, score: &str, use_case: &str| {
        format!("{name:longest$}  {level:7}  {score:>5}  {use_case}\n")
    };
    let mut rows = vec![row("NAME", "LEVEL", "SCORE", "USE CASE")];
    for profile in SHIPPED {
        let score = plans::score(&profile)?.overall;
        let (level, score) = (word(score), number(score));
        rows.push(row(profile.name, level, &score, profile.about()));
    }
    Ok(rows.concat())
}
