//! Random bytes of the kernel.

use crate::FileError;
use std::fs::File;
use std::io::Read as _;

/// So many of them.
pub fn bytes<const COUNT: usize>() -> Result<[u8; COUNT], FileError> {
    const SOURCE: &str = "/dev/urandom";
    let mut bytes = [0; COUNT];
    File::open(SOURCE)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(FileError::at(SOURCE))?;
    Ok(bytes)
}
