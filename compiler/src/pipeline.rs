//! All stages on one screen: what happens to a policy, in order.

use crate::diagnostics::Suppressed;
use crate::diagnostics::render::spelt_out;
use crate::diagnostics::{Diagnostic, Severity, Sink, fix};
use crate::emit::bpf::Backend;
use crate::emit::{self, EmitFault};
use crate::facts::{Expansion, HostFacts};
use crate::hosts::{self, HostFiles, HostGroups};
use crate::inherit::{self, Around, Files, Inherited, Parents};
use crate::lint::suppress::suppress;
use crate::lint::{Before, Subject, lint};
use crate::lower::lower;
use crate::parse::{self, Document};
use crate::quantity::Date;
use crate::resolve::{effective, grants, resolve};
use crate::score::{Score, score};
use crate::seal::{self, SealFault};
use crate::source::{Source, Sources};
use crate::syscalls::Arch;
use crate::target::{self, Target};
use crate::{schema, short_forms, validate};
use std::sync::Arc;

/// What the caller asks for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The architectures that the plan is for: at least one.
    pub architectures: Vec<Arch>,
    /// Print this stage's result instead of making a plan.
    pub emit: Option<Stage>,
    /// The files around the policy, for its `extends`; without them only profiles can be extended.
    pub files: Option<Arc<dyn Files>>,
    /// A text that wins over the policy as if that extended it, but for its name: what a command line says beside a policy.
    pub last: Option<Source>,
    /// Where the operator's groups of host names come from; without it there are the compiler's only.
    pub hosts: Option<Arc<dyn HostFiles>>,
    /// The facts of the host that the policy may name, and the ids of who starts the sandbox.
    pub facts: HostFacts,
    /// The day that grants with an end are measured against; `None`: none has ended. A stage never
    /// looks at the clock, and no plan depends on this.
    pub today: Option<Date>,
    /// Whether to say how much the policy leaves open.
    pub score: bool,
    /// The host that the policy must be enforceable on. No plan depends on it: it decides whether
    /// there is one.
    pub target: Option<Target>,
    /// What makes the filters.
    pub backend: Backend,
}

impl Default for Options {
    /// A plan for x86-64, whatever machine the compiler runs on: the same policy gives the same
    /// bytes everywhere.
    fn default() -> Self {
        Self {
            architectures: vec![Arch::X86_64],
            emit: None,
            files: None,
            last: None,
            hosts: None,
            facts: HostFacts::default(),
            today: None,
            score: false,
            target: None,
            backend: Backend::Own,
        }
    }
}

/// A stage whose result can be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The document as JSON, older spellings as written.
    Document,
    /// The typed policy as JSON.
    Policy,
    /// The policy in full, as YAML: with what it inherits and the defaults, a place for each value.
    Resolved,
    /// What is to be enforced.
    Ir,
    /// The filters' instructions.
    Bpf,
}

/// What came out.
#[derive(Debug, Clone, Default)]
pub struct Compilation {
    /// Everything found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// How much the policy leaves open; only where that was asked and no error was found.
    pub score: Option<Score>,
    /// What comments in the policy let stand.
    pub suppressed: Vec<Suppressed>,
    /// The texts that their places are in.
    pub sources: Sources,
    /// The sealed plan; only where no error was found.
    pub plan: Option<Vec<u8>>,
    /// The printed stage, where one was asked for and reached.
    pub listing: Option<String>,
}

/// Compiles a policy. The sink holds what reading the file found already.
pub fn compile(source: &Source, options: &Options, mut sink: Sink) -> Result<Compilation, Fault> {
    let mut outcome = Compilation {
        sources: source.clone().into(),
        ..Compilation::default()
    };
    stages(options, &mut sink, &mut outcome)?;
    (outcome.diagnostics, outcome.suppressed) = suppress(&outcome.sources, sink.into_sorted());
    if outcome
        .diagnostics
        .iter()
        .any(|found| found.severity == Severity::Error)
    {
        outcome.plan = None;
    }
    fix::settle(&mut outcome.diagnostics, &outcome.sources);
    Ok(outcome)
}

