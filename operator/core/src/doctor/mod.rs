//! What this host can enforce for this user, layer by layer, found out by doing it.
//!
//! Nothing is read off a version number. What a probe does to a process it does to a child; the
//! control group that is made is taken away in the end. The probes are the host's
//! ([`purple_host::probe`]); here stand their order, what is lost without each, and what helps.

mod calls;
mod first_run;
mod host;
mod limits;
mod namespaces;
mod network;
mod report;
mod restrictions;
mod root;
mod userns;

pub use report::{Check, CheckResult, Need, Report, State, Subject};

use limits::TrialGroup;
use purple_host::settings::{Kernel, kernel};
use purple_host::{Errno, errno, users};
use purplec::target::{FORMAT, Target, User};
use std::fmt::{self, Display};

/// What an examination gives.
#[derive(Debug)]
pub struct Examination {
    /// What was found.
    pub report: Report,
    /// The host as a compiler sees it.
    pub target: Target,
}

/// Tries everything that a sandbox needs or can use. For programs with one thread: it forks.
pub fn examine() -> Result<Examination, ExamineError> {
    let Kernel { release, machine } = kernel().map_err(ExamineError::Kernel)?;
    let mut checks = Vec::new();
    host::check_proc(&mut checks);
    calls::check(&machine, &mut checks);
    let namespaces = namespaces::check(&mut checks);
    root::check(&mut checks);
    let id_mapped_mounts = root::check_id_maps(&mut checks);
    let restrictions = restrictions::check(&mut checks);
    let trial = TrialGroup::begin(&mut checks);
    first_run::check(trial.group(), &mut checks);
    let filtered_network = network::check(trial.group(), &mut checks);
    let controllers = trial.controllers();
    trial.end().map_err(ExamineError::LeftBehind)?;
    host::check_settings(&mut checks);

    let user = if users::is_root() {
        User::Root
    } else {
        User::Ordinary
    };
    let target = Target {
        purple_target: FORMAT,
        kernel: first_two_numbers(&release),
        architectures: host::architectures(&machine),
        user,
        namespaces,
        landlock: restrictions.landlock,
        user_notification: restrictions.notification,
        controllers,
        id_mapped_mounts,
        filtered_network,
    };
    let report = Report {
        purple_doctor: 1,
        ready: !checks.iter().any(Check::is_obstacle),
        user,
        kernel: release,
        machine,
        checks,
    };
    Ok(Examination { report, target })
}

/// The first two numbers of a kernel's release: what a distribution writes behind them is its own.
fn first_two_numbers(release: &str) -> String {
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

/// Why there is no examination.
#[derive(Debug)]
pub enum ExamineError {
    /// The kernel does not say what it is.
    Kernel(Errno),
    /// What the examination made could not be taken away: each with the reason.
    LeftBehind(Vec<String>),
}

impl Display for ExamineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(error) => write!(f, "uname: {}", errno::words(*error)),
            Self::LeftBehind(all) => write!(f, "cannot be removed again: {}", all.join("; ")),
        }
    }
}

impl std::error::Error for ExamineError {}

#[cfg(test)]
mod tests {
    use super::first_two_numbers;

    #[test]
    fn a_release_is_cut_to_two_numbers() {
        assert_eq!(first_two_numbers("6.12.48+deb13-cloud-amd64"), "6.12");
        assert_eq!(first_two_numbers("7.0-rc1"), "7.0");
    }
}
