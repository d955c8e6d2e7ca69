//! Compiled plans, kept by the digest of what they are made from: the policy's text, the texts that
//! it inherits from, and the compiler. What is kept saves compiling, no more: it is read once, and those bytes are what runs.

use purple_host::files::PrivateDirectory;
use purple_host::users;
use purple_plan::{MAX_PLAN_BYTES, Plan, Sha256};
use purplec::seal::hex;
use purplec::source::Sources;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

/// This program's compiler, as plans name it: both have the workspace's version.
const COMPILER: &str = concat!("purplec ", env!("CARGO_PKG_VERSION"));

/// The directory of the kept plans; `None` where the environment names no place for it.
pub(crate) fn directory() -> Option<PathBuf> {
    let base = users::base_directory("XDG_CACHE_HOME", ".cache")?;
    Some(base.join("purple").join("plans"))
}

/// The file for one policy's plan.
#[derive(Debug)]
pub(crate) struct Entry {
    directory: PathBuf,
    name: String,
}

impl Entry {
    /// The file for this policy's plan; `None` where nothing can be kept.
    pub(crate) fn of(sources: &Sources) -> Option<Self> {
        Some(Self {
            directory: directory()?,
            name: key(sources)? + ".plan",
        })
    }

    /// The kept plan, if there is one that only the caller can have written and that this compiler
    /// has made from these very texts.
    pub(crate) fn look_up(&self, sources: &Sources) -> Option<Vec<u8>> {
        // A longer file is cut here, and a cut plan does not decode.
        let limit = u64::try_from(MAX_PLAN_BYTES).ok()?;
        let bytes = PrivateDirectory::open(&self.directory)?.read(&self.name, limit)?;
        let plan = Plan::decode(&bytes).ok()?;
        let same_text = plan.meta.source_digest == sources.digest();
        let same_compiler = plan.meta.compiler.to_bytes() == COMPILER.as_bytes();
        (same_text && same_compiler).then_some(bytes)
    }

    /// Keeps a plan where that works.
    pub(crate) fn keep(&self, bytes: &[u8]) -> std::io::Result<()> {
        PrivateDirectory::create(&self.directory)?.replace(&self.name, bytes)
    }
}

/// A digest of the compiler, which is part of this program, and the texts.
fn key(sources: &Sources) -> Option<String> {
    let program = std::fs::metadata(std::env::current_exe().ok()?).ok()?;
    let mut digest = Sha256::new();
    for number in [
        program.len().cast_signed(),
        program.mtime(),
        program.mtime_nsec(),
    ] {
        digest.update(&number.to_le_bytes());
    }
    digest.update(COMPILER.as_bytes());
    digest.update(&[0]);
    digest.update(&sources.digest());
    Some(hex(&digest.finish()))
}