/// The stages. A stage that gives nothing has reported why; one that gives something although
/// it found errors lets the next ones report more, up to the point where a plan would be made.
fn stages(options: &Options, sink: &mut Sink, outcome: &mut Compilation) -> Result<(), Fault> {
    let wants = |stage| options.emit == Some(stage);

    let Some(mut document) = parse::parse(outcome.sources.policy(), sink) else {
        return Ok(());
    };
    if wants(Stage::Document) {
        outcome.listing = pretty(&document.to_json());
        return Ok(());
    }
    let mut facts = Expansion::new(&options.facts);
    facts.expand(&mut document, sink);
    let around = Around {
        files: options.files.as_deref(),
        last: options.last.as_ref(),
    };
    let (mut document, parents) =
        match inherit::inherit(document, around, &mut facts, &mut outcome.sources, sink) {
            Inherited::Whole(document, parents) => (document, parents),
            Inherited::Rest(document) => {
                rest(document, options, sink);
                return Ok(());
            }
            Inherited::Nothing => return Ok(()),
        };
    short_forms::spell_out(&mut document, &mut facts, sink);
    let Some(policy) = validate::validate(&mut document, sink) else {
        rest(document, options, sink);
        return Ok(());
    };
    if wants(Stage::Policy) {
        outcome.listing = pretty(&policy);
        return Ok(());
    }
    let files = options.hosts.as_deref();
    let groups = hosts::gather(&policy, &document, files, &mut outcome.sources, sink);
    let mut resolved = resolve(
        &policy,
        &options.architectures,
        options.today,
        &groups,
        options.facts.git_directory(),
        &document,
        sink,
    );
    let used = facts.into_used();
    (resolved.facts, resolved.git_config) = (used.facts, used.git_config);
    resolved.ids = options.facts.ids();
    if wants(Stage::Resolved) {
        outcome.listing = Some(effective(&document, &outcome.sources));
        return Ok(());
    }
    let ir = lower(&resolved, sink);
    let given = grants(&policy, &document);
    let subject = Subject {
        resolved: &resolved,
        ir: &ir,
        document: &document,
        grants: &given,
    };
    let before = parents.map(|parents| before(parents, options, outcome.sources.clone()));
    lint(&subject, before.as_ref(), sink);
    if let Some(target) = &options.target {
        target::check(target, &resolved, &ir, &document, sink);
    }
    if options.score && !sink.has_errors() {
        outcome.score = Some(score(&resolved, &ir, |pointer| document.key_span(pointer)));
    }
    if wants(Stage::Ir) {
        outcome.listing = Some(ir.to_string());
        return Ok(());
    }
    if sink.has_errors() {
        return Ok(());
    }
    let artefacts = emit::emit(&ir, &outcome.sources, options.backend, sink);
    let Some(artefacts) = artefacts.map_err(Fault::Emit)? else {
        return Ok(());
    };
    if wants(Stage::Bpf) {
        let programs = artefacts
            .filters()
            .iter()
            .map(|filter| filter.program.to_string());
        outcome.listing = Some(programs.collect());
        return Ok(());
    }
    outcome.plan = seal::seal(&artefacts, sink).map_err(Fault::Seal)?;
    Ok(())
}

/// What a policy's parents mean without it. What is wrong with them was reported where they were read.
fn before(mut parents: Parents, options: &Options, mut sources: Sources) -> Before {
    let mut sink = Sink::new();
    short_forms::spell_out_again(&mut parents.document, &options.facts);
    let policy = schema::fitting(&mut parents.document);
    let meaning = policy.map(|policy| {
        let (document, files) = (&parents.document, options.hosts.as_deref());
        let groups = hosts::gather(&policy, document, files, &mut sources, &mut sink);
        let resolved = resolve(
            &policy,
            &options.architectures,
            None,
            &groups,
            options.facts.git_directory(),
            document,
            &mut sink,
        );
        let grants = grants(&policy, document);
        (resolved, grants)
    });
    Before { parents, meaning }
}

/// What is wrong with the names and values of a policy that has other mistakes too: people get all of
/// them at once. Only errors, which are about what is there and not about what is missing.
fn rest(mut document: Document, options: &Options, sink: &mut Sink) {
    let Some(policy) = schema::fitting(&mut document) else {
        return;
    };
    let mut found = Sink::new();
    resolve(
        &policy,
        &options.architectures,
        options.today,
        &HostGroups::default(),
        options.facts.git_directory(),
        &document,
        &mut found,
    );
    sink.absorb_errors(found);
}

/// A fault of the compiler: nothing that a policy's author can fix. No plan comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Found while emitting.
    Emit(EmitFault),
    /// Found while sealing.
    Seal(SealFault),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Emit(fault) => fault.fmt(f),
            Self::Seal(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

fn pretty(value: &impl serde::Serialize) -> Option<String> {
    // Neither a JSON value nor a policy has a key that is not text.
    serde_json::to_string_pretty(value)
        .ok()
        .map(|text| spelt_out(&text) + "\n")
}
