//! The helper gives up what it does not need, before the first byte from inside reaches it.
//!
//! A user namespace of its own takes its power over the sandbox's namespaces away: it is their owner's
//! child and not their owner. Landlock takes the files, seccomp the other system calls.

use crate::sys;
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};
use std::os::fd::AsFd;

mod filter;

/// A step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unconfined {
    /// What was tried.
    pub step: &'static str,
    /// What the kernel said.
    pub error: Errno,
}

/// Rights to files, by the version of Landlock that brought them (linux/landlock.h).
const FILES_V1: u64 = (1 << 13) - 1;
const FILES_REFER: u64 = 1 << 13;
const FILES_TRUNCATE: u64 = 1 << 14;
const FILES_IOCTL: u64 = 1 << 15;

/// `LANDLOCK_ACCESS_NET_BIND_TCP`, `LANDLOCK_ACCESS_NET_CONNECT_TCP`.
const BIND_TCP: u64 = 1;
const CONNECT_TCP: u64 = 2;

/// `LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET`, `LANDLOCK_SCOPE_SIGNAL`.
const SCOPES: u64 = 3;

/// So many ports are listed; with more, ports are not restricted by Landlock.
const MAX_PORTS: usize = 1024;

/// Confines this process, which must have one thread. `ports`: the TCP ports that it may connect to, or
/// `None` if they are too many to list.
pub fn confine(ports: Option<&[u16]>) -> Result<(), Unconfined> {
    let step = |step: &'static str| move |error: Errno| Unconfined { step, error };
    sys::new_user_namespace().map_err(step("making a user namespace"))?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, none).map_err(step("dropping capabilities"))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(step("PR_SET_DUMPABLE"))?;
    set_no_new_privs(true).map_err(step("PR_SET_NO_NEW_PRIVS"))?;
    landlock(ports).map_err(step("restricting files and ports by Landlock"))?;
    sys::seccomp(
        &filter::program()
            .ok_or(Errno::INVAL)
            .map_err(step("the system call filter"))?,
    )
    .map_err(step("the system call filter"))
}

fn landlock(ports: Option<&[u16]>) -> Result<(), Errno> {
    let version = match sys::landlock_version() {
        Ok(version) => version,
        // Kernels without it, or with it switched off, have the filter, which lets no file be opened.
        Err(Errno::NOSYS | Errno::OPNOTSUPP) => return Ok(()),
        Err(error) => return Err(error),
    };
    let from = |first: i64, bits: u64| if version >= first { bits } else { 0 };
    let connect = if ports.is_some() { CONNECT_TCP } else { 0 };
    let set = sys::landlock_ruleset(sys::Ruleset {
        files: FILES_V1 | from(2, FILES_REFER) | from(3, FILES_TRUNCATE) | from(5, FILES_IOCTL),
        net: from(4, BIND_TCP | connect),
        scoped: from(6, SCOPES),
    })?;
    if version >= 4 {
        for port in ports.unwrap_or_default() {
            sys::landlock_port(set.as_fd(), CONNECT_TCP, *port)?;
        }
    }
    sys::landlock_restrict(set.as_fd())
}

/// The ports of these ranges, unless they are too many.
pub fn ports(ranges: impl Iterator<Item = (u16, u16)>) -> Option<Vec<u16>> {
    let mut ports = Vec::new();
    for (first, last) in ranges {
        if usize::from(last.saturating_sub(first)) >= MAX_PORTS {
            return None;
        }
        ports.extend(first..=last);
        if ports.len() > MAX_PORTS {
            return None;
        }
    }
    ports.sort_unstable();
    ports.dedup();
    Some(ports)
}

#[cfg(test)]
mod tests {
    use super::ports;

    #[test]
    fn few_ports_are_listed_and_many_are_not() {
        assert_eq!(
            ports([(443, 443), (80, 81), (80, 80)].into_iter()),
            Some(vec![80, 81, 443])
        );
        assert_eq!(ports([(1, 65535)].into_iter()), None);
        assert_eq!(ports([(0, u16::MAX)].into_iter()), None);
        assert_eq!(ports([(1, 600), (1000, 1600)].into_iter()), None);
        assert_eq!(ports(std::iter::empty()), Some(vec![]));
    }
}
