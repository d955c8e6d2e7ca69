//! The receipt: what was in force just before the command started, read back from the kernel.

use crate::declare::object;
use crate::kind::{Array, Bits, Digest, Flag, List, Nullable, Number, Text};

/// A line of a process's map of ids: inside, outside, how many.
pub type IdMap = Array<Number, 3>;

object! {
    /// What was in force just before the command started.
    Receipt {
        /// the kinds of namespaces that differ from the caller's
        namespaces: List<Text>,
        /// the map of user ids as the kernel shows it: inside, outside, how many
        uid_map: IdMap,
        /// the map of group ids
        gid_map: IdMap,
        /// whether `no_new_privs` is set
        no_new_privs: Flag,
        /// the five capability sets
        capabilities: CapabilitySets,
        /// how many mounts there are, each found as the plan has it
        mounts_read_back: Number,
        /// how many kernel settings were read back
        settings_read_back: Number,
        /// the files of the control group with their values
        cgroup: List<Text>,
        /// the Landlock ruleset; null when the operator let it go
        landlock: Nullable<Landlock>,
        /// the filter
        seccomp: Seccomp,
        /// the filtered network; null where the network is not filtered
        network: Nullable<FilteredNetwork>,
    }
}

object! {
    /// The capability sets of the command's process (capabilities(7)).
    plain CapabilitySets {
        /// what can never be had
        bounding: Bits,
        /// what stays across execve(2)
        inheritable: Bits,
        /// what can be had
        permitted: Bits,
        /// what is in force
        effective: Bits,
        /// what a program without capabilities of its own gets
        ambient: Bits,
    }
}

object! {
    /// The Landlock ruleset.
    Landlock {
        /// the version of Landlock that is in use
        abi: Number,
        /// the kernel's version of Landlock
        host_abi: Number,
        /// how many rules there are
        rules: Number,
        /// how the kernel denied something that worked before; null where nothing could be tried
        probe: Nullable<Text>,
    }
}

object! {
    /// The filter.
    Seccomp {
        /// its length
        instructions: Number,
        /// the error that it gave to a probe call; null where the policy leaves no call to probe with
        probe: Nullable<Text>,
    }
}

object! {
    /// A filtered network.
    FilteredNetwork {
        /// how many messages set up the interface, its addresses and its routes; each was found in force
        routes_read_back: Number,
        /// how many `nf_tables` rules there are, each found in force as the plan has it, and no other
        rules_read_back: Number,
        /// the generation of the rules: a number that each change raises
        rules_generation: Number,
        /// whether there is IPv6: the host has a route to it
        ipv6: Flag,
        /// the version of purple-net
        helper_version: Text,
        /// the digest of the program purple-net, as it has said itself
        helper_digest: Digest,
    }
}
