//! Constants have the headers' values, and belong to arguments that exist.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;

use super::constants::*;
use super::families;
use super::{Arch, guarded, names, signature};

#[test]
fn values_are_those_of_each_architecture() {
    let values = |name: &str| Arch::ALL.map(|arch| constant(arch, name).unwrap());
    assert_eq!(
        values("O_CREAT"),
        [64, 64, 64, 64, 64, 64, 64, 64, 64, 0x100]
    );
    let directory = [
        0x10000, 0x10000, 0x10000, 0x4000, 0x4000, 0x10000, 0x4000, 0x10000,
    ];
    assert_eq!(values("O_DIRECTORY").get(..8).unwrap(), directory);
    assert_eq!(constant(Arch::X86_64, "SOCK_STREAM"), Some(1));
    assert_eq!(constant(Arch::Mips64, "SOCK_STREAM"), Some(2));
    assert_eq!(constant(Arch::Mips64, "SOCK_NONBLOCK"), Some(0x80));
    assert_eq!(constant(Arch::X86_64, "TIOCSTI"), Some(0x5412));
    assert_eq!(constant(Arch::Mips64, "TIOCSTI"), Some(0x5472));
    assert_eq!(constant(Arch::Ppc64le, "TCGETS"), Some(0x402C_7413));
    assert_eq!(constant(Arch::Mips64, "MAP_ANONYMOUS"), Some(0x800));
    assert_eq!(constant(Arch::S390x, "POSIX_FADV_DONTNEED"), Some(6));
    assert_eq!(constant(Arch::X86_64, "AT_FDCWD"), Some(u64::MAX - 99));
    assert_eq!(constant(Arch::X86_64, "AF_VSOCK"), Some(40));
    assert_eq!(constant(Arch::X86_64, "PF_VSOCK"), Some(40));
    assert_eq!(constant(Arch::X86_64, "CLONE_NEWUSER"), Some(0x1000_0000));
    assert_eq!(constant(Arch::X86_64, "SECCOMP_SET_MODE_FILTER"), Some(1));
    assert_eq!(constant(Arch::X86_64, "R_OK"), Some(4));
    assert_eq!(constant(Arch::Mips64, "MAP_ANON"), Some(0x800));
    assert_eq!(constant(Arch::Aarch64, "ARCH_SET_FS"), None);
    assert_eq!(constant(Arch::X86_64, "O_NOPE"), None);
    assert_eq!(
        constant_architectures("ARCH_SET_FS"),
        [Arch::X86_64, Arch::X86, Arch::X32]
    );
}

#[test]
fn sizes_in_ioctl_numbers_follow_each_architectures_layout() {
    // struct btrfs_ioctl_vol_args is 4096 bytes everywhere; perf's filter is a pointer.
    let value = |arch, name| constant(arch, name).unwrap();
    assert_eq!(
        value(Arch::X86_64, "PERF_EVENT_IOC_SET_FILTER"),
        0x4008_2406
    );
    assert_eq!(value(Arch::X86, "PERF_EVENT_IOC_SET_FILTER"), 0x4004_2406);
    assert_eq!(value(Arch::Arm, "PERF_EVENT_IOC_SET_FILTER"), 0x4004_2406);
    assert_eq!(value(Arch::X86_64, "BTRFS_IOC_SNAP_CREATE"), 0x5000_9401);
    assert_eq!(value(Arch::Mips64, "BTRFS_IOC_SNAP_CREATE"), 0x9000_9401);
}

