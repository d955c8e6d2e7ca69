//! What a process takes on itself: `no_new_privs`, seccomp, Landlock, a session keyring.

use super::Steps;
use crate::sys::seccomp::{Verdict, answer_notification, load_filter, make_denied_call};
use crate::sys::{landlock as landlock_calls, process};
use nix::errno::Errno;
use nix::sys::prctl::{get_no_new_privs, set_no_new_privs};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::ForkResult;
use std::fs::File;

/// The step that sets `no_new_privs` and reads it back.
pub const NO_NEW_PRIVS: &str = "no_new_privs";
/// The step that loads a filter.
pub const LOAD_FILTER: &str = "loading a filter";
/// The step in which the filter denies a call.
pub const DENIED_CALL: &str = "a denied call";
/// The step in which a supervisor answers for a filter.
pub const ANSWER: &str = "a supervisor's answer";
/// The step that enforces a Landlock ruleset.
pub const RESTRICT_SELF: &str = "restricting this process";
/// The step in which the ruleset denies a directory.
pub const DENIED_DIRECTORY: &str = "a denied directory";
/// The step that joins a new session keyring.
pub const NEW_KEYRING: &str = "a new session keyring";

/// Sets [`NO_NEW_PRIVS`], then loads a filter ([`LOAD_FILTER`]) and meets it ([`DENIED_CALL`]).
pub fn filter() -> Steps {
    super::run(|reporter| {
        let set = set_no_new_privs().and_then(|()| match get_no_new_privs() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Errno::EIO),
            Err(errno) => Err(errno),
        });
        if reporter.step(NO_NEW_PRIVS, &set)
            && reporter.step(LOAD_FILTER, &load_filter(Verdict::Errno))
        {
            reporter.step(DENIED_CALL, &meet_the_filter());
        }
    })
}

/// Makes the call that filters of probes deny: it must fail with their error.
fn meet_the_filter() -> Result<(), Errno> {
    match make_denied_call() {
        Err(Errno::EDOM) => Ok(()),
        Err(errno) => Err(errno),
        Ok(()) => Err(Errno::EIO),
    }
}

/// Loads a filter that notifies a supervisor, and answers as one ([`ANSWER`]).
pub fn notification() -> Steps {
    super::run(|reporter| {
        reporter.step(ANSWER, &notify_and_answer());
    })
}

/// A child makes a call, this process gets the notification and answers, and the child gets the
/// answer.
fn notify_and_answer() -> Result<(), Errno> {
    set_no_new_privs()?;
    let listener = load_filter(Verdict::Notify)?.ok_or(Errno::EBADF)?;
    match process::fork()? {
        ForkResult::Child => std::process::exit(i32::from(meet_the_filter().is_err())),
        ForkResult::Parent { child } => {
            answer_notification(&listener)?;
            match waitpid(child, None)? {
                WaitStatus::Exited(_, 0) => Ok(()),
                _ => Err(Errno::EIO),
            }
        }
    }
}

/// Enforces a ruleset ([`RESTRICT_SELF`]) and meets it ([`DENIED_DIRECTORY`]).
pub fn landlock() -> Steps {
    super::run(|reporter| {
        let before = File::open("/");
        let restricted = set_no_new_privs().and_then(|()| landlock_calls::deny_listing());
        if reporter.step(RESTRICT_SELF, &restricted) {
            let denied = match (before, File::open("/")) {
                (Ok(_), Err(error)) if error.raw_os_error() == Some(Errno::EACCES as i32) => Ok(()),
                _ => Err(Errno::EIO),
            };
            reporter.step(DENIED_DIRECTORY, &denied);
        }
    })
}

/// The version of Landlock's interface.
pub fn landlock_version() -> Result<u32, Errno> {
    landlock_calls::version()
}

/// Joins a new session keyring ([`NEW_KEYRING`]).
pub fn keyring() -> Steps {
    super::run(|reporter| {
        reporter.step(NEW_KEYRING, &process::join_new_keyring());
    })
}
