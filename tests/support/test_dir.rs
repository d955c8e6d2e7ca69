//! A temporary directory in which one test keeps its policies, plans, programs and results.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test without its files cannot go on"
)]

use crate::identity::Identity;
use nix::unistd::{Gid, Uid, chown};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// What the names of all places start with.
pub const PREFIX: &str = "purple-e2e-";

/// The environment variable by which processes of a place are known. Policies set it.
pub const MARK: &str = "PURPLE_E2E_PLACE";

/// Makes a directory of which the name was never used: a test that was killed leaves its own, and
/// process ids come again.
fn new_directory() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("/tmp/{PREFIX}{}-{number}", std::process::id()));
        match fs::create_dir(&path) {
            Ok(()) => return path,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
}

/// A directory that belongs to the one who starts the sandboxes, removed in the end.
///
/// It holds `output`, which sandboxes may write to, `host`, which none may change, and a copy of
/// the executor.
#[derive(Debug)]
pub struct TestDir {
    /// Who starts sandboxes here.
    pub who: Identity,
    path: PathBuf,
}

impl TestDir {
    /// Makes the directory.
    pub fn new(who: Identity) -> Self {
        let place = Self {
            who,
            path: new_directory(),
        };
        place.own(&place.path);
        place.dir("output");
        place.dir("host");
        place.file("host/secret", "of the host\n");
        // A child copies, so that no process here ever has the program open for writing.
        let copied = Command::new("cp")
            .arg(binary("purple-exec"))
            .arg(place.executor())
            .status();
        assert!(
            copied.is_ok_and(|status| status.success()),
            "the executor can be copied"
        );
        place
    }

    /// A path in it.
    pub fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The same as text.
    pub fn text(&self, name: &str) -> String {
        self.at(name).to_str().expect("a path in UTF-8").to_owned()
    }

    /// The last part of its path.
    pub fn name(&self) -> String {
        self.text("")
            .trim_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    /// The copy of the executor that runs here.
    pub fn executor(&self) -> PathBuf {
        self.at("purple-exec")
    }

    /// A new directory in it, which belongs to its owner.
    pub fn dir(&self, name: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir(&path).expect("a new directory");
        self.own(&path);
        path
    }

    /// A new file in it, which belongs to its owner.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(name);
        fs::write(&path, content).expect("a new file");
        self.own(&path);
        path
    }

    /// A new executable file in it.
    pub fn script(&self, name: &str, content: &str) -> PathBuf {
        let path = self.file(name, content);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its own file");
        path
    }

    /// The text of a file in it.
    pub fn read(&self, name: &str) -> String {
        match fs::read_to_string(self.at(name)) {
            Ok(text) => text,
            Err(error) => panic!("{name}: {error}"),
        }
    }

    fn own(&self, path: &Path) {
        chown(
            path,
            Some(Uid::from_raw(self.who.uid)),
            Some(Gid::from_raw(self.who.gid)),
        )
        .expect("root may give files away, and others keep them");
    }
}

impl Drop for TestDir {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("{}: {error}", self.path.display());
        }
    }
}

/// A program under test: below `PURPLE_BIN_DIR`, or where `cargo build` puts it.
pub fn binary(name: &str) -> PathBuf {
    let dir = std::env::var_os("PURPLE_BIN_DIR").map_or_else(
        || {
            let target = std::env::var_os("CARGO_TARGET_DIR")
                .map_or_else(|| crate::repository::root().join("target"), PathBuf::from);
            target.join("debug")
        },
        PathBuf::from,
    );
    let path = dir.join(name);
    assert!(
        path.is_file(),
        "{} is missing: `cargo build -p purplec -p purple-exec` makes it, and PURPLE_BIN_DIR \
         names another directory",
        path.display()
    );
    path
}
