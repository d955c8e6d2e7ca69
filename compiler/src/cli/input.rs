//! Reading a policy file: regular files and standard input, to a cap, without ever blocking on
//! something else.

use nix::fcntl::OFlag;
use purplec::diagnostics::Sink;
use purplec::diagnostics::render::{Failure, visible};
use purplec::parse::{MAX_BYTES, decode};
use purplec::source::Source;
use std::fs::{FileType, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// A policy's text, and what decoding it found.
pub(super) struct Input {
    /// The text under the name the user typed.
    pub(super) source: Source,
    /// Holds an error where the bytes are not UTF-8.
    pub(super) sink: Sink,
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
        (path.to_string_lossy().into_owned(), open(path))
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
    Ok(Input { source, sink })
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

fn open(path: &Path) -> Result<Vec<u8>, Problem> {
    // Without O_NONBLOCK, opening a FIFO waits for a writer. The standard library adds O_CLOEXEC.
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = match OpenOptions::new().read(true).custom_flags(flags.bits()).open(path) {
        Ok(file) => file,
        Err(error) => {
            // A socket cannot be opened; its kind says more than the error.
            let kind = std::fs::metadata(path).ok().and_then(|found| kind(found.file_type()));
            return Err(Problem::new(match kind {
                Some(kind) => format!("this is {kind}, not a file"),
                None => explain(&error),
            }));
        }
    };
    let found = file.metadata().map_err(|error| Problem::new(explain(&error)))?;
    if let Some(kind) = kind(found.file_type()) {
        return Err(Problem::new(format!("this is {kind}, not a file")));
    }
    all(file)
}

/// What a path leads to, where it is not a regular file.
pub(super) fn kind(of: FileType) -> Option<&'static str> {
    if of.is_file() {
        None
    } else if of.is_dir() {
        Some("a directory")
    } else if of.is_fifo() {
        Some("a FIFO")
    } else if of.is_socket() {
        Some("a socket")
    } else if of.is_char_device() || of.is_block_device() {
        Some("a device")
    } else {
        Some("something special")
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

/// An I/O error without the number that the standard library adds.
pub(super) fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotADirectory => "part of the path is not a directory".to_owned(),
        io::ErrorKind::IsADirectory => "this is a directory, not a file".to_owned(),
        _ => error.to_string(),
    }
}
