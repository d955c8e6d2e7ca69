//! What is asked of a run.

use purple_plan::Layer;
use std::ffi::OsString;
use std::path::PathBuf;

/// What to run under a plan, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The command and its arguments.
    pub command: Vec<OsString>,
    /// Where purple-exec's report goes.
    pub report: Option<PathBuf>,
    /// The control group below which the run's is made.
    pub cgroup: Option<PathBuf>,
    /// The layers that need not be enforced.
    pub unenforced: Vec<String>,
    /// As root: the command's user and group id outside.
    pub outside_id: Option<u32>,
    /// Not as root: whether the command has the first subordinate ids outside.
    pub subordinate_ids: bool,
    /// Whether the command gets the caller's own standard descriptors.
    pub inherit_stdio: bool,
    /// The exit status that the caller ends with where a run ends with an error: the record says it.
    pub status_of_error: u8,
}

impl Request {
    /// Whether a layer need not be enforced.
    pub(crate) fn gives_up(&self, layer: Layer) -> bool {
        self.unenforced.iter().any(|name| name == layer.name())
    }
}