#[test]
fn arguments_print_by_name() {
    let print = |call, argument, value| symbolic(Arch::X86_64, call, argument, value);
    let is = |call, argument, value, text: &str| {
        assert_eq!(
            print(call, argument, value).as_deref(),
            Some(text),
            "{call} {argument}"
        );
    };
    is("openat", "flags", 0x241, "O_WRONLY|O_CREAT|O_TRUNC");
    is("openat", "flags", 0, "O_RDONLY");
    is("openat", "flags", 0x8_0000, "O_RDONLY|O_CLOEXEC");
    is("openat", "flags", 0x10_1000, "O_RDONLY|O_SYNC");
    is("openat", "flags", 0x41_0000, "O_RDONLY|O_TMPFILE");
    is("openat", "dfd", 0xFFFF_FF9C, "AT_FDCWD");
    is("openat", "dfd", u64::MAX - 99, "AT_FDCWD");
    is("openat", "mode", 0o644, "S_IRUSR|S_IWUSR|S_IRGRP|S_IROTH");
    is("mknodat", "mode", 0o20_600, "S_IFCHR|S_IRUSR|S_IWUSR");
    is("socket", "family", 1, "AF_UNIX");
    is(
        "socket",
        "type",
        0x8_0801,
        "SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK",
    );
    is("mmap", "flags", 0x22, "MAP_PRIVATE|MAP_ANONYMOUS");
    is("mmap", "prot", 5, "PROT_READ|PROT_EXEC");
    is("ioctl", "cmd", 0x5401, "TCGETS");
    is("ioctl", "cmd", 0x5412, "TIOCSTI");
    is("clone", "clone_flags", 0x1000_0011, "SIGCHLD|CLONE_NEWUSER");
    is("unshare", "unshare_flags", 0x1000_0000, "CLONE_NEWUSER");
    is("prctl", "option", 15, "PR_SET_NAME");
    is("prctl", "option", 38, "PR_SET_NO_NEW_PRIVS");
    is("futex", "op", 0x80, "FUTEX_WAIT|FUTEX_PRIVATE_FLAG");
    is(
        "futex",
        "op",
        0x189,
        "FUTEX_WAIT_BITSET|FUTEX_PRIVATE_FLAG|FUTEX_CLOCK_REALTIME",
    );
    is("fcntl", "cmd", 1030, "F_DUPFD_CLOEXEC");
    is(
        "personality",
        "personality",
        0x4_0000,
        "PER_LINUX|ADDR_NO_RANDOMIZE",
    );
    is("kill", "sig", 9, "SIGKILL");
    is("wait4", "options", 1, "WNOHANG");
    is("faccessat", "mode", 0, "F_OK");
    is("faccessat", "mode", 6, "R_OK|W_OK");
    is("ptrace", "request", 16, "PTRACE_ATTACH");
    is(
        "mmap",
        "flags",
        0x8000_0000_0022,
        "MAP_PRIVATE|MAP_ANONYMOUS|0x800000000000",
    );
    assert_eq!(print("openat", "filename", 1), None);
    assert_eq!(print("mprotect", "prot", 0), None);
    assert_eq!(print("nosuch", "flags", 1), None);
    assert_eq!(
        symbolic(Arch::Mips64, "openat", "flags", 0x301).as_deref(),
        Some("O_WRONLY|O_CREAT|O_TRUNC"),
    );
    assert_eq!(
        symbolic(Arch::S390x, "clone", "clone_flags", 17).as_deref(),
        Some("SIGCHLD")
    );
}

#[test]
fn whatever_is_printed_means_the_same_when_it_is_read() {
    let mut printed = 0;
    for arch in [Arch::X86_64, Arch::Arm, Arch::Mips64] {
        for (call, _) in names(arch) {
            for argument in signature(arch, call).unwrap_or_default() {
                for choices in constants_for(arch, call, argument.name) {
                    let all = choices.names().map(|name| constant(arch, name).unwrap());
                    for value in all.collect::<Vec<_>>() {
                        let Some(text) = symbolic(arch, call, argument.name, value) else {
                            continue;
                        };
                        let back = text.split('|').fold(0, |sum, part| {
                            sum | constant(arch, part)
                                .or_else(|| u64::from_str_radix(part.strip_prefix("0x")?, 16).ok())
                                .unwrap()
                        });
                        let mask = argument.mask();
                        assert_eq!(back & mask, value & mask, "{arch} {call} {text}");
                        printed += 1;
                    }
                }
            }
        }
    }
    assert!(printed > 8_000, "{printed}");
}

#[test]
fn families_speak_of_arguments_and_constants_that_exist() {
    let mut arguments = BTreeSet::new();
    let mut known = BTreeSet::new();
    for arch in Arch::ALL {
        known.extend(constants(arch).map(|(name, _)| name));
        for (call, _) in names(arch) {
            for argument in signature(arch, call).unwrap_or_default() {
                arguments.insert((call, argument.name));
                arguments.insert(("*", argument.name));
            }
        }
    }
    let mut used = BTreeSet::new();
    for family in families::all() {
        for pair in &family.uses {
            assert!(arguments.contains(pair), "{}: {pair:?}", family.name);
        }
        let field = family.field.iter().map(|(_, set)| set);
        for set in field.chain([&family.values, &family.flags, &family.aliases]) {
            let found = set.names(known.iter().copied());
            used.extend(found);
            for pattern in set.patterns() {
                assert!(
                    set.takes_by(pattern),
                    "{}: nothing is called {pattern}",
                    family.name
                );
            }
        }
        let mask = family.field.iter().map(|(mask, _)| *mask);
        used.extend(mask.filter(|mask| families::number(mask).is_none()));
    }
    assert_eq!(
        known.difference(&used).collect::<Vec<_>>(),
        [&""; 0],
        "in no family"
    );
    assert_eq!(
        used.difference(&known).collect::<Vec<_>>(),
        [&""; 0],
        "no such mask"
    );
}

