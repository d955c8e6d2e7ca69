//! `purple trust`: what runs obey, and what has changed during a run.

use crate::output::{Failure, print};
use clap::{Args, ValueEnum};
use purple_core::audit::record::timestamp;
use purple_core::trust::{self, Change, ObeyedFile};
use purplec::diagnostics::render::visible;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What to show, or to accept.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Accept these files as they are now; without any, all are listed
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Forget these files instead: later runs do not keep them, unless they obey them
    #[arg(long, requires = "files")]
    forget: bool,
    /// How files are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A list of objects
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
    let mut before = Vec::new();
    for path in &arguments.files {
        before.push(if arguments.forget {
            trust::forget(path)?
        } else {
            trust::accept(path)?
        });
    }
    show(&before, arguments.format)?;
    Ok(0)
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
        let digest = file.digest.as_deref().unwrap_or("-");
        writeln!(text, "{path}\n  obeyed since {since}, sha256 {digest}")?;
        if let Some(change) = &file.changed {
            text.push_str(&described(change));
        }
    }
    print(&text)
}

fn described(change: &Change) -> String {
    let digest = |digest: &Option<String>| digest.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "  changed during run {}, noticed {}: sha256 {} became {}\n",
        visible(&change.run),
        timestamp(change.at),
        digest(&change.was),
        digest(&change.now)
    )
}
