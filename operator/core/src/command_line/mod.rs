//! What flags of `purple run` say beside a policy: a last text that is merged after it, so that it is compiled, checked and
//! cited as any other.

mod error;
mod paths;
mod service;
mod text;

use crate::facts;
use paths::{Bind, same_path, utf8};
use purplec::source::Source;
use service::Service;
use std::env;
use std::ffi::OsString;
use std::num::NonZeroU16;
use std::path::Path;
use text::Text;

pub use error::FlagError;

/// What messages, plans and records call the text.
pub const NAME: &str = "command line";

/// The flags, as they were typed.
#[derive(Debug, Clone, Default)]
pub struct CommandLine {
    /// `--bind SRC[:DST][:ro|:rw]`.
    pub binds: Vec<OsString>,
    /// `--env NAME[=VALUE]`.
    pub variables: Vec<OsString>,
    /// `--workdir DIR`.
    pub working_dir: Option<OsString>,
    /// `--allow-host HOST[:PORT]`.
    pub hosts: Vec<String>,
    /// `--publish HOST:INSIDE`.
    pub ports: Vec<String>,
    /// `--network MODE`.
    pub network: Option<&'static str>,
    /// `--timeout TIME`.
    pub timeout: Option<String>,
    /// `--memory SIZE`.
    pub memory: Option<String>,
    /// `--cpus N`.
    pub processors: Option<String>,
    /// `--pids N`.
    pub processes: Option<String>,
}

impl CommandLine {
    /// The text; `None` where no flag says anything.
    pub(crate) fn source(&self) -> Result<Option<Source>, FlagError> {
        let text = self.text()?;
        Ok(text.map(|text| Source::new(NAME, format!("name: command-line\n{text}"))))
    }

    /// The sections of a policy that say the same; `None` where no flag says anything.
    pub(crate) fn text(&self) -> Result<Option<String>, FlagError> {
        let mut text = Text::default();
        self.filesystem(&mut text)?;
        self.environment(&mut text)?;
        self.network(&mut text)?;
        self.resources(&mut text)?;
        Ok(Some(text.0).filter(|text| !text.is_empty()))
    }

    /// The ports of services of this host that a flag names.
    pub(crate) fn services(&self) -> impl Iterator<Item = NonZeroU16> {
        self.hosts
            .iter()
            .filter_map(|typed| match Service::of(typed) {
                Service::Here(port) => Some(port),
                Service::Elsewhere | Service::WithoutPort => None,
            })
    }

