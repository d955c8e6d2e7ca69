//! What people should read although nothing failed: values, which the command line prints.

use crate::audit::error::LogError;
use crate::missing_program::MissingProgram;
use purple_host::path::shown;
use purple_plan::HOST_INSIDE_NAME;
use purplec::diagnostics::{Diagnostic, Severity, render};
use purplec::source::Sources;
use std::fmt::{self, Display};
use std::num::NonZeroU16;
use std::path::PathBuf;

/// One of them. Its `Display` is the message, of one line or more.
#[derive(Debug)]
pub enum Notice {
    /// The compiler has findings in a policy.
    Findings(Findings),
    /// An output directory was missing and was made.
    OutputDirectoryMade(PathBuf),
    /// A service of this host that a flag names, by its port.
    ServiceOfHost(NonZeroU16),
    /// A pattern that stands for nothing in this run.
    NothingMatched {
        /// The pattern.
        pattern: String,
        /// The line of the policy, in words.
        line: String,
    },
    /// The policy has a run go on where its record cannot be written.
    NoRecord {
        /// Why it cannot.
        why: LogError,
        /// When this was found.
        when: RecordStage,
    },
    /// A file that runs obey has changed during this run: no run obeys it until it is accepted.
    ObeyedFileChanged(PathBuf),
    /// The command was not found inside, and the host has it.
    MissingProgram(MissingProgram),
    /// Calls that were denied to the command: how many, which, and the line of the policy.
    Denied(String),
    /// What the program has left in a repository for git to run.
    Repository(purple_git::Found),
    /// How many more of these there are.
    MoreInRepositories(usize),
}

/// What a run had come to when its record failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordStage {
    /// It was not started yet.
    BeforeTheRun,
    /// It had ended.
    AfterTheRun,
}

impl Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Findings(findings) => findings.fmt(f),
            Self::OutputDirectoryMade(path) => {
                write!(f, "made the output directory {}", shown(path))
            }
            Self::ServiceOfHost(port) => write!(
                f,
                "localhost:{port} of this host is {HOST_INSIDE_NAME}:{port} inside"
            ),
            Self::NothingMatched { pattern, line } => write!(
                f,
                "the pattern {pattern} ({line}) matches nothing: files that are created there during the run are \
                 not covered"
            ),
            Self::NoRecord { why, when } => {
                let consequence = match when {
                    RecordStage::BeforeTheRun => "the run continues without a record",
                    RecordStage::AfterTheRun => "the run has no record",
                };
                write!(f, "{why}; {consequence}, as the policy says")
            }
            Self::ObeyedFileChanged(path) => write!(
                f,
                "{0} has changed during this run: no run obeys it until you have reviewed it and accepted it \
                 with `purple trust {0}`",
                shown(path)
            ),
            Self::MissingProgram(found) => found.fmt(f),
            Self::Denied(line) => f.write_str(line),
            Self::Repository(found) => found.fmt(f),
            Self::MoreInRepositories(more) => write!(
                f,
                "{more} more were found in repositories of git: `--report FILE` lists all"
            ),
        }
    }
}

/// Errors in a policy, with the texts that they point into. Warnings and notes are for `purplec check`.
#[derive(Debug)]
pub struct Findings {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
}

impl Findings {
    /// Those of a compilation; `None` where there are none.
    pub(crate) fn of(sources: &Sources, all: &[Diagnostic]) -> Option<Self> {
        let errors = all.iter().filter(|one| one.severity == Severity::Error);
        let diagnostics: Vec<Diagnostic> = errors.cloned().collect();
        (!diagnostics.is_empty()).then(|| Self {
            sources: sources.clone(),
            diagnostics,
        })
    }
}

impl Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render::human(&self.sources, &self.diagnostics))
    }
}
