//! The executor run on a plan, with a limit on how long it may take.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a run that cannot be made is a failure"
)]

use crate::test_dir::TestDir;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A run to be made.
#[derive(Debug)]
#[must_use]
pub struct Run<'p> {
    place: &'p TestDir,
    wrapper: Vec<OsString>,
    wrapper_is_root: bool,
    options: Vec<OsString>,
    plan: PathBuf,
    command: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    input: Vec<u8>,
    report: Option<PathBuf>,
    limit: Duration,
}

/// What came of a run.
#[derive(Debug)]
pub struct Finished {
    /// How `purple-exec` ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: String,
    /// The report, if one was asked for and is there.
    pub report: Option<Value>,
}

impl<'p> Run<'p> {
    /// A command under a plan.
    pub fn new(place: &'p TestDir, plan: &Path, command: &[&str]) -> Self {
        Self {
            place,
            wrapper: Vec::new(),
            wrapper_is_root: false,
            options: Vec::new(),
            plan: plan.to_owned(),
            command: command.iter().map(OsString::from).collect(),
            variables: vec![("PATH".into(), "/usr/bin:/bin".into())],
            input: Vec::new(),
            report: None,
            limit: Duration::from_mins(1),
        }
    }

    /// Adds an option before the plan.
    pub fn option(mut self, words: &[&str]) -> Self {
        self.options.extend(words.iter().map(OsString::from));
        self
    }

    /// Asks for a report.
    pub fn report(mut self) -> Self {
        let path = self.place.at("report.json");
        self.options.push("--report".into());
        self.options.push(path.clone().into());
        self.report = Some(path);
        self
    }

    /// Adds an argument, of any bytes, to the command.
    pub fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.push(argument.as_ref().to_owned());
        self
    }

    /// Gives the executor an environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Lets it take longer than a minute.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Writes bytes to standard input, which is empty otherwise.
    pub fn input(mut self, bytes: &[u8]) -> Self {
        bytes.clone_into(&mut self.input);
        self
    }

    /// Has a program start the executor: it gets the executor's command line as its arguments.
    pub fn wrapped(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(OsString::from).collect();
        self
    }

    /// The same, and the wrapper runs as root; what it starts is the place's owner again.
    pub fn wrapped_by_root(mut self, wrapper: &[&str]) -> Self {
        self = self.wrapped(wrapper);
        self.wrapper_is_root = true;
        if !self.place.who.is_root() {
            let user = self.place.who.setpriv();
            self.wrapper.extend(user.into_iter().map(OsString::from));
        }
        self
    }

    /// Has one more program start the executor, behind those that were named before.
    pub fn through(mut self, program: &[&str]) -> Self {
        self.wrapper.extend(program.iter().map(OsString::from));
        self
    }

    /// The command that starts the executor, as the place's owner.
    pub fn command(&self) -> Command {
        let mut words = self.wrapper.clone();
        words.push(self.place.executor().into());
        words.extend(self.options.iter().cloned());
        words.push(self.plan.clone().into());
        words.push("--".into());
        words.extend(self.command.iter().cloned());
        start(self.place, &words, &self.variables, self.wrapper_is_root)
    }

    /// Starts it and leaves it running.
    pub fn start(&self) -> Child {
        piped(&mut self.command())
    }

    /// Runs it to its end.
    pub fn finish(&self) -> Finished {
        let mut finished = finish(self.start(), &self.input, self.limit);
        finished.report = self.report.as_ref().and_then(|path| {
            let text = fs::read_to_string(path).ok()?;
            assert_eq!(text.lines().count(), 1, "one line: {text}");
            Some(serde_json::from_str(&text).expect("the report is JSON"))
        });
        finished
    }
}

/// The executor on a command line of its own, as the place's owner.
pub fn executor(place: &TestDir, arguments: &[&str]) -> Finished {
    let mut words: Vec<OsString> = vec![place.executor().into()];
    words.extend(arguments.iter().map(OsString::from));
    run(place, &words)
}

