//! The IR as text, for `--emit=ir`.

use super::landlock::Landlock;
use super::{Action, Attributes, Ir, Step, Stub};
use std::fmt;

impl fmt::Display for Ir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "policy {}", self.name)?;
        writeln!(f, "working_dir {}", self.working_dir)?;
        writeln!(f, "capabilities {:#x}", self.capabilities)?;
        writeln!(
            f,
            "network loopback{}",
            if self.narrowed.is_some() {
                " narrowed"
            } else {
                ""
            }
        )?;
        if let Some(seconds) = self.timeout {
            writeln!(f, "timeout {seconds} s")?;
        }
        for value in &self.cgroup {
            writeln!(f, "cgroup {} = {}", value.file, value.value)?;
        }
        for (layer, _) in &self.needs {
            writeln!(f, "needs {}", layer.name())?;
        }
        if let Some(audit) = &self.audit {
            let (flags, failure, path) = (audit.flags, audit.failure, &audit.log_path);
            writeln!(
                f,
                "audit flags {flags:#x} failure {failure:?} path {path:?}"
            )?;
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

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = &self.target;
        if self.existing {
            f.write_str("existing ")?;
        }
        match &self.action {
            Action::Tmpfs {
                bytes,
                files,
                mode,
                attributes,
            } => {
                write!(
                    f,
                    "tmpfs {target} {bytes} bytes {files} files mode {mode:04o}{attributes}"
                )
            }
            Action::Bind {
                source,
                attributes,
                optional,
                owned,
            } => {
                write!(f, "bind {source} on {target}{attributes}")?;
                for (set, word) in [(optional, " optional"), (owned, " owned")] {
                    if *set {
                        f.write_str(word)?;
                    }
                }
                Ok(())
            }
            Action::Proc => write!(f, "proc {target}"),
            Action::Sysfs => write!(f, "sysfs {target}"),
            Action::Devpts => write!(f, "devpts {target}"),
            Action::File(content) => write!(f, "file {target} {content:?}"),
            Action::Symlink(to) => write!(f, "symlink {target} -> {to}"),
            Action::Mask => write!(f, "mask {target}"),
            Action::Protect => write!(f, "protect {target}"),
            Action::Guard { hidden, stub } => {
                let how = if *hidden { "hidden" } else { "read-only" };
                write!(f, "guard {target} {how}, ")?;
                match stub {
                    Stub::Directory => f.write_str("else a directory"),
                    Stub::File(content) => write!(f, "else a file {content:?}"),
                }
            }
            Action::Pin => write!(f, "pin {target}"),
            Action::Seal => write!(f, "seal {target}"),
            Action::Setting(value) => write!(f, "setting {target} = {value}"),
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
