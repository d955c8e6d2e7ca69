//! The repository that is under test: its root, its tracked files, and cargo run inside it.
#![expect(
    clippy::panic,
    reason = "a test without its repository has nothing to go on with"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A tracked file: its path from the root, with `/`, and its text.
#[derive(Debug, Clone)]
pub struct Tracked {
    /// The path from the repository's root.
    pub path: String,
    /// The content; bytes that are no UTF-8 are replaced.
    pub text: String,
}

impl Tracked {
    /// A file that exists only in a test.
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Whether the path ends in `.extension`.
    pub fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }

    /// The lines with their numbers, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// The repository's root directory.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// Every tracked file that is there.
pub fn tracked() -> Vec<Tracked> {
    let root = root();
    let read = |path: &str| {
        let bytes = std::fs::read(root.join(path)).ok()?;
        Some(Tracked::new(path, &String::from_utf8_lossy(&bytes)))
    };
    let list = output(
        Command::new("git")
            .args(["ls-files", "-z"])
            .current_dir(&root),
    );
    list.split('\0')
        .filter(|path| !path.is_empty())
        .filter_map(read)
        .collect()
}

/// What `cargo` with these arguments prints.
pub fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    output(Command::new(cargo).args(arguments).current_dir(root()))
}

fn output(command: &mut Command) -> String {
    let out = match command.output() {
        Ok(out) if out.status.success() => out,
        Ok(out) => panic!(
            "{command:?}: {}\n{}",
            out.status,
            String::from_utf8_lossy(&out.stderr)
        ),
        Err(error) => panic!("{command:?}: {error}"),
    };
    String::from_utf8_lossy(&out.stdout).into_owned()
}
