//! Reading a policy file: regular files and standard input, to a cap, without ever blocking on
//! something else.

use purplec::diagnostics::Sink;
use purplec::diagnostics::render::{Failure, visible};
use purplec::facts::HostFacts;
use purplec::hosts::{HostFiles, HostFolders};
use purplec::inherit::{Access, Files, FilesAround};
use purplec::parse::{MAX_BYTES, decode};
use purplec::pipeline::Options;
use purplec::source::Source;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// Where operators' groups of host names are: in these folders, or where there are none in the usual ones.
pub(super) fn hosts(folders: &[PathBuf]) -> Arc<dyn HostFiles> {
    let read = purple_files::read_trusted;
    if folders.is_empty() {
        let home = std::env::home_dir().filter(|home| home.is_absolute());
        Arc::new(HostFolders::usual(home, read))
    } else {
        Arc::new(HostFolders::new(folders.to_vec(), read))
    }
}

/// The facts of the host, with those of the command line.
pub(super) fn facts(mut facts: HostFacts, set: &[String]) -> Result<HostFacts, String> {
    for assignment in set {
        facts
            .set(assignment)
            .map_err(|fault| format!("purplec: error: --set: {fault}"))?;
    }
    Ok(facts)
}

/// Reads `path`, or standard input for `-`. The error is a whole message, name first.
pub(super) fn read(path: &Path) -> Result<Input, String> {
    try_read(path)
        .map_err(|failure| format!("{}: error: {}", visible(&failure.file), failure.message))
}

/// Reads `path`, or standard input for `-`. What is wrong with the text, also that there is none or
/// too much of it, is for the compiler to say.
pub(super) fn try_read(path: &Path) -> Result<Input, Failure> {
    let stdin = path.as_os_str() == "-";
    let (name, read) = if stdin {
        (
            "<stdin>".to_owned(),
            purple_files::up_to(io::stdin().lock(), MAX_BYTES),
        )
    } else {
        (
            path.to_string_lossy().into_owned(),
            purple_files::read(path, MAX_BYTES),
        )
    };
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(message) => {
            return Err(Failure {
                file: name,
                message,
            });
        }
    };
    let mut sink = Sink::new();
    let source = decode(&name, bytes, &mut sink);
    let access = Access {
        identity: purple_files::identity,
        read: purple_files::read,
    };
    let around = || -> Arc<dyn Files> { Arc::new(FilesAround::new(path, access)) };
    let files = (!stdin).then(around);
    Ok(Input {
        source,
        sink,
        options: Options {
            files,
            hosts: Some(hosts(&[])),
            ..Options::default()
        },
    })
}
