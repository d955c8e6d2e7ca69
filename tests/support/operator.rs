//! The operator's tool in a test's directory.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test without its program cannot go on"
)]

use crate::run::{Finished, finish};
use crate::test_dir::{TestDir, binary};
use nix::unistd::Uid;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Puts `purple` beside the directory's executor.
pub fn install(place: &TestDir) {
    copy(place);
    place.dir("home");
}

/// The same without a home.
pub fn copy(place: &TestDir) {
    let copied = Command::new("cp")
        .arg(binary("purple"))
        .arg(place.at("purple"))
        .status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "purple can be copied"
    );
}

/// Takes all variables from a command but the one that says where it counts the lines that are reached.
pub fn without_environment(command: &mut Command) -> &mut Command {
    const COUNTS: &str = "LLVM_PROFILE_FILE";
    command.env_clear();
    command.envs(std::env::var_os(COUNTS).map(|path| (COUNTS, path)))
}

/// The command that starts it as the directory's owner, with its standard descriptors at hand.
pub fn purple(place: &TestDir, arguments: &[&str]) -> Command {
    purple_by(place, "purple", arguments)
}

/// The same by a script in the place, which starts it.
pub fn purple_by(place: &TestDir, script: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(place.at(script));
    command.args(arguments).current_dir(place.at(""));
    without_environment(&mut command)
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", place.at("home"));
    // Root's state lies elsewhere by default.
    command.env("XDG_STATE_HOME", place.at("home/.local/state"));
    if !place.who.is_root() && Uid::effective().is_root() {
        command.uid(place.who.uid).gid(place.who.gid);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end.
pub fn finished(mut command: Command) -> Finished {
    let child = command.spawn().expect("purple starts");
    finish(child, &[], Duration::from_mins(1))
}
