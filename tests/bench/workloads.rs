//! Work that people give to agents, and what it works on: made here, so that nothing is fetched.

use crate::Fault;
use crate::workshop::{installed, succeed};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory of a Rust toolchain inside.
pub(crate) const TOOLCHAIN: &str = "/toolchain";

/// One kind of work.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// How many times as long it may take in Purple as in bubblewrap.
    pub(crate) most: f64,
    /// Rounds for one round of the longest.
    pub(crate) rounds: usize,
    /// It takes seconds, most of them to make what it works on.
    pub(crate) is_long: bool,
    /// What is run in the directory of the project.
    pub(crate) command: &'static [&'static str],
    /// Makes what it works on below this directory. `Err`: why it cannot be made here.
    prepare: fn(&Path) -> Result<(), Unable>,
}

/// Why something is not measured.
pub(crate) enum Unable {
    /// What the machine does not have.
    Missing(&'static str),
    Failed(Fault),
}

impl From<Fault> for Unable {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

impl From<std::io::Error> for Unable {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(format!("making a workload: {error}"))
    }
}

/// All of them.
pub(crate) const WORKLOADS: [Workload; 5] = [
    Workload {
        name: "grep -r in 10,000 files",
        most: 1.10,
        rounds: 4,
        is_long: false,
        command: &["/usr/bin/grep", "-r", "needle", "text"],
        prepare: text,
    },
    Workload {
        name: "git status of 50,000 files",
        most: 1.03,
        rounds: 4,
        is_long: false,
        command: &["/usr/bin/env", "git", "-C", "repository", "status", "-s"],
        prepare: repository,
    },
    Workload {
        name: "python3 -m compileall of 60 files",
        most: 1.03,
        rounds: 2,
        is_long: false,
        command: &["/usr/bin/python3", "-m", "compileall", "-qf", "python"],
        prepare: python,
    },
    Workload {
        name: "cargo check of 6 crates",
        most: 1.03,
        rounds: 1,
        is_long: true,
        command: &[
            "/bin/sh",
            "-c",
            "cd rust && rm -rf target && CARGO_HOME=/tmp/cargo RUSTC=/toolchain/bin/rustc \
             exec /toolchain/bin/cargo check --quiet --offline",
        ],
        prepare: rust,
    },
    Workload {
        name: "npm ci of 15 packages",
        most: 1.03,
        rounds: 1,
        is_long: true,
        command: &[
            "/bin/sh",
            "-c",
            "cd node && exec npm ci --offline --cache ../npm-cache --no-audit --no-fund \
             --logs-max 0 --loglevel error",
        ],
        prepare: node,
    },
];

impl Workload {
    /// Makes what it works on in the project.
    pub(crate) fn prepare(&self, project: &Path) -> Result<(), Unable> {
        (self.prepare)(project)
    }
}

/// 10,000 files of 2 KiB in 200 directories, one of which has the word.
fn text(project: &Path) -> Result<(), Unable> {
    const LINE: &str = "a line of a text in which there is nothing to be found by anyone\n";
    for dir in 0..200 {
        let dir = project.join(format!("text/{:02}/{dir:03}", dir % 20));
        fs::create_dir_all(&dir)?;
        for file in 0..50 {
            fs::write(dir.join(format!("{file:02}.txt")), LINE.repeat(32))?;
        }
    }
    Ok(fs::write(project.join("text/00/000/00.txt"), "a needle\n")?)
}

/// A repository with 50,000 files that nobody has changed. All say the same, so that Git has one
/// object for them.
fn repository(project: &Path) -> Result<(), Unable> {
    if installed("git").is_none_or(|path| !path.starts_with("/usr")) {
        return Err(Unable::Missing("git is not installed below /usr"));
    }
    let top = project.join("repository");
    for dir in 0..500 {
        let dir = top.join(format!("{:02}/{dir:03}", dir % 25));
        fs::create_dir_all(&dir)?;
        for file in 0..100 {
            fs::write(dir.join(format!("{file:02}.c")), "int one;\n")?;
        }
    }
    for words in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &[
            "-c",
            "user.name=bench",
            "-c",
            "user.email=bench@localhost",
            "commit",
            "--quiet",
            "-m",
            "all",
        ],
    ] {
        let mut git = Command::new("git");
        let _printed = succeed(git.arg("-C").arg(&top).args(words))?;
    }
    Ok(())
}

