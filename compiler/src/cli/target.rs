//! `--target`: the description of a host, from a file.

use purplec::diagnostics::render::visible;
use purplec::target::{MAX_BYTES, Target};
use std::path::Path;

/// Reads the description where one is named. The error is a whole message, name first.
pub(super) fn read(path: Option<&Path>) -> Result<Option<Target>, String> {
    let Some(path) = path else { return Ok(None) };
    let found = purple_files::read(path, MAX_BYTES.saturating_add(1))
        .and_then(|bytes| Target::read(&bytes));
    found.map(Some).map_err(|message| {
        format!(
            "{}: error: {}",
            visible(&path.to_string_lossy()),
            visible(&message)
        )
    })
}
