//! Why the patterns of a plan cannot be resolved.

use crate::policy_line;
use crate::workspace::WorkspaceError;
use purple_host::Errno;
use purple_plan::{DecodeError, EncodeError, MAX_MOUNTS, Mount, Plan};
use purple_report::Visible;
use std::ffi::NulError;
use std::fmt::{self, Display};

/// Why the patterns of a plan cannot be resolved.
#[derive(Debug)]
pub enum MatchError {
    /// The plan does not decode.
    Decode(DecodeError),
    /// The plan's paths are not shared.
    Workspace(WorkspaceError),
    /// One pattern.
    Pattern {
        /// The pattern.
        pattern: String,
        /// The line of the policy, in words.
        line: String,
        /// What is wrong.
        problem: MatchProblem,
    },
    /// All patterns together give the plan so many steps.
    TooManySteps(usize),
    /// The plan with the steps for what was found is no plan.
    Encode(EncodeError),
    /// A name with a NUL in it: the kernel has none.
    Nul(NulError),
}

/// What is wrong with what one pattern matches.
#[derive(Debug)]
pub enum MatchProblem {
    /// More paths than a plan has steps.
    TooManyMatches,
    /// The directories that it could match in have more files than these.
    TooManyEntries(usize),
    /// A directory that it could match in cannot be read.
    NotRead {
        /// Its path inside.
        directory: String,
        /// Why.
        errno: Errno,
    },
    /// A symbolic link of this path inside.
    SymbolicLink(String),
    /// This path inside is listed in the policy.
    Listed(String),
    /// It matches the first path inside, and the second one lies below and is listed in the policy.
    ListedBelow(String, String),
}

impl MatchError {
    pub(super) fn pattern(plan: &Plan<'_>, step: &Mount<'_>, problem: MatchProblem) -> Self {
        Self::Pattern {
            pattern: Visible(step.target.to_bytes()).to_string(),
            line: policy_line::words_of(plan, step.line),
            problem,
        }
    }
}

impl Display for MatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Workspace(error) => error.fmt(f),
            Self::Pattern {
                pattern,
                line,
                problem,
            } => write!(f, "the pattern {pattern} ({line}) {problem}"),
            Self::TooManySteps(steps) => write!(
                f,
                "with the matches of its patterns, the plan has {steps} steps, and may have {MAX_MOUNTS}: write \
                 narrower patterns, or name directories"
            ),
            Self::Encode(error) => {
                write!(
                    f,
                    "with the matches of its patterns, {error}: write narrower patterns"
                )
            }
            Self::Nul(error) => error.fmt(f),
        }
    }
}

impl Display for MatchProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyMatches => write!(
                f,
                "matches more than {MAX_MOUNTS} paths, the limit of a plan: write a narrower pattern, or \
                 name a directory that holds them"
            ),
            Self::TooManyEntries(most) => write!(
                f,
                "could match in directories with more than {most} files, the limit of a run: begin it with a \
                 longer path"
            ),
            Self::NotRead { directory, errno } => write!(
                f,
                "could match in {directory}, which cannot be read: {}; make it readable, or write a pattern that \
                 does not match there",
                errno.desc()
            ),
            Self::SymbolicLink(path) => write!(
                f,
                "matches {path}, a symbolic link, which cannot be masked or protected: name its target, or write \
                 a narrower pattern"
            ),
            Self::Listed(path) => write!(
                f,
                "matches {path}, which the policy lists: write a narrower pattern, or leave one of the two out"
            ),
            Self::ListedBelow(path, below) => write!(
                f,
                "matches {path}, and the policy lists {below}: write a narrower pattern, or leave one of the \
                 two out"
            ),
        }
    }
}

impl std::error::Error for MatchError {}