#[test]
fn no_constant_has_the_highest_bit_unless_it_is_negative() {
    let mut negative = BTreeSet::new();
    for arch in Arch::ALL {
        negative.extend(
            constants(arch)
                .filter(|one| one.1 >> 63 == 1)
                .map(|one| one.0),
        );
    }
    let negative: Vec<_> = negative
        .into_iter()
        .filter(|name| !name.starts_with("KEY_SPEC_"))
        .collect();
    assert_eq!(
        negative,
        [
            "AT_FDCWD",
            "FUTEX_CMD_MASK",
            "PR_SET_PTRACER_ANY",
            "RUSAGE_BOTH",
            "RUSAGE_CHILDREN"
        ]
    );
}

#[test]
fn a_misspelt_constant_is_found_where_it_belongs() {
    let near = |call, argument, name| closest_constant_for(Arch::X86_64, call, argument, name);
    assert_eq!(near("openat", "flags", "O_CREATE"), Some("O_CREAT"));
    assert_eq!(near("openat", "flags", "o_rdonly"), Some("O_RDONLY"));
    assert_eq!(near("socket", "family", "AF_INTE6"), Some("AF_INET6"));
    assert_eq!(near("ioctl", "cmd", "TIOCST"), Some("TIOCSTI"));
    assert_eq!(
        closest_constant(Arch::X86_64, "CLONE_NEWUSR"),
        Some("CLONE_NEWUSER")
    );
    assert_eq!(closest_constant(Arch::X86_64, "ZZZZQQQQ"), None);
}

#[test]
fn reviewed_names_are_no_kernel_names_and_stand_for_something() {
    let generated = include_str!("../../data/syscalls/constants.tsv");
    let reviewed = include_str!("../../data/syscalls/constants-reviewed.tsv").lines();
    for line in reviewed.filter(|line| !line.starts_with('#')) {
        let (name, meant) = line.split_once('\t').unwrap();
        assert!(
            !generated.contains(&format!("\n{name}\t")),
            "{name} is in the headers"
        );
        for arch in Arch::ALL {
            let value = families::number(meant).or_else(|| constant(arch, meant));
            assert!(value.is_some(), "{arch} {name}");
            assert_eq!(constant(arch, name), value, "{arch} {name}");
        }
    }
}

#[test]
fn what_a_plain_allow_leaves_out_are_the_headers_values() {
    for arch in Arch::ALL {
        let values = |name| guarded(arch, name).unwrap().values;
        let of = |names: &[&str]| -> Vec<u64> {
            names
                .iter()
                .map(|name| constant(arch, name).unwrap())
                .collect()
        };
        assert_eq!(
            values("socket"),
            of(&["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"]),
            "{arch}"
        );
        assert_eq!(
            values("socketpair"),
            of(&["AF_UNIX", "AF_INET", "AF_INET6"]),
            "{arch}"
        );
        let beside = guarded(arch, "socket").unwrap().beside.unwrap();
        assert_eq!(
            [beside.value, beside.equals],
            of(&["AF_NETLINK", "NETLINK_ROUTE"])[..]
        );
        let arguments = signature(arch, "socket").unwrap();
        let argument = arguments.get(usize::from(beside.arg));
        assert_eq!(argument.map(|one| one.name), Some("protocol"));
        assert_eq!(
            values("ioctl"),
            of(&["TIOCSTI", "TIOCLINUX", "TIOCSETD"]),
            "{arch}"
        );
    }
}

#[test]
fn a_protocol_is_named_by_its_family() {
    let name = |family, value| protocol(Arch::X86_64, family, value);
    for (family, value, expected) in [
        (16, 0, Some("NETLINK_ROUTE")),
        (16, 9, Some("NETLINK_AUDIT")),
        (2, 17, Some("IPPROTO_UDP")),
        (10, 6, Some("IPPROTO_TCP")),
        (1, 0, None),
        (17, 3, None),
    ] {
        assert_eq!(name(family, value).as_deref(), expected, "{family} {value}");
    }
}
