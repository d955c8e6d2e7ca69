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
        /// the number of mounts, each found as in the plan
        mounts_read_back: Number,
        /// the number of kernel settings that were read back
        settings_read_back: Number,
        /// the files of the control group with their values
        cgroup: List<Text>,
        /// the Landlock ruleset; null with `--unenforced landlock`
        landlock: Nullable<Landlock>,
        /// the filter
        seccomp: Seccomp,
        /// the filtered network; null if the network is not filtered
        network: Nullable<FilteredNetwork>,
    }
}

object! {
    /// The capability sets of the command's process (capabilities(7)).
    plain CapabilitySets {
        /// the capabilities that can be gained at most
        bounding: Bits,
        /// the capabilities that are kept across execve(2)
        inheritable: Bits,
        /// the capabilities that the process may use
        permitted: Bits,
        /// the capabilities that are in force
        effective: Bits,
        /// the capabilities that a program without file capabilities gets
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
        /// the number of rules
        rules: Number,
        /// how the kernel denied an operation that worked before; null if there was none to try
        probe: Nullable<Text>,
    }
}

object! {
    /// The filter.
    Seccomp {
        /// the number of instructions
        instructions: Number,
        /// the error that the filter returned for a probe call; null if the policy leaves no call for a probe
        probe: Nullable<Text>,
    }
}

object! {
    /// A filtered network.
    FilteredNetwork {
        /// the number of messages that set up the interface, its addresses and its routes; each was found in force
        routes_read_back: Number,
        /// the number of `nf_tables` rules, each found in force as in the plan, and no others
        rules_read_back: Number,
        /// the generation of the rules: a number that every change increments
        rules_generation: Number,
        /// whether the network has IPv6, because the host has a route for it
        ipv6: Flag,
        /// the version of purple-net
        helper_version: Text,
        /// the digest of the program purple-net, as reported by purple-net
        helper_digest: Digest,
    }
}
