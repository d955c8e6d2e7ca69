//! A plan's table in the words of bubblewrap's command line, step for step.

use crate::Fault;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use purple_plan::{EnvKind, Mount, MountKind, Plan, mount_attrs, mount_flags, process_flags};
use std::ffi::CStr;
use std::fs::{self, File};
use std::io::{Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Arguments for bubblewrap, and the files that it reads by descriptor.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) words: Vec<String>,
    files: Vec<File>,
}

impl Arguments {
    /// What comes as near to `plan` as bubblewrap can. Paths of the host are looked up here.
    /// `filter` is the plan's program; `dir` takes the files that the plan generates.
    pub(crate) fn equal(plan: &Plan<'_>, filter: &Path, dir: &Path) -> Result<Self, Fault> {
        fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let mut all = Self::unshared();
        all.add(&[
            "--uid",
            &plan.process.uid.to_string(),
            "--gid",
            &plan.process.gid.to_string(),
        ]);
        all.add(&[
            "--hostname",
            text(plan.process.hostname),
            "--die-with-parent",
            "--cap-drop",
            "ALL",
        ]);
        if plan.process.flags & process_flags::NEW_SESSION != 0 {
            all.add(&["--new-session"]);
        }
        for step in &plan.mounts {
            all.step(&step, dir)?;
        }
        all.add(&["--chdir", text(plan.process.working_dir), "--clearenv"]);
        for variable in plan
            .environment
            .iter()
            .filter(|variable| variable.kind == EnvKind::Set)
        {
            if let Some((name, value)) = text(variable.text).split_once('=') {
                all.add(&["--setenv", name, value]);
            }
        }
        let filter = File::open(filter).map_err(|error| format!("filter: {error}"))?;
        all.file("--seccomp", filter, None)?;
        Ok(all)
    }

    /// The same namespaces around nothing but /usr, proc and the smallest /dev.
    pub(crate) fn minimal() -> Self {
        let mut all = Self::unshared();
        all.add(&["--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin"]);
        all.add(&[
            "--symlink",
            "usr/lib",
            "/lib",
            "--symlink",
            "usr/lib64",
            "/lib64",
        ]);
        all.add(&["--proc", "/proc", "--dev", "/dev"]);
        all
    }

    /// Makes the files readable once more: bubblewrap reads each from where it stands.
    pub(crate) fn rewind(&mut self) -> Result<(), Fault> {
        self.files.iter_mut().try_for_each(|file| {
            file.rewind()
                .map_err(|error| format!("rewinding a file for bubblewrap: {error}"))
        })
    }

    fn unshared() -> Self {
        let namespaces = ["user", "pid", "net", "ipc", "uts", "cgroup"];
        let words = namespaces.map(|name| format!("--unshare-{name}")).to_vec();
        Self {
            words,
            files: Vec::new(),
        }
    }

    fn add(&mut self, words: &[&str]) {
        self.words
            .extend(words.iter().map(|word| (*word).to_owned()));
    }

    /// An option that reads a file by descriptor. The child inherits it under the same number.
    fn file(&mut self, option: &str, file: File, target: Option<&str>) -> Result<(), Fault> {
        fcntl(&file, FcntlArg::F_SETFD(FdFlag::empty()))
            .map_err(|errno| format!("keeping a file open for bubblewrap: {errno}"))?;
        self.add(&[option, &file.as_raw_fd().to_string()]);
        self.words.extend(target.map(str::to_owned));
        self.files.push(file);
        Ok(())
    }

    fn step(&mut self, step: &Mount<'_>, dir: &Path) -> Result<(), Fault> {
        let (source, target) = (text(step.source), text(step.target));
        let optional = step.flags & mount_flags::OPTIONAL != 0;
        let read_only = step.attrs & mount_attrs::RDONLY != 0;
        let is_stub = step.flags & mount_flags::STUBS != 0;
        match step.kind {
            // The root is a tmpfs by itself.
            MountKind::Tmpfs if target == "/" => {}
            MountKind::Tmpfs => {
                let (size, mode) = (step.size.to_string(), format!("{:04o}", step.mode));
                self.add(&["--size", &size, "--perms", &mode, "--tmpfs", target]);
            }
            MountKind::Bind if target == "/dev/null" => self.add(&["--dev", "/dev"]),
            // `--dev` brings the other devices and the usual links.
            MountKind::Bind | MountKind::Symlink if target.starts_with("/dev/") => {}
            MountKind::Bind if is_link(source, step.content) => {
                let content = String::from_utf8_lossy(step.content);
                self.add(&["--symlink", &content, target]);
            }
            MountKind::Bind => {
                let option = match (read_only, optional) {
                    (true, true) => "--ro-bind-try",
                    (true, false) => "--ro-bind",
                    (false, true) => "--bind-try",
                    (false, false) => "--bind",
                };
                self.add(&[option, source, target]);
            }
            MountKind::Proc => self.add(&["--proc", target]),
            // There is no new sysfs, and the host's comes with everything mounted below it, each of
            // which costs time: one part with nothing below takes its place.
            MountKind::Sysfs => {
                self.add(&["--ro-bind", "/sys/devices", &format!("{target}/devices")]);
            }
            MountKind::File => {
                let name = dir.join(target.replace('/', "_"));
                let write = || File::create(&name)?.write_all(step.content);
                let open = || File::open(&name);
                let file = write().and_then(|()| open());
                let file = file.map_err(|error| format!("{}: {error}", name.display()))?;
                self.add(&["--perms", &format!("{:04o}", step.mode)]);
                self.file("--file", file, Some(target))?;
            }
            MountKind::Symlink => {
                let content = String::from_utf8_lossy(step.content).into_owned();
                self.add(&["--symlink", &content, target]);
            }
            MountKind::Directory => {
                self.add(&["--perms", &format!("{:04o}", step.mode), "--dir", target]);
            }
            // There is no option for what holds a place while the sandbox runs.
            MountKind::Mask | MountKind::SelfBind
                if (optional || is_stub) && !Path::new(target).exists() => {}
            MountKind::Mask if Path::new(target).is_dir() => {
                self.add(&["--tmpfs", target, "--remount-ro", target]);
            }
            MountKind::Mask => self.add(&["--ro-bind", "/dev/null", target]),
            MountKind::SelfBind => self.add(&["--ro-bind", target, target]),
            MountKind::Attributes if read_only => self.add(&["--remount-ro", target]),
            // `--dev` brings a devpts; there is no option for a kernel setting.
            MountKind::Attributes | MountKind::Devpts | MountKind::Setting => {}
            MountKind::MaskMatches | MountKind::SelfBindMatches => {
                unreachable!("the plans of the benchmark have no patterns")
            }
        }
        Ok(())
    }
}

/// Whether a bind's source is the symbolic link that its step says.
fn is_link(source: &str, content: &[u8]) -> bool {
    !content.is_empty()
        && fs::read_link(source).is_ok_and(|to| to.as_os_str().as_bytes() == content)
}

fn text(text: &CStr) -> &str {
    text.to_str().unwrap_or_default()
}
