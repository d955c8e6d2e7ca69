//! A project with a commit, and beside it a home with secrets: where people start `purple run`.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test without its files cannot go on"
)]

use crate::internet::Internet;
use crate::operator::{finished, install, purple};
use crate::run::Finished;
use crate::test_dir::TestDir;
use nix::unistd::Uid;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

/// What the user has set for git: a name, an address, and a command that must not come along.
const GITCONFIG: &str =
    "[user]\n\tname = Me\n\temail = me@example.org\n[core]\n\tpager = false-pager\n";

/// Makes `project`, a repository with these files and one commit; `home`, with a key, a token and the settings of git; and `secret`
/// beside them.
pub fn project(place: &TestDir, files: &[(&str, &str)]) {
    install(place);
    for directory in ["project", "home/.ssh", "home/.cargo", "home/.cargo/bin"] {
        place.dir(directory);
    }
    place.file("home/.ssh/id", "secret");
    place.file("home/.cargo/credentials.toml", "secret");
    place.file("home/.gitconfig", GITCONFIG);
    place.file("secret", "secret");
    for (name, text) in files {
        place.file(&format!("project/{name}"), text);
    }
    let script = "git init -q -b main && git add . &&
        git -c user.name=a -c user.email=b commit -q --allow-empty -m one";
    assert_eq!(on_host(place, "project", &["sh", "-c", script]), "");
}

/// Runs a command on the host, as the one who starts sandboxes there. Returns all that it printed.
pub fn on_host(place: &TestDir, dir: &str, words: &[&str]) -> String {
    let (program, arguments) = words.split_first().expect("a program");
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(place.at(dir))
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    command
        .env("HOME", place.at("host"))
        .env("GIT_CONFIG_NOSYSTEM", "1");
    if !place.who.is_root() && Uid::effective().is_root() {
        command.uid(place.who.uid).gid(place.who.gid);
    }
    let done = command.output().expect("it runs");
    String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr)
}

/// `purple run` in a directory of the place. Without control groups, the limits have to be let go by name.
pub fn run(place: &TestDir, directory: &str, words: &[&str]) -> Command {
    let words = [&["run", "--unenforced", "cgroup"][..], words].concat();
    let mut command = purple(place, &words);
    command.current_dir(place.at(directory));
    command
}

/// The same to its end.
pub fn run_in(place: &TestDir, directory: &str, words: &[&str]) -> Finished {
    finished(run(place, directory, words))
}

/// The same in the network namespace of a host.
pub fn run_on(internet: &Internet, place: &TestDir, directory: &str, words: &[&str]) -> Command {
    let inner = run(place, directory, words);
    let mut command = Command::new("nsenter");
    command.arg(internet.host());
    if !place.who.is_root() {
        command.args(place.who.setpriv());
    }
    command.arg(inner.get_program()).args(inner.get_args());
    command.env_clear();
    for (name, value) in inner.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
        .current_dir(place.at(directory))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
