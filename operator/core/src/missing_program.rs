//! A command that was not found inside, and is on the host: what to write so that it is found.

use crate::view::View;
use purple_host::path::shown;
use purple_plan::Plan;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::{self, Display};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Where a command that was not found inside is on the host. Its `Display` is the message.
#[derive(Debug, PartialEq, Eq)]
pub struct MissingProgram {
    command: OsString,
    host: PathBuf,
    /// Where it is inside, under another name than was typed.
    inside: Option<PathBuf>,
}

impl MissingProgram {
    /// Looks for a command on the host, by the caller's `PATH`. `None` where it is not there either.
    pub(crate) fn find(plan: &Plan<'_>, command: &str) -> Option<Self> {
        Self::find_in(plan, command, &env::var_os("PATH").unwrap_or_default())
    }

    fn find_in(plan: &Plan<'_>, command: &str, search: &OsStr) -> Option<Self> {
        let host = if command.contains('/') {
            Some(PathBuf::from(command)).filter(|path| is_program(path))
        } else {
            env::split_paths(search)
                .filter(|directory| directory.is_absolute())
                .map(|directory| directory.join(command))
                .find(|path| is_program(path))
        };
        let host = std::path::absolute(host?).ok()?;
        let inside = View::of(plan).inside_of(&host);
        if inside.as_deref() == Some(Path::new(command)) {
            return None;
        }
        Some(Self {
            command: command.into(),
            host,
            inside,
        })
    }
}

/// Whether a path leads to a file that somebody may execute.
fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|status| status.is_file() && status.permissions().mode() & 0o111 != 0)
}

impl Display for MissingProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = shown(Path::new(&self.command));
        let host = shown(&self.host);
        if let Some(inside) = &self.inside {
            return write!(
                f,
                "{host} is {} inside: start it by that name",
                shown(inside)
            );
        }
        write!(
            f,
            "the host has {command} at {host}, which the policy does not show: "
        )?;
        let directory = self.host.parent().unwrap_or(&self.host);
        // In YAML other characters may have a meaning of their own, and names of directories come from anywhere.
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._+-".contains(byte);
        if !directory.as_os_str().as_bytes().iter().all(is_plain) {
            return f.write_str("show its directory under `filesystem.immutable_paths`");
        }
        // A program of the system needs its libraries too, and is found by the usual `PATH`.
        let is_of_system = |above: &&str| directory.starts_with(above);
        if ["/usr", "/bin", "/sbin"].iter().any(is_of_system) {
            return f.write_str(
                "add `{host_path: /usr, sandbox_path: /usr}` under `filesystem.immutable_paths`",
            );
        }
        let directory = shown(directory);
        write!(
            f,
            "add `{{host_path: {directory}, sandbox_path: {directory}}}` under `filesystem.immutable_paths`, and \
             start {host}, or add {directory} to `PATH` under `environment.set`"
        )
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::MissingProgram;
    use crate::plans::of_text;
    use purple_plan::Plan;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use tempfile::TempDir;

    fn said(policy: &str, command: &str, search: &str) -> Option<String> {
        let bytes = of_text("p", policy).unwrap();
        let plan = Plan::decode(&bytes).unwrap();
        MissingProgram::find_in(&plan, command, search.as_ref()).map(|found| found.to_string())
    }

    #[test]
    fn what_to_write() {
        let dir = TempDir::new().unwrap();
        let top = dir.path().canonicalize().unwrap().display().to_string();
        fs::create_dir(dir.path().join("bin")).unwrap();
        for (name, mode) in [("tool", 0o755), ("text", 0o644)] {
            let path = dir.path().join("bin").join(name);
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        }
        let (bin, search) = (format!("{top}/bin"), format!("relative:/none:{top}/bin"));
        let unshown = format!(
            "the host has tool at {bin}/tool, which the policy does not show: add `{{host_path: {bin}, \
             sandbox_path: {bin}}}` under `filesystem.immutable_paths`, and start {bin}/tool, or add {bin} to `PATH` \
             under `environment.set`"
        );
        assert_eq!(said("name: p\n", "tool", &search).as_ref(), Some(&unshown));
        let by_path = said("name: p\n", &format!("{bin}/tool"), "");
        assert!(by_path.unwrap().contains("which the policy does not show"));
        for nothing in ["text", "none", "bin"] {
            assert_eq!(said("name: p\n", nothing, &search), None, "{nothing}");
        }
        let shown = format!(
            "name: p\nfilesystem:\n  immutable_paths:\n    - {{host_path: {top}, sandbox_path: /t}}\n"
        );
        let odd = format!("{top}/a, sandbox_path: ");
        fs::create_dir(&odd).unwrap();
        fs::copy(format!("{bin}/tool"), format!("{odd}/tool")).unwrap();
        let unquoted = said("name: p\n", &format!("{odd}/tool"), "").unwrap();
        assert!(
            unquoted
                .ends_with("does not show: show its directory under `filesystem.immutable_paths`"),
            "{unquoted}"
        );
        let inside = format!("{bin}/tool is /t/bin/tool inside: start it by that name");
        assert_eq!(said(&shown, "tool", &search), Some(inside));
        // By this name it is there, and something else was missing.
        let same = shown.replace("/t}", &format!("{top}}}"));
        assert_eq!(said(&same, &format!("{bin}/tool"), ""), None);
    }
}
