//! Stage 6: from the IR to finished artefacts.

pub mod bpf;
mod filter;
mod meaning;
mod network;
mod plan;

pub use filter::Filter;
pub use meaning::{PlanMeaning, TooMany, action, place_of};
pub(crate) use plan::COMPILER;
pub use plan::{Artefacts, TextWithNul};

use crate::diagnostics::Sink;
use crate::ir::{self, Ir};
use crate::source::Sources;
use bpf::{Backend, Fault};

/// Turns the IR into everything that goes into a plan. `Ok(None)`: the sink says why there is none.
pub fn emit<'i>(
    ir: &'i Ir,
    sources: &'i Sources,
    backend: Backend,
    sink: &mut Sink,
) -> Result<Option<Artefacts<'i>>, EmitFault> {
    ir::verify(ir).map_err(EmitFault::Ir)?;
    let mut filters = Vec::new();
    for filter in &ir.filters {
        let emitted = match backend {
            Backend::Own => bpf::emit(&filter.enforced, sink).map_err(EmitFault::Filter)?,
            #[cfg(feature = "libseccomp")]
            Backend::Libseccomp => bpf::emit_by_libseccomp(&filter.enforced, sink),
        };
        let Some((program, report)) = emitted else {
            return Ok(None);
        };
        filters.push(Filter {
            audit_arch: filter.meaning.native.arch.audit(),
            program,
            probe: filter.probe,
            report,
        });
    }
    filters.sort_by_key(|filter| filter.audit_arch);
    let artefacts = Artefacts::new(ir, filters, sources).map_err(EmitFault::Count)?;
    Ok(Some(artefacts))
}

/// A fault of the compiler, found before anything was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmitFault {
    /// In the IR.
    Ir(ir::Broken),
    /// In a filter.
    Filter(Fault),
    /// In a filter's meaning: more than a plan can count.
    Count(TooMany),
}

impl std::fmt::Display for EmitFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ir(broken) => broken.fmt(f),
            Self::Filter(fault) => fault.fmt(f),
            Self::Count(found) => found.fmt(f),
        }
    }
}

impl std::error::Error for EmitFault {}
