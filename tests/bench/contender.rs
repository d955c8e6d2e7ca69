//! Whoever runs a command in a sandbox: purple-exec, its peers, and nothing around it.

use crate::Fault;
use crate::bubblewrap::Arguments;
use crate::rounds::clock;
use crate::workshop::{BARE, Workshop, installed, succeed};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

pub(crate) const PURPLE: &str = "purple-exec";
pub(crate) const INHERITING: &str = "purple-exec --inherit-stdio";
pub(crate) const EQUAL: &str = "bubblewrap, equal";
pub(crate) const MINIMAL: &str = "bubblewrap, minimal";
pub(crate) const ALONE: &str = "no sandbox";

/// One way to run a command.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    program: PathBuf,
    arguments: Vec<OsString>,
    /// What bubblewrap reads by descriptor.
    files: Option<Arguments>,
}

impl Contender {
    fn plain(name: &'static str, program: PathBuf, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(OsString::from).collect();
        Self {
            name,
            program,
            arguments,
            files: None,
        }
    }

    /// No sandbox.
    pub(crate) fn alone(command: &[&str]) -> Self {
        let (program, arguments) = command.split_first().unwrap_or((&"", &[]));
        Self::plain(ALONE, PathBuf::from(program), arguments)
    }

    /// purple-exec with a plan.
    pub(crate) fn purple(workshop: &Workshop, command: &[&str]) -> Self {
        Self::with_options(PURPLE, workshop, &[], command)
    }

    /// purple-exec that hands the caller's standard descriptors on as they are, where it has that option.
    fn inheriting(workshop: &Workshop, command: &[&str]) -> Option<Self> {
        const OPTION: &str = "--inherit-stdio";
        let mut asked = Command::new(workshop.dir.join(PURPLE));
        let printed = succeed(asked.arg("--help")).unwrap_or_default();
        let own = Self::with_options(INHERITING, workshop, &[OPTION], command);
        printed.contains(OPTION).then_some(own)
    }

    fn with_options(
        name: &'static str,
        workshop: &Workshop,
        options: &[&str],
        command: &[&str],
    ) -> Self {
        let plan = workshop.dir.join("plan");
        let mut arguments = workshop.let_go();
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        arguments.extend([plan.to_string_lossy().as_ref(), "--"].map(str::to_owned));
        let arguments = arguments
            .iter()
            .map(String::as_str)
            .chain(command.iter().copied());
        Self::plain(
            name,
            workshop.dir.join(PURPLE),
            &arguments.collect::<Vec<_>>(),
        )
    }

    /// bubblewrap with options for what the plan says, if it is installed. Its paths are looked up from
    /// the working directory, as it will look them up; `scratch` takes the files that it reads.
    pub(crate) fn equal(
        workshop: &Workshop,
        scratch: &Path,
        command: &[&str],
    ) -> Result<Option<Self>, Fault> {
        let files = Arguments::equal(&workshop.plan, &workshop.dir.join("filter"), scratch)?;
        Ok(Self::bubblewrap(EQUAL, files, command))
    }

    /// bubblewrap with the same namespaces around little.
    fn minimal(command: &[&str]) -> Option<Self> {
        Self::bubblewrap(MINIMAL, Arguments::minimal(), command)
    }

    fn bubblewrap(name: &'static str, files: Arguments, command: &[&str]) -> Option<Self> {
        let mut contender = Self::plain(name, installed("bwrap")?, &[]);
        contender
            .arguments
            .extend(files.words.iter().map(OsString::from));
        contender
            .arguments
            .extend(["--"].iter().chain(command).map(OsString::from));
        contender.files = Some(files);
        Some(contender)
    }

    /// The programs in C that could be built.
    pub(crate) fn bare(workshop: &Workshop, command: &[&str]) -> Vec<Self> {
        let filter = workshop.dir.join("filter");
        let filter = filter.to_string_lossy();
        let arguments = [&[filter.as_ref()], command].concat();
        let built = BARE
            .iter()
            .filter_map(|(name, ..)| Some((name, workshop.program(name)?)));
        built
            .map(|(name, program)| Self::plain(name, program, &arguments))
            .collect()
    }

    /// All of them.
    pub(crate) fn all(
        workshop: &Workshop,
        scratch: &Path,
        command: &[&str],
    ) -> Result<Vec<Self>, Fault> {
        let mut all = vec![Self::purple(workshop, command)];
        all.extend(Self::inheriting(workshop, command));
        all.extend(Self::equal(workshop, scratch, command)?);
        all.extend(Self::minimal(command));
        all.extend(Self::bare(workshop, command));
        all.push(Self::alone(command));
        all.iter_mut().try_for_each(|one| one.words().map(drop))?;
        Ok(all)
    }

    /// Its command, to be run once.
    pub(crate) fn command(&mut self) -> Result<Command, Fault> {
        self.files.as_mut().map_or(Ok(()), Arguments::rewind)?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        Ok(command)
    }

    /// Runs it, and gives what the command prints. One that does not work is reported in its own words.
    pub(crate) fn words(&mut self) -> Result<String, Fault> {
        succeed(&mut self.command()?)
    }

    /// The processor time that its command, `loops`, has measured and prints.
    pub(crate) fn measured(&mut self) -> Result<Duration, Fault> {
        let printed = self.words()?;
        let time = printed
            .trim()
            .parse()
            .map_err(|_| format!("{}: unexpected: {printed}", self.name))?;
        Ok(Duration::from_nanos(time))
    }

    /// How long it takes from start to exit.
    pub(crate) fn once(&mut self) -> Result<Duration, Fault> {
        let mut command = self.command()?;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let (time, status) = clock(|| command.spawn()?.wait());
        match status {
            Ok(status) if status.success() => Ok(time),
            Ok(status) => Err(format!("{}: {status}", self.name)),
            Err(error) => Err(format!("{}: {error}", self.name)),
        }
    }
}
