//! The IR as text, for `--emit=ir`.

use super::definition::Ir;
use super::landlock::Landlock;
use super::namespace::Namespace;
use super::process::{CapabilitySets, Process};
use super::step::{Action, Attributes, Step, Stub};
use std::collections::BTreeSet;
use std::fmt;

impl fmt::Display for Ir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "policy {}", self.name)?;
        write!(f, "{}{}", self.process, self.network)?;
        for value in &self.cgroup {
            writeln!(f, "cgroup {} = {}", value.file, value.value)?;
        }
        for (layer, _) in &self.needs {
            writeln!(f, "needs {}", layer.name())?;
        }
        if let Some(audit) = &self.audit {
            write!(f, "audit")?;
            for detail in &audit.details {
                write!(f, " {}", detail.name())?;
            }
            let (failure, path) = (audit.failure, &audit.log_path);
            writeln!(f, " failure {failure:?} path {path:?}")?;
        }
        for variable in &self.environment {
            match &variable.value {
                Some(value) => writeln!(f, "env {}={}", variable.name, value.escape_default())?,
                None => writeln!(f, "env {} from the caller", variable.name)?,
            }
        }
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        write!(f, "{}", self.landlock)?;
        self.filters
            .iter()
            .try_for_each(|filter| write!(f, "{filter}"))
    }
}

impl fmt::Display for Landlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for level in &self.levels {
            let (abi, fs, net, scope) = (level.abi, level.fs, level.net, level.scope);
            writeln!(
                f,
                "landlock abi {abi} fs {fs:#x} net {net:#x} scope {scope:#x}"
            )?;
        }
        for path in &self.paths {
            let optional = if path.optional { " optional" } else { "" };
            writeln!(
                f,
                "landlock path {} {:#x}{optional}",
                path.path, path.access
            )?;
        }
        for ports in &self.ports {
            writeln!(
                f,
                "landlock ports {}-{} {:#x}",
                ports.first, ports.last, ports.access
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, one) in [("user", self.user), ("group", self.group)] {
            let (inside, outside) = (one.inside, one.outside_for_root);
            writeln!(f, "{what} {inside} outside {outside} for root")?;
        }
        writeln!(f, "namespaces{}", Namespaces(&self.namespaces))?;
        let inner = Namespaces(&self.inner_namespaces);
        writeln!(f, "inner_namespaces{inner}")?;
        writeln!(f, "{}", self.capabilities)?;
        writeln!(f, "host_name {}", self.host_name)?;
        writeln!(f, "working_dir {}", self.working_dir)?;
        writeln!(f, "umask {:04o}", self.umask)?;
        if self.new_session {
            writeln!(f, "session new")?;
        }
        for limit in &self.limits {
            let (soft, hard) = (limit.soft, limit.hard);
            writeln!(f, "limit {} {soft} {hard}", limit.resource.name())?;
        }
        if let Some(timeout) = self.timeout {
            writeln!(f, "timeout {} s", timeout.as_secs())?;
        }
        writeln!(f, "grace {} ms", self.grace.as_millis())
    }
}

impl fmt::Display for CapabilitySets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("capabilities")?;
        for (name, mask) in [
            ("bounding", self.bounding),
            ("inheritable", self.inheritable),
            ("permitted", self.permitted),
            ("effective", self.effective),
            ("ambient", self.ambient),
        ] {
            write!(f, " {name} {mask:#x}")?;
        }
        Ok(())
    }
}

/// Kinds of namespaces, each behind a blank.
struct Namespaces<'n>(&'n BTreeSet<Namespace>);

impl fmt::Display for Namespaces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(" none");
        }
        self.0
            .iter()
            .try_for_each(|kind| write!(f, " {}", kind.name()))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.existing {
            f.write_str("existing ")?;
        }
        self.action.write(&self.target, f)?;
        write!(f, "{}", self.attributes)?;
        if self.optional {
            f.write_str(" optional")?;
        }
        Ok(())
    }
}

impl Action {
    /// What is done to a target.
    fn write(&self, target: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tmpfs { bytes, files, mode } => {
                write!(
                    f,
                    "tmpfs {target} {bytes} bytes {files} files mode {mode:04o}"
                )
            }
            Self::Bind {
                source,
                owned,
                link,
            } => {
                let owned = if *owned { " owned" } else { "" };
                write!(f, "bind {source} on {target}{owned}")?;
                match link {
                    Some(text) => write!(f, ", or the link {text}"),
                    None => Ok(()),
                }
            }
            Self::Proc => write!(f, "proc {target}"),
            Self::Sysfs => write!(f, "sysfs {target}"),
            Self::Devpts => write!(f, "devpts {target}"),
            Self::File { content, mode } => write!(f, "file {target} {content:?} mode {mode:04o}"),
            Self::Symlink(to) => write!(f, "symlink {target} -> {to}"),
            Self::Mask => write!(f, "mask {target}"),
            Self::Matches { hidden } => {
                let how = if *hidden { "mask" } else { "protect" };
                write!(f, "{how} what matches {target}")
            }
            Self::ReadOnly => write!(f, "read_only {target}"),
            Self::Protect { hidden, stub } => {
                let how = if *hidden { "hidden" } else { "read-only" };
                write!(f, "protect {target} {how}, ")?;
                match stub {
                    Stub::Directory => f.write_str("else a directory"),
                    Stub::Socket => f.write_str("else a socket"),
                    Stub::File(content) => write!(f, "else a file {content:?}"),
                }
            }
            Self::Pin => write!(f, "pin {target}"),
            Self::Seal => write!(f, "seal {target}"),
            Self::Setting(value) => write!(f, "setting {target} = {value}"),
        }
    }
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (set, word) in [
            (self.read_only, " ro"),
            (self.no_suid, " nosuid"),
            (self.no_dev, " nodev"),
            (self.no_exec, " noexec"),
        ] {
            if set {
                f.write_str(word)?;
            }
        }
        Ok(())
    }
}
