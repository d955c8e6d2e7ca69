//! The sections of a plan: the one list from which its types, its decoder and its encoder follow.
//!
//! To add a section, add a line at the end of the optional ones, with the next kind. Plans that do
//! not use it keep their bytes, and programs that do not know it refuse those that do. A kind is
//! never used again for another section, and the required sections are these four for ever: the
//! plans that exist have no others.

use crate::define::define_plan;
use crate::limits::{
    MAX_HOST_FACTS, MAX_MOUNTS, MAX_NET_RESOLVERS, MAX_NET_RULES, MAX_NET_SOCKETS, MAX_SOURCES,
    MAX_VARIABLES,
};
use crate::meaning::Unclaimed;
use crate::network;
use crate::records::{
    Audit, CallRule, Capabilities, CgroupValue, Condition, EnvVar, Filter, HostFact, Interface,
    Landlock, Meta, Mount, NamedCall, Need, NetBatch, NetResolver, NetRule, NetSocket, Network,
    Number, PathAccess, PortAccess, Process, Rlimit, Source,
};
use crate::rules::{self, any, rising};

/// Defines a plan with all sections there are, and with those given on top.
macro_rules! define_with_all_sections {
    ($($more:tt)*) => {
        define_plan! {
            required {
                /// Where the plan comes from.
                1 Meta, meta: Meta<'a>, any;
                /// Namespaces, identity, session, timeout.
                2 Process, process: Process<'a>, rules::process;
                /// Capability sets.
                3 Capabilities, capabilities: Capabilities, any;
                /// Network.
                4 Network, network: Network, network::network;
            }
            optional {
                /// The steps that build the file system, in order.
                5 Mounts, mounts: Mount<'a>, rules::mount, at most MAX_MOUNTS;
                /// Resource limits.
                6 Rlimits, rlimits: Rlimit, rising(rules::rlimit, |limit| limit.resource);
                /// Environment variables.
                7 Environment, environment: EnvVar<'a>, rules::variable, at most MAX_VARIABLES;
                /// Seccomp programs, one an architecture.
                8 Filters, filters: Filter<'a>, rising(rules::filter, |filter| filter.audit_arch);
                /// Control group files and their values.
                9 Cgroup, cgroup: CgroupValue<'a>, rules::cgroup;
                /// Other layers that must be in force.
                10 Needs, needs: Need, rising(any, |need: &Need| need.layer.number());
                /// The audit record and the denial log.
                11 Audit, audit: Audit<'a>, rules::audit, at most 1;
                /// What Landlock restricts, by the version of its interface, the oldest first.
                12 Landlock, landlock: Landlock, rising(rules::landlock, |level| level.abi);
                /// What may be done below which path.
                13 Paths, paths: PathAccess<'a>, rules::path;
                /// TCP ports that may be used.
                14 Ports, ports: PortAccess, rules::port;
                /// The policies that this one inherits from.
                15 Sources, sources: Source<'a>, any, at most MAX_SOURCES;
                /// What the policy means, an interface of the kernel each: those of the first
                /// filter first, its native one before all others.
                16 Interfaces, interfaces: Interface, any;
                /// The interfaces' known calls above the newest: those of the first interface
                /// first.
                17 Numbers, numbers: Number, any;
                /// The interfaces' calls that something names.
                18 Calls, calls: NamedCall, any;
                /// The calls' rules.
                19 Rules, rules: CallRule, any;
                /// The rules' and the guards' conditions: for each call those of its rules, then
                /// its guard's.
                20 Conditions, conditions: Condition, any;
                /// Netlink messages that set up a filtered network, in order.
                21 NetBatches, net_batches: NetBatch<'a>, rising(network::batch, |batch| batch.kind.number());
                /// Sockets that init makes inside and hands to the helper, in order.
                22 NetSockets, net_sockets: NetSocket, network::socket, at most MAX_NET_SOCKETS;
                /// What a filtered network lets through.
                23 NetRules, net_rules: NetRule<'a>, network::rule, at most MAX_NET_RULES;
                /// The resolvers that the helper asks.
                24 NetResolvers, net_resolvers: NetResolver, network::resolver, at most MAX_NET_RESOLVERS;
                /// The facts of the host that the policy names, with the values that it was compiled for, by name.
                25 HostFacts, host_facts: HostFact<'a>, any, at most MAX_HOST_FACTS;
                $($more)*
            }
            lines name a record of Sources;
            together |plan| {
                Unclaimed {
                    filters: plan.filters.iter(),
                    numbers: plan.numbers.iter(),
                    calls: plan.calls.iter(),
                    rules: plan.rules.iter(),
                    conditions: plan.conditions.iter(),
                }
                .check(plan.interfaces.iter())?;
                network::together(
                    &plan.network,
                    plan.net_batches.iter(),
                    !plan.net_sockets.is_empty(),
                    !plan.net_rules.is_empty(),
                    !plan.net_resolvers.is_empty(),
                )
            };
        }
    };
}

define_with_all_sections! {}

#[cfg(test)]
mod tests;