    /// A flag that says something, if one does.
    pub(crate) fn first(&self) -> Option<&'static str> {
        [
            ("--bind", !self.binds.is_empty()),
            ("--env", !self.variables.is_empty()),
            ("--workdir", self.working_dir.is_some()),
            ("--allow-host", !self.hosts.is_empty()),
            ("--publish", !self.ports.is_empty()),
            ("--network", self.network.is_some()),
            ("--timeout", self.timeout.is_some()),
            ("--memory", self.memory.is_some()),
            ("--cpus", self.processors.is_some()),
            ("--pids", self.processes.is_some()),
        ]
        .into_iter()
        .find_map(|(flag, is_given)| is_given.then_some(flag))
    }

    fn filesystem(&self, text: &mut Text) -> Result<(), FlagError> {
        let binds: Vec<Bind> = self
            .binds
            .iter()
            .map(|typed| Bind::parse(typed))
            .collect::<Result<_, _>>()?;
        if binds.is_empty() && self.working_dir.is_none() {
            return Ok(());
        }
        text.section("filesystem");
        let workspace = facts::workspace();
        let (whole, binds): (Vec<Bind>, Vec<Bind>) = binds
            .into_iter()
            .partition(|bind| workspace.as_deref().is_some_and(|at| bind.is_all_of(at)));
        if let Some(bind) = whole.last() {
            let access = if bind.is_writable {
                "read-write"
            } else {
                "read-only"
            };
            text.value("workspace", &format!("{{access: {access}}}"), "--bind");
        }
        for (list, writable) in [("immutable_paths", false), ("output_paths", true)] {
            let mut binds = binds
                .iter()
                .filter(|bind| bind.is_writable == writable)
                .peekable();
            if binds.peek().is_some() {
                text.list(list);
            }
            for bind in binds {
                text.entry(&format!("host_path: {}", json(&bind.source)), "--bind");
                text.more(&format!("sandbox_path: {}", json(&bind.target)), "--bind");
            }
        }
        if let Some(typed) = &self.working_dir {
            let directory = same_path("--workdir", Path::new(utf8("--workdir", typed)?))?;
            text.value("working_dir", &json(&directory), "--workdir");
        }
        Ok(())
    }

    fn environment(&self, text: &mut Text) -> Result<(), FlagError> {
        let mut set = Vec::new();
        let mut passed = Vec::new();
        for typed in &self.variables {
            let said = utf8("--env", typed)?;
            let (name, value) = match said.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (said, None),
            };
            if !is_name(name) {
                return Err(FlagError::wrong(
                    "--env",
                    said,
                    "NAME or NAME=VALUE, with NAME of letters, digits and `_`",
                ));
            }
            match value {
                Some(value) => set.push((name, value)),
                None if env::var_os(name).is_some() => passed.push(name),
                None => return Err(FlagError::NotSet(name.to_owned())),
            }
        }
        if set.is_empty() && passed.is_empty() {
            return Ok(());
        }
        text.section("environment");
        if !set.is_empty() {
            text.list("set");
        }
        for (name, value) in set {
            text.pair(&format!("{}: {}", json(name), json(value)), "--env");
        }
        if !passed.is_empty() {
            text.list("pass");
        }
        for name in passed {
            text.entry(&json(name), "--env");
        }
        Ok(())
    }

    fn network(&self, text: &mut Text) -> Result<(), FlagError> {
        let lists = [("--allow-host", &self.hosts), ("--publish", &self.ports)];
        let first = lists.iter().find(|(_, list)| !list.is_empty());
        let (mode, flag) = match (self.network, first) {
            (Some("none"), Some((flag, _))) => return Err(FlagError::NoNetwork(flag)),
            (Some(mode), _) => (mode, "--network"),
            (None, Some((flag, _))) => ("filtered", *flag),
            (None, None) => return Ok(()),
        };
        text.section("network");
        text.value("mode", mode, flag);
        let mut services = Vec::new();
        let mut hosts = Vec::new();
        for typed in &self.hosts {
            match Service::of(typed) {
                Service::Elsewhere => hosts.push(typed),
                Service::Here(port) => services.push(port),
                Service::WithoutPort => {
                    let form =
                        "localhost:PORT for a service of this host, with a port from 1 to 65535";
                    return Err(FlagError::wrong("--allow-host", typed, form));
                }
            }
        }
        if !hosts.is_empty() {
            text.list("allow");
        }
        for host in hosts {
            text.entry(&json(host), "--allow-host");
        }
        if !services.is_empty() {
            text.list("host_services");
        }
        for port in services {
            text.entry(&port.to_string(), "--allow-host");
        }
        if !self.ports.is_empty() {
            text.list("publish");
        }
        for typed in &self.ports {
            let ports = typed.split_once(':').and_then(|(host, inside)| {
                Some((
                    host.parse::<NonZeroU16>().ok()?,
                    inside.parse::<NonZeroU16>().ok()?,
                ))
            });
            let Some((host, inside)) = ports else {
                return Err(FlagError::wrong(
                    "--publish",
                    typed,
                    "HOST:INSIDE, two ports from 1 to 65535, such as 8080:3000",
                ));
            };
            text.entry(&format!("{{host: {host}, inside: {inside}}}"), "--publish");
        }
        Ok(())
    }

    fn resources(&self, text: &mut Text) -> Result<(), FlagError> {
        let limits = [
            (
                "--timeout",
                &self.timeout,
                "session_timeout_seconds",
                "a time, such as 90s, 15m or 1h30m",
            ),
            (
                "--memory",
                &self.memory,
                "memory_limit_bytes",
                "a size, such as 512M or 4G",
            ),
            (
                "--cpus",
                &self.processors,
                "cpu_limit",
                "a number of processors, such as 0.5 or 2",
            ),
            (
                "--pids",
                &self.processes,
                "pids_limit",
                "a number of processes, such as 200",
            ),
        ];
        let mut limits = limits
            .into_iter()
            .filter_map(|(flag, typed, key, form)| Some((flag, typed.as_ref()?, key, form)))
            .peekable();
        if limits.peek().is_some() {
            text.section("resources");
        }
        for (flag, typed, key, form) in limits {
            let is_plain = |one: char| one.is_ascii_alphanumeric() || one == '.';
            if !typed.starts_with(|one: char| one.is_ascii_digit()) || !typed.chars().all(is_plain)
            {
                return Err(FlagError::wrong(flag, typed, form));
            }
            text.value(key, typed, flag);
        }
        Ok(())
    }
}

/// Whether a variable can have this name (environ(7)).
fn is_name(name: &str) -> bool {
    let is_part = |one: char| one.is_ascii_alphanumeric() || one == '_';
    name.chars().all(is_part) && name.starts_with(|first: char| !first.is_ascii_digit())
}

/// A text of YAML: JSON's are.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
