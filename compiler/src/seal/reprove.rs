//! The proof once more, from a plan alone: what the plan says that its policy means, against the
//! programs in it.

use std::fmt;

use crate::diagnostics::listed;
use crate::emit::bpf::{Method, Mismatch, Program, Report, check_and_name, names_of};
use crate::emit::{COMPILER, PlanMeaning};
use crate::ir::syscalls::{Action, Call, Meaning};
use crate::syscalls::Arch;
use purple_plan::{Filter, Plan, audit_flags};

/// Proves each filter of a plan again.
pub fn reprove(plan: &Plan<'_>) -> Result<Vec<Proven>, Disproof> {
    plan.filters
        .iter()
        .map(|filter| one(plan, &filter))
        .collect()
}

/// A filter that does what its plan says that the policy means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The native architecture.
    pub arch: Arch,
    /// Instructions of the program.
    pub instructions: usize,
    /// What was proven.
    pub report: Report,
    /// The calls that were sampled.
    pub sampled: Vec<String>,
}

/// Why a filter of a plan is not what the plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disproof {
    /// It is for an architecture, or its meaning holds something, that this compiler does not know.
    Unknown(u32),
    /// A call that shows the difference.
    Mismatch(Arch, Box<Mismatch>),
    /// The call that is to show that the filter is in force would not.
    Probe(Arch),
    /// The plan records another proof than the one that was found.
    Record(Arch),
}

fn one(plan: &Plan<'_>, filter: &Filter<'_>) -> Result<Proven, Disproof> {
    let unknown = Disproof::Unknown(filter.audit_arch);
    let recorded = PlanMeaning::read(plan, filter.audit_arch).ok_or(unknown.clone())?;
    let program = Program::from_le_bytes(filter.program).ok_or(unknown)?;
    let meaning = recorded.meaning();
    let arch = meaning.native.arch;
    let enforced = enforced(plan, meaning);
    let (report, sampled) = check_and_name(&enforced, &program)
        .map_err(|found| Disproof::Mismatch(arch, Box::new(found)))?;
    if filter.probe_errno != 0 {
        let (audit_arch, number) = (filter.audit_arch, filter.probe_nr);
        let probe = Call {
            audit_arch,
            number,
            args: filter.probe_args,
        };
        let errno = u16::try_from(filter.probe_errno).unwrap_or(0);
        if recorded.verdict(&probe).0 != Action::Errno(errno) {
            return Err(Disproof::Probe(arch));
        }
    }
    // Another version of the compiler may count otherwise.
    if plan.meta.compiler == COMPILER && report != noted(filter) {
        return Err(Disproof::Record(arch));
    }
    Ok(Proven {
        arch,
        instructions: program.instructions.len(),
        report,
        sampled: names_of(&enforced, &sampled),
    })
}

/// Whether the plan's programs notify a supervisor of denied calls instead of answering them.
pub fn notifies(plan: &Plan<'_>) -> bool {
    plan.audit
        .iter()
        .any(|audit| audit.flags & audit_flags::SYSCALL != 0)
}

/// What the plan's program for a meaning must do: see [`crate::ir::Filter::enforced`].
pub fn enforced(plan: &Plan<'_>, meaning: &Meaning) -> Meaning {
    if notifies(plan) {
        meaning.with_notification()
    } else {
        meaning.clone()
    }
}

/// The proof that the plan records.
fn noted(filter: &Filter<'_>) -> Report {
    Report {
        method: match filter.method {
            purple_plan::Method::Exact => Method::Exact,
            purple_plan::Method::Boundaries => Method::Boundaries,
        },
        classes: filter.classes.into(),
        paths: filter.paths,
        cells: filter.cells,
    }
}

impl fmt::Display for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report {
            method,
            classes,
            paths,
            cells,
        } = self.report;
        write!(f, "{}: {} instructions, ", self.arch, self.instructions)?;
        match method {
            Method::Exact => {
                write!(
                    f,
                    "proven for every call: {classes} classes, {paths} paths, {cells} cells"
                )
            }
            Method::Boundaries => write!(
                f,
                "proven for every number, and sampled at {cells} boundaries where the arguments \
                 make too many cases: those of {}",
                listed(&self.sampled.iter().map(String::as_str).collect::<Vec<_>>())
            ),
        }
    }
}

impl fmt::Display for Disproof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(audit) => {
                write!(
                    f,
                    "this compiler cannot read the filter for the architecture {audit:#010x}"
                )
            }
            Self::Mismatch(arch, found) => {
                write!(
                    f,
                    "the filter for {arch} is not what the plan says the policy means: {found}"
                )
            }
            Self::Probe(arch) => {
                write!(
                    f,
                    "the plan's probe does not show that the filter for {arch} is in force"
                )
            }
            Self::Record(arch) => {
                write!(
                    f,
                    "the plan records another proof of the filter for {arch} than there is"
                )
            }
        }
    }
}

impl std::error::Error for Disproof {}
