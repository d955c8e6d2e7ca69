//! A filter of a plan.

use super::bpf;
use crate::ir::Probe;

/// A filter, checked against its meaning, for one architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// `AUDIT_ARCH_*` of the native interface.
    pub audit_arch: u32,
    /// The program.
    pub program: bpf::Program,
    /// The call that shows that it is in force.
    pub probe: Option<Probe>,
    /// What the check covered.
    pub report: bpf::Report,
}
