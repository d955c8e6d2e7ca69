//! Stage 4: what the policy's words mean: numbers, names and paths, with defaults filled in.

mod audit;
mod capabilities;
pub(crate) mod devices;
mod effective;
mod entries;
pub(crate) mod environment;
pub(crate) mod filesystem;
mod grants;
pub(crate) mod host;
mod inline;
mod network;
mod paths;
mod process;
mod protected;
mod resources;
mod scope;
pub mod syscalls;
mod views;

pub use crate::syscalls::CAPABILITIES;
pub use capabilities::KeptCapabilities;
pub use devices::Device;
pub(crate) use effective::effective;
pub use environment::Variable;
pub(crate) use filesystem::DEFAULT as DEFAULT_PATHS;
pub use filesystem::{Filesystem, Masked, Scratch, Shared};
pub use grants::{Grant, Granted, grants};
pub use inline::InlineFile;
pub use network::{Allowed, Network};
pub(crate) use paths::is_pattern;
pub use process::Process;
pub use protected::{CACHES, GROUPS, Group, Origin, Program, Protected};
pub(crate) use protected::{below_home, default_groups};
pub use resources::{CPU_PERIOD, ProcessLimit, Resources};
pub(crate) use views::{View, Views, above};

use crate::diagnostics::{Diagnostic, Sink};
use crate::facts::Ids;
use crate::hosts::HostGroups;
use crate::ir::Audit;
use crate::ir::syscalls::Meaning;
use crate::parse::Document;
use crate::quantity::Date;
use crate::source::Span;
use crate::syscalls::Arch;
use purple_plan::Layer;
use purple_policy::{NetworkMode, Policy};
pub use scope::Placed;
pub(crate) use scope::Scope;
use std::collections::BTreeSet;

/// A policy with every word turned into what it stands for.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The policy's name.
    pub name: String,
    /// The file system.
    pub filesystem: Filesystem,
    /// The filter's meaning on each architecture that the plan is for.
    pub syscalls: Vec<Meaning>,
    /// Limits.
    pub resources: Resources,
    /// Names, time zone and permissions of new files.
    pub process: Process,
    /// Capabilities to keep.
    pub capabilities: KeptCapabilities,
    /// The network.
    pub network: Network,
    /// Environment variables, by name.
    pub environment: Vec<Variable>,
    /// The audit record, where there is to be one.
    pub audit: Option<Audit>,
    /// Where that record is to be kept, whether there is to be one or not.
    pub log_path: Option<Placed<String>>,
    /// Whether runs are to be traced.
    pub is_traced: bool,
    /// Layers beside those, and who asks for them.
    pub needs: Vec<(Layer, Span)>,
    /// The interfaces beside the native one that the policy lists.
    pub architectures: Vec<Placed<Arch>>,
    /// The key of the list of allowed calls, where it lists something.
    pub allow_list: Option<Span>,
    /// The entries of the lists of calls that name a group.
    pub groups: BTreeSet<Span>,
    /// The key that lets programs set the set-group-id bit.
    pub set_group_id: Option<Span>,
    /// The facts of the host that the texts name, with their values, by name.
    pub facts: Vec<(&'static str, String)>,
    /// The ids of who starts the sandbox.
    pub ids: Ids,
    /// The configuration that git inside finds for the system.
    pub git_config: Option<String>,
}

/// Resolves a policy. `hosts` are the groups of names that it names. `git_directory` is the path of a git repository; its name need not end in `.git`. `today` is the day that grants are measured against, and changes nothing of
/// what comes out. What is wrong goes to the sink; the result is complete all the same, so that
/// later stages can report more, and is not to be sealed when the sink has an error.
pub fn resolve(
    policy: &Policy,
    architectures: &[Arch],
    today: Option<Date>,
    hosts: &HostGroups,
    git_directory: Option<&str>,
    document: &Document,
    sink: &mut Sink,
) -> Resolved {
    let mut syscalls: Vec<Meaning> = architectures
        .iter()
        .map(|&arch| syscalls::resolve(policy.syscalls.as_ref(), arch, document, sink))
        .collect();
    let span = set_id_span(policy, document);
    let set_group_id = (policy.filesystem.as_ref())
        .is_some_and(|section| section.allow_set_group_id)
        .then(|| document.key_span("/filesystem/allow_set_group_id"));
    let closed = match set_group_id {
        Some(_) => syscalls::SetId::UserOnly,
        None => syscalls::SetId::Both,
    };
    for meaning in &mut syscalls {
        syscalls::forbid_set_id(meaning, closed, span);
    }
    let mut scope = Scope { document, sink };
    grants::check(policy, today, &mut scope);
    let network = network::resolve(policy.network.as_ref(), hosts, &mut scope);
    let reversed = architectures.iter().find(|arch| arch.big_endian());
    if let (NetworkMode::Filtered, Some(arch)) = (network.mode, reversed) {
        let place = network
            .mode_span
            .unwrap_or_else(|| document.key_span("/network"));
        let message = format!("a filtered network cannot be compiled for {}", arch.name());
        scope.report(
            Diagnostic::error("network-byte-order", place, message)
                .with_help("a plan's netlink messages are little endian: leave the architecture out of `--arch`"),
        );
    }
    if let Some(listed) = network.listed_ports() {
        for meaning in &mut syscalls {
            syscalls::keep_to_ports(meaning, listed);
        }
    }
    let mut filesystem = filesystem::resolve(policy.filesystem.as_ref(), git_directory, &mut scope);
    views::extend(&mut filesystem, &mut scope);
    Resolved {
        name: policy.name.clone(),
        filesystem,
        syscalls,
        resources: resources::resolve(policy.resources.as_ref(), &mut scope),
        process: process::resolve(policy.process.as_ref(), &scope),
        capabilities: capabilities::resolve(policy.capabilities.as_ref(), &mut scope),
        network,
        environment: environment::resolve(
            policy.environment.as_ref(),
            policy.process.as_ref(),
            &mut scope,
        ),
        audit: audit::resolve(policy.audit.as_ref(), &mut scope),
        log_path: audit::log_path(policy.audit.as_ref(), &scope),
        is_traced: policy
            .ebpf_monitoring
            .as_ref()
            .is_some_and(|monitoring| monitoring.enabled),
        needs: audit::needs(policy, &scope),
        architectures: entries::architectures(policy, &scope),
        allow_list: entries::allow_list(policy, &scope),
        groups: entries::groups(policy, &scope),
        set_group_id,
        facts: Vec::new(),
        ids: Ids::default(),
        git_config: None,
    }
}

/// What of a policy the rules against set-id bits are shown at: its output paths, where the host is
/// written; without them the section that could have said something, or the policy.
fn set_id_span(policy: &Policy, document: &Document) -> Span {
    let writes = |section: &purple_policy::Filesystem| !section.output_paths.is_empty();
    document.key_span(if policy.filesystem.as_ref().is_some_and(writes) {
        "/filesystem/output_paths"
    } else {
        "/syscalls"
    })
}