/// A command without a sandbox, as the place's owner.
pub fn bare(place: &TestDir, words: &[&str]) -> Finished {
    run(place, &words.iter().map(OsString::from).collect::<Vec<_>>())
}

fn run(place: &TestDir, words: &[OsString]) -> Finished {
    let mut command = start(
        place,
        words,
        &[("PATH".into(), "/usr/bin:/bin".into())],
        false,
    );
    finish(piped(&mut command), &[], Duration::from_secs(20))
}

/// Starts a command with its standard descriptors at hand, for [`finish`].
pub fn piped(command: &mut Command) -> Child {
    let pipes = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    pipes.spawn().expect("it starts")
}

fn start(
    place: &TestDir,
    words: &[OsString],
    variables: &[(OsString, OsString)],
    as_root: bool,
) -> Command {
    let (program, arguments) = words.split_first().expect("a program");
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(place.at(""))
        .env_clear();
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    if !as_root && !place.who.is_root() && nix::unistd::Uid::effective().is_root() {
        command.uid(place.who.uid).gid(place.who.gid);
    }
    command
}

/// Waits for the end of a child that was started with pipes.
pub fn finish(mut child: Child, input: &[u8], limit: Duration) -> Finished {
    let id = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    let mut stdin = child.stdin.take();
    let stdout = child.stdout.take();
    let stderr = child.stderr.take();
    let (sender, receiver) = mpsc::channel();
    let (finished, in_time) = thread::scope(|scope| {
        let writer = scope.spawn(move || {
            // A program that does not read its input is no failure.
            stdin.take().map(|mut pipe| pipe.write_all(input))
        });
        let out = scope.spawn(move || read_all(stdout));
        let error = scope.spawn(move || read_all(stderr));
        let waiter = scope.spawn(move || {
            let status = child.wait();
            // It fails when the time was up: then the receiver is gone.
            (status, sender.send(()).is_ok())
        });
        let in_time = receiver.recv_timeout(limit).is_ok();
        if !in_time {
            kill(id, Signal::SIGKILL).expect("a child can be killed");
        }
        let (status, _heard) = waiter.join().expect("no panic");
        let status = status.expect("a child can be waited for");
        drop(writer.join().expect("no panic"));
        let finished = Finished {
            status,
            stdout: out.join().expect("no panic"),
            stderr: String::from_utf8_lossy(&error.join().expect("no panic")).into_owned(),
            report: None,
        };
        (finished, in_time)
    });
    assert!(in_time, "still running after {limit:?}: {finished}");
    finished
}

fn read_all(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let read = pipe.read_to_end(&mut bytes);
        assert!(read.is_ok(), "{read:?}");
    }
    bytes
}

impl Finished {
    /// The exit code.
    #[track_caller]
    pub fn code(&self) -> i32 {
        self.status
            .code()
            .unwrap_or_else(|| panic!("no exit code: {self}"))
    }

    /// The signal that ended `purple-exec` itself.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// Standard output as text.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Fails unless it went well in silence; returns what it printed.
    #[track_caller]
    pub fn good(&self) -> String {
        assert!(self.status.success(), "{self}");
        assert_eq!(self.stderr, "", "{self}");
        self.out()
    }

    /// Fails unless it went well in silence and printed one JSON value; returns that.
    #[track_caller]
    pub fn facts(&self) -> Value {
        let text = self.good();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Fails unless it was refused with this exit code and exactly this message.
    #[track_caller]
    pub fn refused(&self, code: i32, message: &str) {
        assert_eq!(self.stderr, format!("purple-exec: {message}\n"), "{self}");
        assert_eq!(self.code(), code, "{self}");
        assert_eq!(self.out(), "", "{self}");
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = self.out().chars().take(4000).collect::<String>();
        write!(
            f,
            "{}\nstdout: {shown}\nstderr: {}",
            self.status, self.stderr
        )
    }
}
