//! Where everything stands that is measured: one directory with the programs, the plan, and the
//! peers made from it.

use crate::{Fault, bare, filter, network, overhead};
use purple_plan::{Layer, Plan};
use purple_tests::repository;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The policy that everything is measured with.
const POLICY: &str = "policies/ai-dev-safe.yaml";

/// The peer in C that makes the same kernel calls as purple-exec.
pub(crate) const SAME_CALLS: &str = "bare-musl";

/// Peers in C: name, compiler, and a flag. The blind one leaves out the calls that only look.
pub(crate) const BARE: [(&str, &str, &str); 3] = [
    (SAME_CALLS, "musl-gcc", "-static"),
    ("bare-glibc", "gcc", "-static"),
    ("bare-musl, blind", "musl-gcc", "-DBLIND"),
];

/// The compiler with libseccomp in it, where `make bench` could build it.
pub(crate) const OTHER_COMPILER: &str = "purplec-libseccomp";

/// The directory. Removed in the end by the one who made it.
#[derive(Debug)]
pub(crate) struct Workshop {
    pub(crate) dir: PathBuf,
    pub(crate) plan: Plan<'static>,
    /// The compiler with libseccomp in it, where there is one.
    pub(crate) other_compiler: Option<PathBuf>,
    /// There when this process made the directory.
    own: Option<Own>,
}

impl Workshop {
    /// Makes the directory from the programs beside this one.
    pub(crate) fn build() -> Result<Self, Fault> {
        let dir = std::env::temp_dir().join(format!("purple-bench-{}", std::process::id()));
        fs::create_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let own_dir = Own(dir.clone());
        let open = Permissions::from_mode(0o755);
        fs::set_permissions(&dir, open).map_err(|error| format!("{}: {error}", dir.display()))?;
        let own = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
        let beside = own.parent().unwrap_or(Path::new("."));
        for program in ["purple-exec", "purplec", "bench"] {
            fs::copy(beside.join(program), dir.join(program)).map_err(|error| {
                format!(
                    "{}: {error}; `make bench` builds it",
                    beside.join(program).display()
                )
            })?;
        }
        for program in ["purple", "purple-net"] {
            if beside.join(program).exists() {
                fs::copy(beside.join(program), dir.join(program))
                    .map_err(|error| format!("{program}: {error}"))?;
            }
        }
        compile(&dir.join("purplec"), &repository::root().join(POLICY), &dir)?;
        let mut workshop = Self::open(&dir)?;
        workshop.own = Some(own_dir);
        workshop.other_compiler = Some(beside.join(OTHER_COMPILER)).filter(|path| path.exists());
        write(&dir.join("install.c"), filter::INSTALL)?;
        write(&dir.join("calls.c"), filter::CALLS)?;
        write(&dir.join("libseccomp.c"), filter::LIBSECCOMP)?;
        write(&dir.join("loops.c"), overhead::PROGRAM)?;
        write(&dir.join("flow.c"), network::FLOW)?;
        workshop.build_bare()?;
        build_c(&dir, "gcc", "flow", "flow.c", &["-pthread"])?;
        build_c(&dir, "gcc", "loops", "loops.c", &["-static"])?;
        build_c(&dir, "gcc", "install", "install.c", &[])?;
        build_c(&dir, "gcc", "calls", "calls.c", &[])?;
        if Path::new("/usr/include/seccomp.h").exists() {
            build_c(&dir, "gcc", "libseccomp", "libseccomp.c", &["-lseccomp"])?;
        }
        Ok(workshop)
    }

    /// The same with another policy, in a directory of this name below this one.
    pub(crate) fn under(&self, name: &str, policy: &str) -> Result<Self, Fault> {
        let dir = self.dir.join(name);
        fs::create_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        write(&dir.join("policy.yaml"), policy)?;
        compile(&self.dir.join("purplec"), &dir.join("policy.yaml"), &dir)?;
        for program in ["purple-exec", "purple"]
            .iter()
            .filter_map(|name| self.program(name))
        {
            let copy = dir.join(program.file_name().unwrap_or_default());
            fs::copy(&program, copy).map_err(|error| format!("{}: {error}", program.display()))?;
        }
        let workshop = Self::open(&dir)?;
        workshop.build_bare()?;
        Ok(workshop)
    }

    /// Builds the peers in C from the plan.
    fn build_bare(&self) -> Result<(), Fault> {
        write(&self.dir.join("plan.h"), &bare::header(&self.plan)?)?;
        for (file, text) in bare::PROGRAM {
            write(&self.dir.join(file), text)?;
        }
        for (name, compiler, flag) in BARE {
            build_c(&self.dir, compiler, name, "bare.c", &["-static", flag])?;
        }
        Ok(())
    }

    /// Takes a directory that [`build`](Self::build) has made.
    pub(crate) fn open(dir: &Path) -> Result<Self, Fault> {
        let path = dir.join("plan");
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        // The plan is used until the end of the program.
        let plan = Plan::decode(bytes.leak()).map_err(|error| format!("the plan: {error}"))?;
        Ok(Self {
            dir: dir.to_owned(),
            plan,
            other_compiler: None,
            own: None,
        })
    }

    /// The arguments that let go of what this machine or the bench does not have: control groups, and
    /// whatever else the plan needs.
    pub(crate) fn let_go(&self) -> Vec<String> {
        let needs = self.plan.needs.iter().map(|need| need.layer);
        let groups = (!self.plan.cgroup.is_empty()).then_some(Layer::Cgroup);
        let layers = groups.into_iter().chain(needs);
        layers
            .flat_map(|layer| ["--unenforced", layer.name()])
            .map(str::to_owned)
            .collect()
    }

    /// The path of a program made here, if it could be made.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        Some(self.dir.join(name)).filter(|path| path.exists())
    }
}

/// A directory that is removed in the end.
#[derive(Debug)]
struct Own(PathBuf);

impl Drop for Own {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("bench: {}: {error}", self.0.display());
        }
    }
}

/// Where a program of this name is on this machine.
pub(crate) fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
}

/// Runs a command that must succeed, and returns what it prints.
pub(crate) fn succeed(command: &mut Command) -> Result<String, Fault> {
    let out = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if out.status.success() {
        return Ok(String::from_utf8_lossy(&out.stdout).into_owned());
    }
    Err(format!(
        "{command:?}: {}\n{}",
        out.status,
        String::from_utf8_lossy(&out.stderr)
    ))
}

/// Compiles a policy to the files `plan` and `filter` of a directory.
fn compile(purplec: &Path, policy: &Path, dir: &Path) -> Result<(), Fault> {
    let (plan, filter) = (dir.join("plan"), dir.join("filter"));
    let mut compile = Command::new(purplec);
    let _printed = succeed(compile.arg("compile").arg(policy).arg("-o").arg(&plan))?;
    let mut show = Command::new(purplec);
    let _printed = succeed(show.arg("show").arg(&plan).arg("--bpf").arg(&filter))?;
    Ok(())
}

/// Builds a C program, where its compiler is installed.
fn build_c(
    dir: &Path,
    compiler: &str,
    name: &str,
    source: &str,
    more: &[&str],
) -> Result<(), Fault> {
    if installed(compiler).is_some() {
        let flags = ["-O2", "-Wall", "-o", name, source];
        let _output = succeed(
            Command::new(compiler)
                .args(flags)
                .args(more)
                .current_dir(dir),
        )?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Fault> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
