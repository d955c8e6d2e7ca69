//! Stage 4: what the policy's words mean: numbers, names and paths, with defaults filled in.

mod audit;
mod capabilities;
pub(crate) mod environment;
pub(crate) mod filesystem;
mod grants;
mod network;
mod protected;
pub use crate::quantity;
mod paths;
mod resources;
mod scope;
pub mod syscalls;

pub use crate::syscalls::CAPABILITIES;
pub use audit::Audit;
pub use environment::Variable;
pub use filesystem::{Filesystem, Masked, Shared};
pub use network::Network;
pub use protected::Protected;
pub(crate) use protected::default_groups;
pub use resources::{CPU_PERIOD, Resources};

use crate::diagnostics::Sink;
use crate::ir::syscalls::Meaning;
use crate::parse::Document;
use crate::quantity::Date;
use crate::source::Span;
use crate::syscalls::Arch;
use purple_plan::Layer;
use purple_policy::Policy;
pub use scope::Placed;
pub(crate) use scope::Scope;

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
    /// Capabilities to keep: bit N for capability N.
    pub capabilities: u64,
    /// The network.
    pub network: Network,
    /// Environment variables, by name.
    pub environment: Vec<Variable>,
    /// The audit record, where there is to be one.
    pub audit: Option<Audit>,
    /// Layers beside those, and who asks for them.
    pub needs: Vec<(Layer, Span)>,
}

/// Resolves a policy. `today` is the day that grants are measured against, and changes nothing of
/// what comes out. What is wrong goes to the sink; the result is complete all the same, so that
/// later stages can report more, and is not to be sealed when the sink has an error.
pub fn resolve(
    policy: &Policy,
    architectures: &[Arch],
    today: Option<Date>,
    document: &Document,
    sink: &mut Sink,
) -> Resolved {
    let mut syscalls: Vec<Meaning> = architectures
        .iter()
        .map(|&arch| syscalls::resolve(policy.syscalls.as_ref(), arch, document, sink))
        .collect();
    if policy
        .filesystem
        .as_ref()
        .is_some_and(|section| !section.output_paths.is_empty())
    {
        let span = document.key_span("/filesystem/output_paths");
        for meaning in &mut syscalls {
            syscalls::forbid_set_id(meaning, span);
        }
    }
    let mut scope = Scope { document, sink };
    grants::check(policy, today, &mut scope);
    let network = network::resolve(policy.network.as_ref(), &mut scope);
    if let Some(listed) = network.listed_ports() {
        for meaning in &mut syscalls {
            syscalls::keep_to_ports(meaning, listed);
        }
    }
    Resolved {
        name: policy.name.clone(),
        filesystem: filesystem::resolve(policy.filesystem.as_ref(), &mut scope),
        syscalls,
        resources: resources::resolve(policy.resources.as_ref(), &mut scope),
        capabilities: capabilities::resolve(policy.capabilities.as_ref(), &mut scope),
        network,
        environment: environment::resolve(policy.environment.as_ref(), &mut scope),
        audit: audit::resolve(policy.audit.as_ref(), &mut scope),
        needs: audit::needs(policy, &scope),
    }
}
