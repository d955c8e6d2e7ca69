//! `purple doctor`: what this host can enforce for this user, layer by layer, found out by doing it.
//!
//! Nothing is read off a version number. What a probe does to a process it does to a child; the
//! control group that it makes is taken away in the end.

mod child;
mod groups;
mod host;
mod report;
mod spaces;
mod trial;
mod walls;

use clap::Args;
use groups::Trial;
use nix::unistd::geteuid;
use purple_core::Problem;
use purplec::target::{FORMAT, Target, User};
use report::{Report, State};
use spaces::Spaces;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use walls::Walls;

/// What is printed, and where to.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print one JSON object (docs/doctor.md says what is in it)
    #[arg(long)]
    json: bool,
    /// Describe this host in a file, for `purplec check --target FILE`; `-` is standard output
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
}

/// Looks at everything, and says what was found: exit status 1 where a required layer is missing.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Problem> {
    let (report, target) = examine()?;
    let to_stdout = arguments.target.as_deref() == Some(Path::new("-"));
    if let Some(path) = &arguments.target {
        let text = serde_json::to_string_pretty(&target).map_err(|error| told(&error))? + "\n";
        if to_stdout {
            print(&text)?;
        } else {
            std::fs::write(path, text)
                .map_err(|error| Problem::new(format!("{}: {error}", path.display())))?;
        }
    }
    if !to_stdout {
        print(&if arguments.json {
            serde_json::to_string_pretty(&report).map_err(|error| told(&error))? + "\n"
        } else {
            let unset = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            report.human(unset && std::io::stdout().is_terminal())
        })?;
    }
    Ok(if report.ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn examine() -> Result<(Report, Target), Problem> {
    spaces::remember_ids();
    let named = nix::sys::utsname::uname()
        .map_err(|errno| Problem::new(format!("uname: {}", child::words(errno))))?;
    let kernel = named.release().to_string_lossy().into_owned();
    let machine = named.machine().to_string_lossy().into_owned();
    let mut checks = Vec::new();
    host::processes(&mut checks);
    let Spaces { kinds, id_maps } = spaces::try_all(&mut checks);
    let Walls {
        landlock,
        notification,
    } = walls::try_all(&mut checks);
    let trial = Trial::begin(&mut checks);
    trial::try_run(trial.group(), &mut checks);
    let controllers = trial.controllers.clone();
    trial
        .end()
        .map_err(|left| Problem::new(format!("cannot take away again: {left}")))?;
    host::look(&mut checks);

    let user = if geteuid().is_root() {
        User::Root
    } else {
        User::Ordinary
    };
    let target = Target {
        purple_target: FORMAT,
        kernel: numbers(&kernel),
        architectures: host::architectures(&machine),
        user,
        namespaces: kinds,
        landlock,
        user_notification: notification,
        controllers,
        id_mapped_mounts: id_maps,
    };
    let ready = !checks
        .iter()
        .any(|check| check.required && check.state < State::Degraded);
    Ok((
        Report {
            purple_doctor: 1,
            ready,
            user,
            kernel,
            machine,
            checks,
        },
        target,
    ))
}

/// The first two numbers of a kernel's release: what a distribution writes behind them is its own.
fn numbers(release: &str) -> String {
    let number = |part: &str| {
        part.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
    };
    release
        .split('.')
        .take(2)
        .map(number)
        .collect::<Vec<_>>()
        .join(".")
}

fn told(error: &serde_json::Error) -> Problem {
    Problem::new(format!("what was found cannot be printed: {error}"))
}

fn print(text: &str) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Problem::new(format!("standard output: {error}")))
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn a_release_is_cut_to_two_numbers() {
        assert_eq!(numbers("6.12.48+deb13-cloud-amd64"), "6.12");
        assert_eq!(numbers("7.0-rc1"), "7.0");
    }
}
