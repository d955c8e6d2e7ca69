//! Who starts a sandbox: root, or the ordinary user that `PURPLE_TEST_USER` names.
#![expect(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test with a wrong setting has nothing to go on with"
)]

use nix::unistd::{Gid, Uid, User};

/// A user that starts sandboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// The uid and gid that a sandbox of root has outside.
pub const OUTSIDE_FOR_ROOT: u32 = 1_886_745_200;

impl Identity {
    /// Root; `None`, with a line that says so, when the tests do not run as root.
    pub fn root(test: &str) -> Option<Self> {
        if Uid::effective().is_root() {
            return Some(Self { uid: 0, gid: 0 });
        }
        skip(test, "only root can start a sandbox as root");
        None
    }

    /// The ordinary user; `None`, with a line that says so, when there is none.
    pub fn user(test: &str) -> Option<Self> {
        if !Uid::effective().is_root() {
            return Some(Self {
                uid: Uid::effective().as_raw(),
                gid: Gid::effective().as_raw(),
            });
        }
        let Some(name) = std::env::var("PURPLE_TEST_USER")
            .ok()
            .filter(|name| !name.is_empty())
        else {
            skip(
                test,
                "PURPLE_TEST_USER names no ordinary user; scripts/setup adds one",
            );
            return None;
        };
        match User::from_name(&name) {
            Ok(Some(user)) => Some(Self {
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
            }),
            other => panic!("PURPLE_TEST_USER is {name}: {other:?}"),
        }
    }

    /// Whether this is root.
    pub fn is_root(self) -> bool {
        self.uid == 0
    }

    /// The words that have what follows them run as this user.
    pub fn setpriv(self) -> Vec<String> {
        let (uid, gid) = (self.uid.to_string(), self.gid.to_string());
        let words = [
            "setpriv",
            "--reuid",
            &uid,
            "--regid",
            &gid,
            "--clear-groups",
        ];
        words.map(str::to_owned).into()
    }

    /// The uid that the program in the sandbox has outside.
    pub fn outside(self) -> u32 {
        if self.is_root() {
            OUTSIDE_FOR_ROOT
        } else {
            self.uid
        }
    }
}

/// Prints that a test does not run here, in the form that `scripts/test` counts.
pub fn skip(test: &str, reason: &str) {
    println!("SKIP {}: {reason}", test.replace("::", "-"));
}

/// Whether the test can mount, which only root can; otherwise it is skipped.
pub fn can_mount(test: &str) -> bool {
    let is_root = Uid::effective().is_root();
    if !is_root {
        skip(test, "only root can mount");
    }
    is_root
}
