//! Reading a policy file: regular files and standard input, to a cap, without ever blocking on
//! something else.

use purplec::diagnostics::Sink;
use purplec::diagnostics::render::{Failure, visible};
use purplec::disk::{self, Disk};
use purplec::inherit::Files;
use purplec::parse::{MAX_BYTES, decode};
use purplec::pipeline::Options;
use purplec::source::Source;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

pub(super) use purplec::disk::{explain, kind};

/// A policy's text, and what decoding it found.
pub(super) struct Input {
    /// The text under the name the user typed.
    pub(super) source: Source,
    /// Holds an error where the bytes are not UTF-8.
    pub(super) sink: Sink,
    /// What it is compiled with: the files around it, none for standard input, which lies in no
    /// directory.
    pub(super) options: Options,
}

/// Reads `path`, or standard input for `-`. The error is a whole message, name first.
pub(super) fn read(path: &Path) -> Result<Input, String> {
    try_read(path)
        .map_err(|failure| format!("{}: error: {}", visible(&failure.file), failure.message))
}

/// Reads `path`, or standard input for `-`. Where the error is about the text, the file is named
/// with its first line and column, so that an editor opens it.
pub(super) fn try_read(path: &Path) -> Result<Input, Failure> {
    let (name, read) = if path.as_os_str() == "-" {
        ("<stdin>".to_owned(), all(io::stdin().lock()))
    } else {
        let opened = disk::open(path).map_err(Problem::new);
        (path.to_string_lossy().into_owned(), opened.and_then(all))
    };
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(problem) => {
            let place = if problem.in_text { ":1:1" } else { "" };
            return Err(Failure { file: format!("{name}{place}"), message: problem.message });
        }
    };
    let mut sink = Sink::new();
    let source = decode(&name, bytes, &mut sink);
    let around = || -> Arc<dyn Files> { Arc::new(Disk::around(path)) };
    let files = (path.as_os_str() != "-").then(around);
    Ok(Input { source, sink, options: Options { files, ..Options::default() } })
}

struct Problem {
    message: String,
    /// Whether it is about the text, so that an editor should open the file.
    in_text: bool,
}

impl Problem {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), in_text: false }
    }
}

/// Everything up to the cap.
fn all(from: impl Read) -> Result<Vec<u8>, Problem> {
    let cap = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    from.take(cap.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Problem::new(explain(&error)))?;
    if bytes.is_empty() {
        return Err(Problem { message: "the file is empty".to_owned(), in_text: true });
    }
    if bytes.len() > MAX_BYTES {
        let message = "the file is larger than 1 MiB, the limit for a policy".to_owned();
        return Err(Problem { message, in_text: true });
    }
    Ok(bytes)
}
