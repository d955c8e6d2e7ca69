//! The IR as a plan's records: one record for each thing of the IR, and nothing decided.

mod layers;
mod lines;
mod mounts;
mod network;
mod process;
mod texts;

pub use texts::TextWithNul;

use super::filter::Filter;
use super::meaning::{Records, TooMany};
use super::network::{self as emit_network, Batch};
use crate::ir::Ir;
use crate::ir::syscalls::Meaning;
use crate::source::Sources;
use lines::Lines;
use purple_plan::{Contents, HostFact, Meta, Mount, Rlimit, Source};
use std::ffi::CStr;
use texts::Texts;

/// Everything that goes into a plan.
#[derive(Debug, Clone)]
pub struct Artefacts<'i> {
    ir: &'i Ir,
    filters: Vec<Filter>,
    /// What the filters mean, in their order.
    meaning: Records,
    /// What init sends inside.
    batches: Vec<Batch>,
    sources: &'i Sources,
}

/// The compiler, as plans name it.
pub(crate) const COMPILER: &CStr = match CStr::from_bytes_with_nul(
    concat!("purplec ", env!("CARGO_PKG_VERSION"), "\0").as_bytes(),
) {
    Ok(name) => name,
    Err(_) => c"purplec",
};

impl<'i> Artefacts<'i> {
    pub(super) fn new(
        ir: &'i Ir,
        filters: Vec<Filter>,
        sources: &'i Sources,
    ) -> Result<Self, TooMany> {
        let lines = Lines(sources);
        let mut meaning = Records::default();
        for filter in &filters {
            let native = |one: &&Meaning| one.native.arch.audit() == filter.audit_arch;
            if let Some(one) = ir.meanings().find(native) {
                meaning.add(one, &|span| lines.of(Some(span)))?;
            }
        }
        Ok(Self {
            ir,
            filters,
            meaning,
            batches: emit_network::batches(&ir.network),
            sources,
        })
    }

    /// The filters.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// Hands the records to `use_them`. They borrow their texts, so they cannot be returned.
    pub fn with_contents<T>(
        &self,
        use_them: impl FnOnce(&Contents<'_>) -> T,
    ) -> Result<T, TextWithNul> {
        let (ir, lines) = (self.ir, Lines(self.sources));
        let texts = Texts::new(ir, &self.filters, self.sources.written())?;
        let meaning = &self.meaning;
        let steps = ir.steps.iter().zip(&texts.steps);
        let mounts: Vec<Mount<'_>> = steps
            .map(|(step, text)| mounts::mount(step, text, lines))
            .collect();
        let limits = ir.process.limits.iter();
        let mut rlimits: Vec<Rlimit> = limits.map(|limit| process::limit(limit, lines)).collect();
        // The numbers rise in a plan (FORMAT.md); the IR has names.
        rlimits.sort_by_key(|limit| limit.resource);
        let audit: Vec<purple_plan::Audit<'_>> = ir
            .audit
            .iter()
            .map(|audit| process::audit(audit, &texts, lines))
            .collect();
        let sources: Vec<Source<'_>> = texts.sources.iter().map(|name| Source { name }).collect();
        let facts = texts.facts.iter();
        let facts: Vec<HostFact<'_>> = facts
            .map(|(name, value)| HostFact { name, value })
            .collect();
        Ok(use_them(&Contents {
            mounts: &mounts,
            rlimits: &rlimits,
            environment: &layers::environment(&texts),
            filters: &layers::filters(&self.filters, &texts),
            cgroup: &layers::cgroup(ir, &texts, lines),
            needs: &layers::needs(ir, lines),
            audit: &audit,
            landlock: &layers::levels(ir, lines),
            paths: &layers::paths(ir, &texts, lines),
            ports: &layers::ports(ir, lines),
            sources: &sources,
            interfaces: &meaning.interfaces,
            numbers: &meaning.numbers,
            calls: &meaning.calls,
            rules: &meaning.rules,
            conditions: &meaning.conditions,
            net_batches: &network::batches(&self.batches),
            net_sockets: &network::sockets(&ir.network),
            net_rules: &network::rules(&ir.network, &texts, lines),
            net_resolvers: &network::resolvers(&ir.network, lines),
            host_facts: &facts,
            ..Contents::of(
                Meta {
                    policy_name: &texts.name,
                    compiler: COMPILER,
                    source_digest: self.sources.digest(),
                },
                process::process(ir, &texts, lines),
                process::capabilities(ir),
                network::network(&ir.network, lines),
            )
        }))
    }
}