/// The sources of some packages of Python's own library.
fn python(project: &Path) -> Result<(), Unable> {
    let print = "import sysconfig; print(sysconfig.get_path('stdlib'))";
    if !Path::new("/usr/bin/python3").exists() {
        return Err(Unable::Missing("/usr/bin/python3 is not installed"));
    }
    let library = succeed(Command::new("/usr/bin/python3").args(["-ISc", print]))?;
    for package in ["json", "email", "asyncio", "logging"] {
        let target = project.join("python").join(package);
        fs::create_dir_all(&target)?;
        for entry in fs::read_dir(Path::new(library.trim()).join(package))? {
            let path = entry?.path();
            if let (Some("py"), Some(name)) = (
                path.extension().and_then(|end| end.to_str()),
                path.file_name(),
            ) {
                let _bytes = fs::copy(&path, target.join(name))?;
            }
        }
    }
    Ok(())
}

/// Where this machine's Rust toolchain is: a directory with `bin/cargo` and `bin/rustc`.
pub(crate) fn toolchain() -> Option<PathBuf> {
    let printed = succeed(Command::new("rustc").args(["--print", "sysroot"])).ok()?;
    Some(PathBuf::from(printed.trim())).filter(|dir| dir.join("bin/cargo").exists())
}

/// A crate that uses five others, each with ten modules.
fn rust(project: &Path) -> Result<(), Unable> {
    if toolchain().is_none() {
        return Err(Unable::Missing("there is no Rust toolchain with cargo"));
    }
    let top = project.join("rust");
    fs::create_dir_all(top.join("src"))?;
    let mut dependencies = String::new();
    let mut main = String::from("fn main() {\n");
    for number in 0..5 {
        let name = format!("part{number}");
        let dir = top.join(&name);
        fs::create_dir_all(dir.join("src"))?;
        fs::write(dir.join("Cargo.toml"), manifest(&name, ""))?;
        let mut library = String::new();
        for module in 0..10 {
            let text = (0..20).map(|at| {
                format!(
                    "/// A number.\n#[must_use]\npub fn number{at}(of: &[u64]) -> u64 {{\n    \
                     of.iter().map(|one| one.wrapping_mul({at})).sum()\n}}\n"
                )
            });
            fs::write(
                dir.join(format!("src/m{module}.rs")),
                text.collect::<String>(),
            )?;
            // Writing to a string cannot fail.
            let _written = writeln!(library, "pub mod m{module};");
        }
        fs::write(dir.join("src/lib.rs"), library)?;
        let _written = writeln!(dependencies, "{name} = {{ path = \"{name}\" }}");
        let _written = writeln!(main, "    println!(\"{{}}\", {name}::m0::number0(&[1]));");
    }
    // Otherwise cargo looks for a workspace in the directories above.
    dependencies.push_str("[workspace]\n");
    fs::write(top.join("Cargo.toml"), manifest("whole", &dependencies))?;
    Ok(fs::write(top.join("src/main.rs"), main + "}\n")?)
}

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
         [dependencies]\n{dependencies}"
    )
}

/// A project with 15 packages, each a tar file that npm has put into a cache of its own.
fn node(project: &Path) -> Result<(), Unable> {
    if installed("npm").is_none_or(|path| !path.starts_with("/usr")) {
        return Err(Unable::Missing("npm is not installed below /usr"));
    }
    let top = project.join("node");
    fs::create_dir_all(top.join("packed"))?;
    let mut dependencies = Vec::new();
    for number in 0..15 {
        let name = format!("part{number}");
        let source = project.join("npm-sources").join(&name);
        let dir = source.join("package");
        fs::create_dir_all(&dir)?;
        fs::write(
            dir.join("package.json"),
            format!("{{\"name\": \"{name}\", \"version\": \"1.0.0\"}}"),
        )?;
        for file in 0..25 {
            let text = format!("module.exports = {file};\n").repeat(40);
            fs::write(dir.join(format!("file{file}.js")), text)?;
        }
        let packed = top.join(format!("packed/{name}.tgz"));
        let mut tar = Command::new("tar");
        tar.arg("-C").arg(&source).arg("-czf").arg(packed);
        let _printed = succeed(tar.arg("package"))?;
        dependencies.push(format!("\"{name}\": \"file:packed/{name}.tgz\""));
    }
    let listed = dependencies.join(", ");
    let text =
        format!("{{\"name\": \"whole\", \"version\": \"1.0.0\", \"dependencies\": {{{listed}}}}}");
    fs::write(top.join("package.json"), text)?;
    let mut npm = Command::new("npm");
    npm.current_dir(&top)
        .args(["install", "--offline", "--no-audit", "--no-fund"]);
    npm.args(["--cache", "../npm-cache", "--logs-max", "0"]);
    let _printed = succeed(&mut npm)?;
    Ok(())
}
