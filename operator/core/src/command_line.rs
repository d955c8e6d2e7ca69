//! What flags of `purple run` say beside a policy: a last text that is merged after it, so that it is compiled, checked and
//! cited as any other.

use purplec::diagnostics::quote;
use purplec::diagnostics::render::visible;
use purplec::source::Source;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::{self, Display};
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

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
        let mut text = Text::default();
        self.filesystem(&mut text)?;
        self.environment(&mut text)?;
        self.network(&mut text)?;
        self.resources(&mut text)?;
        if text.0.is_empty() {
            return Ok(None);
        }
        Ok(Some(Source::new(
            NAME,
            format!("name: command-line\n{}", text.0),
        )))
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
            let directory = utf8("--workdir", typed)?;
            text.value("working_dir", &json(directory), "--workdir");
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
            if name.is_empty() {
                return Err(FlagError::wrong("--env", said, "NAME or NAME=VALUE"));
            }
            match value {
                Some(value) => set.push((name, value)),
                None => passed.push(name),
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
        let (services, hosts): (Vec<&String>, Vec<&String>) = self
            .hosts
            .iter()
            .partition(|typed| service_of_this_host(typed).is_some());
        if !hosts.is_empty() {
            text.list("allow");
        }
        for host in hosts {
            text.entry(&json(host), "--allow-host");
        }
        if !services.is_empty() {
            text.list("host_services");
        }
        for port in services
            .into_iter()
            .filter_map(|typed| service_of_this_host(typed))
        {
            text.entry(port, "--allow-host");
        }
        if !self.ports.is_empty() {
            text.list("publish");
        }
        for typed in &self.ports {
            let ports = typed.split_once(':').and_then(|(host, inside)| {
                Some((host.parse::<u16>().ok()?, inside.parse::<u16>().ok()?))
            });
            let Some((host, inside)) = ports else {
                return Err(FlagError::wrong(
                    "--publish",
                    typed,
                    "HOST:INSIDE, two ports, such as 8080:3000",
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

/// A path of the host that is shown.
#[derive(Debug, PartialEq, Eq)]
struct Bind {
    source: String,
    target: String,
    is_writable: bool,
}

impl Bind {
    /// Takes `SRC[:DST][:ro|:rw]` apart. A `:` of a path is written `\:`, and a `\` that is followed by one of the two `\\`.
    fn parse(typed: &OsStr) -> Result<Self, FlagError> {
        const FORM: &str =
            r"SRC[:DST][:ro|:rw], with DST an absolute path, and `\:` for a `:` in a path";
        let said = utf8("--bind", typed)?;
        let wrong = || FlagError::wrong("--bind", said, FORM);
        let mut parts = parts(said);
        let mode = match parts.last().map(String::as_str) {
            Some("ro") if parts.len() > 1 => Some(false),
            Some("rw") if parts.len() > 1 => Some(true),
            _ => None,
        };
        if mode.is_some() {
            parts.pop();
        }
        let (source, target) = match parts.as_slice() {
            [source] => (source.clone(), None),
            [source, target] => (source.clone(), Some(target.clone())),
            _ => return Err(wrong()),
        };
        if source.is_empty() {
            return Err(wrong());
        }
        let target = match target {
            Some(target) if target.starts_with('/') => target,
            Some(_) => return Err(wrong()),
            None => same_path(Path::new(&source))?,
        };
        Ok(Self {
            source,
            target,
            is_writable: mode.unwrap_or(false),
        })
    }
}

/// The parts of what was typed, at each `:` that no `\` stands before.
fn parts(said: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut all = said.chars().peekable();
    while let Some(one) = all.next() {
        let next = all.peek().copied();
        match (one, parts.last_mut()) {
            (':', _) => parts.push(String::new()),
            ('\\', Some(part)) if matches!(next, Some(':' | '\\')) => {
                part.extend(all.next());
            }
            (one, Some(part)) => part.push(one),
            (_, None) => {}
        }
    }
    parts
}

/// The port of `localhost:PORT`, by whichever of the names that this host has outside or inside.
fn service_of_this_host(typed: &str) -> Option<&str> {
    const NAMES: [&str; 3] = ["localhost", "10.77.0.1", "host.purple.internal"];
    let (host, port) = typed.rsplit_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|one| one.is_ascii_digit());
    let is_loopback = host.parse().is_ok_and(|one: IpAddr| one.is_loopback());
    ((is_loopback || NAMES.contains(&host)) && is_port).then_some(port)
}

/// The absolute path by which the host has a path, for the same inside. No link is followed: the sandbox shows it by the
/// name that was typed.
fn same_path(source: &Path) -> Result<String, FlagError> {
    let directory =
        env::current_dir().map_err(|error| FlagError::WorkingDirectory(error.to_string()))?;
    let mut path = PathBuf::new();
    for component in directory.join(source).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    Ok(utf8("--bind", path.as_os_str())?.to_owned())
}

fn utf8<'t>(flag: &'static str, typed: &'t OsStr) -> Result<&'t str, FlagError> {
    typed.to_str().ok_or_else(|| FlagError::NotUtf8 {
        flag,
        typed: String::from_utf8_lossy(typed.as_bytes()).into_owned(),
    })
}

/// A text of YAML: JSON's are.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text at hand. Each line ends with the flag that says it, which a message about the line shows.
#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn section(&mut self, name: &str) {
        self.line(&format!("{name}:"));
    }

    fn list(&mut self, key: &str) {
        self.line(&format!("  {key}:"));
    }

    fn value(&mut self, key: &str, value: &str, flag: &str) {
        self.line(&format!("  {key}: {value} # {flag}"));
    }

    fn pair(&mut self, pair: &str, flag: &str) {
        self.line(&format!("    {pair} # {flag}"));
    }

    fn entry(&mut self, entry: &str, flag: &str) {
        self.line(&format!("    - {entry} # {flag}"));
    }

    fn more(&mut self, pair: &str, flag: &str) {
        self.line(&format!("      {pair} # {flag}"));
    }
}

/// What is wrong with a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagError {
    /// Its value has another form.
    Wrong {
        /// The flag.
        flag: &'static str,
        /// What was typed.
        typed: String,
        /// What it takes.
        form: &'static str,
    },
    /// Its value is not UTF-8, and a policy is.
    NotUtf8 {
        /// The flag.
        flag: &'static str,
        /// What was typed, as far as it is text.
        typed: String,
    },
    /// A flag of the network beside `--network none`.
    NoNetwork(&'static str),
    /// A flag that changes a policy beside a plan.
    Sealed(&'static str),
    /// The working directory is not known.
    WorkingDirectory(String),
}

impl FlagError {
    fn wrong(flag: &'static str, typed: &str, form: &'static str) -> Self {
        Self::Wrong {
            flag,
            typed: typed.to_owned(),
            form,
        }
    }
}

impl Display for FlagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong { flag, typed, form } => {
                write!(f, "{flag} {}: it takes {form}", quote(&visible(typed)))
            }
            Self::NotUtf8 { flag, typed } => write!(
                f,
                "{flag} {}: it is not UTF-8, which policies are: name a directory above it, or use a link with another name",
                quote(&visible(typed))
            ),
            Self::NoNetwork(flag) => write!(
                f,
                "{flag} needs a network, and `--network none` leaves none: leave one of the two out"
            ),
            Self::Sealed(flag) => write!(
                f,
                "{flag} changes a policy, and a plan is sealed: name the policy with `--policy` or `--profile`"
            ),
            Self::WorkingDirectory(why) => write!(f, "the working directory: {why}"),
        }
    }
}

impl std::error::Error for FlagError {}
