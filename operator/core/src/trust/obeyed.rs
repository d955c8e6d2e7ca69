//! What a run obeys, held open, and all names that lead to it.

use super::error::TrustError;
use super::file::{Part, digest_of, digest_of_link};
use purple_host::held::HeldFile;
use purple_plan::sha256;
use purplec::seal::hex;
use std::path::Path;

/// A file that this run obeys, held by a descriptor from before it was read.
#[derive(Debug)]
pub(crate) struct Obeyed {
    pub(super) held: HeldFile,
    /// The file itself, and before it each symbolic link on the way to it.
    pub(super) parts: Vec<Part>,
}

impl Obeyed {
    /// A file of which these bytes were read.
    pub(crate) fn read(held: HeldFile, bytes: &[u8]) -> Result<Self, TrustError> {
        Self::new(held, Some(hex(&sha256(bytes))))
    }

    /// A program, or a directory in which Purple writes.
    pub(crate) fn unread(path: &Path) -> Result<Self, TrustError> {
        Self::new(HeldFile::open(path)?, None)
    }

    /// A file as it is now.
    pub(super) fn found(path: &Path) -> Result<Self, TrustError> {
        let held = HeldFile::open(path)?;
        let digest = digest_of(held.path());
        Self::new(held, digest)
    }

    fn new(held: HeldFile, digest: Option<String>) -> Result<Self, TrustError> {
        let mut parts = Vec::new();
        for link in held.links() {
            parts.push(Part {
                path: link.path().to_owned(),
                stamp: link.stamp()?,
                digest: Some(digest_of_link(link.target())),
                target: Some(link.target().to_string_lossy().into_owned()),
            });
        }
        parts.push(Part {
            path: held.path().to_owned(),
            stamp: held.stamp()?,
            digest,
            target: None,
        });
        Ok(Self { held, parts })
    }
}
