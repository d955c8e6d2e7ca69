//! The filter that a call meets, and what it answers.

use super::question::Query;
use purple_plan::Plan;
use purplec::emit::PlanMeaning;
use purplec::emit::bpf::{Program, is_cacheable};
use purplec::show::cases::{ConditionalVerdict, cases};
use purplec::syscalls::{Arch, syscall};

/// The filter that a call meets.
pub(super) struct Filter {
    /// The interface that the call comes through.
    pub(super) arch: Arch,
    pub(super) recorded: PlanMeaning,
    pub(super) program: Program,
}

impl Filter {
    /// The filter of a plan for an architecture, or for the plan's own; or what is wrong with the
    /// choice.
    pub(super) fn of(plan: &Plan<'_>, arch: Option<Arch>) -> Result<Self, String> {
        let natives: Vec<Arch> = plan
            .filters
            .iter()
            .filter_map(|filter| {
                let audit = filter.audit_arch;
                Arch::ALL
                    .into_iter()
                    .find(|arch| arch.is_native() && arch.audit() == audit)
            })
            .collect();
        let default = natives
            .iter()
            .find(|arch| **arch == Arch::X86_64)
            .or(natives.first());
        let Some(arch) = arch.or(default.copied()) else {
            return Err("the plan has no filter".to_owned());
        };
        let native = natives.iter().find(|native| **native == arch).or_else(|| {
            natives
                .iter()
                .find(|native| native.compat().contains(&arch))
        });
        let Some(native) = native else {
            let list: Vec<&str> = natives.iter().map(|arch| arch.name()).collect();
            return Err(format!(
                "the plan has no filter for {arch}: it is for {}",
                list.join(", ")
            ));
        };
        let filter = plan
            .filters
            .iter()
            .find(|filter| filter.audit_arch == native.audit());
        let program = filter.and_then(|filter| Program::from_le_bytes(filter.program));
        let recorded = PlanMeaning::read(plan, native.audit());
        match (recorded, program) {
            (Some(recorded), Some(program)) => Ok(Self {
                arch,
                recorded,
                program,
            }),
            _ => Err(format!(
                "this compiler cannot read the plan's filter for {native}"
            )),
        }
    }

    /// The answers for calls of which no argument is given.
    pub(super) fn all(&self, calls: &[&str]) -> Vec<QueryResult> {
        let known = calls.iter().filter_map(|name| syscall(self.arch, name));
        let queries = known.map(|(name, number)| Query {
            name: Some(name),
            number,
            args: Vec::new(),
        });
        queries.map(|query| self.answer(query)).collect()
    }

    pub(super) fn answer(&self, query: Query) -> QueryResult {
        let cases = cases(&self.recorded, self.arch, query.number, &query.args);
        let cached = is_cacheable(&self.program, self.arch, query.number);
        QueryResult {
            query,
            cases,
            cached,
        }
    }
}

/// What happens to it.
pub(super) struct QueryResult {
    pub(super) query: Query,
    /// In order: the first that holds counts, the last holds always.
    pub(super) cases: Vec<ConditionalVerdict>,
    /// Whether the kernel keeps the verdict.
    pub(super) cached: bool,
}
