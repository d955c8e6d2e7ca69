//! What to type where a command line names a command to run and does not say so as `purple run -- COMMAND`.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use purple_core::profiles;
use purplec::diagnostics::render::visible;

/// One sentence instead of clap's error, where the command of a run is missing or not behind `--`. `words` is the
/// command line.
pub(crate) fn advice(error: &clap::Error, words: &[String]) -> Option<String> {
    // A line to type could not have them: clap's error spells them out.
    if words.iter().any(|word| visible(word) != *word) {
        return None;
    }
    let ended = words.iter().position(|word| word == "--");
    match error.kind() {
        // purple run python3 x
        ErrorKind::UnknownArgument if is_run(words) && ended.is_none() => {
            let word = context(error, ContextKind::InvalidArg)?;
            let at = words
                .iter()
                .skip(2)
                .position(|one| one == word)?
                .checked_add(2)?;
            let (before, command) = words.split_at_checked(at)?;
            (!word.starts_with('-')).then(|| behind(before, command))
        }
        // purple python3 x
        ErrorKind::InvalidSubcommand if ended.is_none() => {
            if error.get(ContextKind::SuggestedSubcommand).is_some() {
                return None;
            }
            let (_, command) = words.split_at_checked(1)?;
            Some(behind(&["purple".to_owned(), "run".to_owned()], command))
        }
        // purple run --policy FILE
        ErrorKind::MissingRequiredArgument if is_run(words) => {
            let typed = words.get(2..ended.unwrap_or(words.len()))?;
            let start = ["purple".to_owned(), "run".to_owned()];
            let line = line(start.iter().chain(typed));
            Some(format!(
                "there is no command to run: type `{line} -- COMMAND`"
            ))
        }
        _ => None,
    }
}

fn is_run(words: &[String]) -> bool {
    words.get(1).is_some_and(|word| word == "run")
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

/// The command line with `--` before the command, and what confines it where nothing says so.
fn behind(before: &[String], command: &[String]) -> String {
    let start = ["purple".to_owned()];
    let typed = before.get(1..).unwrap_or_default();
    let dashes = ["--".to_owned()];
    let line = line(start.iter().chain(typed).chain(&dashes).chain(command));
    let confined = ["--profile", "--policy", "--plan"].iter().any(|option| {
        let is_it = |word: &String| {
            word.strip_prefix(option)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        typed.iter().any(is_it)
    });
    let profile = if confined {
        String::new()
    } else {
        format!(
            "; the nearest purple.yaml confines it, or the profile {} where there is none, unless --profile, --policy or --plan is given",
            profiles::DEFAULT
        )
    };
    format!("the command to run must follow `--`: type `{line}`{profile}")
}

/// Words as a shell reads them.
fn line<'w>(words: impl Iterator<Item = &'w String>) -> String {
    let quoted: Vec<String> = words.map(|word| quoted(word)).collect();
    quoted.join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "_-./=:,@%+".contains(one);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::advice;
    use crate::Arguments;
    use clap::Parser as _;

    fn advised(words: &[&str]) -> Option<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let error = Arguments::try_parse_from(&words).err()?;
        advice(&error, &words)
    }

    #[test]
    fn a_command_that_does_not_follow_the_dashes() {
        let default = "; the nearest purple.yaml confines it, or the profile coding-agent where there is none, unless --profile, --policy or --plan is given";
        let must = "the command to run must follow `--`: type";
        assert_eq!(
            advised(&["purple", "run", "python3", "x.py"]),
            Some(format!("{must} `purple run -- python3 x.py`{default}"))
        );
        assert_eq!(
            advised(&[
                "/bin/purple",
                "run",
                "--policy",
                "a.yaml",
                "sh",
                "-c",
                "echo 'a'"
            ]),
            Some(format!(
                r"{must} `purple run --policy a.yaml -- sh -c 'echo '\''a'\'''`"
            ))
        );
        assert_eq!(
            advised(&["purple", "python3", "x.py"]),
            Some(format!("{must} `purple run -- python3 x.py`{default}"))
        );
    }

    #[test]
    fn a_run_without_a_command() {
        let none = "there is no command to run: type";
        for words in [&["purple", "run"][..], &["purple", "run", "--"]] {
            assert_eq!(
                advised(words),
                Some(format!("{none} `purple run -- COMMAND`"))
            );
        }
        assert_eq!(
            advised(&["purple", "run", "--policy", "a.yaml"]),
            Some(format!("{none} `purple run --policy a.yaml -- COMMAND`"))
        );
    }

    #[test]
    fn other_mistakes_keep_their_error() {
        for words in [
            &["purple", "rum", "--", "true"][..],
            &["purple", "rum"],
            &["purple", "run", "--polcy", "a.yaml", "--", "true"],
            &["purple", "run", "--polcy", "a.yaml"],
            &["purple", "run", "a\nb"],
            &["purple", "a\u{202e}b"],
            &["purple", "doctor", "x"],
            &["purple", "run", "--help"],
            &["purple"],
        ] {
            assert_eq!(advised(words), None, "{words:?}");
        }
    }
}
