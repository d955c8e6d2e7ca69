//! `purple trust`: what runs obey, and what has changed during a run.

use crate::output::{Failure, print, say_all};
use clap::{Args, ValueEnum};
use purple_core::audit::record::timestamp;
use purple_core::plans;
use purple_core::trust::{self, Change, ObeyedFile};
use purplec::diagnostics::render::visible;
use serde_json::Value;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What to show, or to accept.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Accept the current content of these files, policies that no run has obeyed yet among them; without FILE, list all
    /// files
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Forget these files instead: later runs do not keep them, unless they obey them
    #[arg(long, requires = "files")]
    forget: bool,
    /// Format of the list
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A JSON list of objects
    Json,
}

/// The exit status of a list with a file that no run obeys.
const CHANGED: u8 = 1;

/// Carries out `purple trust`.
pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    if arguments.files.is_empty() {
        let files = trust::files()?;
        show(&files, arguments.format)?;
        let changed = files.iter().any(|file| file.changed.is_some());
        return Ok(if changed { CHANGED } else { 0 });
    }
    let mut text = String::new();
    let mut now = Vec::new();
    for path in &arguments.files {
        if arguments.forget {
            for file in trust::forget(path)? {
                writeln!(text, "forgotten: {}", visible(&file.path.to_string_lossy()))?;
                now.push(file);
            }
            continue;
        }
        let accepted = if is_policy(path) {
            let mut notices = Vec::new();
            let accepted = plans::accept(path, &mut notices);
            say_all(&mut notices);
            accepted?
        } else {
            let accepted = trust::accept(path)?.into_iter();
            let accepted = accepted.map(|(before, file)| (before.changed, file));
            accepted.collect::<Vec<_>>()
        };
        for (changed, file) in accepted {
            let path = visible(&file.path.to_string_lossy());
            writeln!(text, "accepted: {path} {}", content(&file))?;
            text.extend(changed.as_ref().map(described));
            now.push(file);
        }
    }
    if arguments.format == Format::Json {
        return show(&now, Format::Json).map(|()| 0);
    }
    print(&text)?;
    Ok(0)
}

/// Whether a file is a policy, which is accepted with what it extends: and not a group of hosts, a plan or a program.
fn is_policy(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str);
    let above = path.parent().and_then(Path::file_name);
    matches!(ending, Some("yaml" | "yml")) && above != Some(OsStr::new("hosts.d"))
}

fn show(files: &[ObeyedFile], format: Format) -> Result<(), Failure> {
    if format == Format::Json {
        let values: Vec<Value> = files.iter().map(ObeyedFile::value).collect();
        return print(&format!("{}\n", Value::from(values)));
    }
    let mut text = String::new();
    for file in files {
        let path = visible(&file.path.to_string_lossy());
        let since = timestamp(file.since);
        let missing = if file.is_missing() {
            ", missing now"
        } else {
            ""
        };
        let content = content(file);
        writeln!(text, "{path}\n  obeyed since {since}, {content}{missing}")?;
        text.extend(file.changed.as_ref().map(described));
    }
    print(&text)
}

/// What a file is known by.
fn content(file: &ObeyedFile) -> String {
    match (&file.target, &file.digest) {
        (Some(target), _) => format!("symbolic link to {}", visible(target)),
        (None, Some(digest)) => format!("sha256 {digest}"),
        (None, None) => "known by its inode (a program, or a directory of Purple's)".to_owned(),
    }
}

fn described(change: &Change) -> String {
    let digest = |digest: &Option<String>, none: &str| match digest {
        Some(digest) => format!("sha256 {digest}"),
        None => none.to_owned(),
    };
    let none = match change.found {
        Some(_) => "a file that is not read",
        None => "nothing",
    };
    format!(
        "  changed during run {}, noticed {}: {} became {}\n",
        visible(&change.run),
        timestamp(change.at),
        digest(&change.was, "a program"),
        digest(&change.now, none)
    )
}
