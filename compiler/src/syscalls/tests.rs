//! The tables are whole, and agree with what is known from elsewhere.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;

#[test]
fn counts_are_those_of_the_headers() {
    let counts = Arch::ALL.map(|arch| names(arch).count());
    assert_eq!(counts, [385, 461, 374, 327, 431, 328, 424, 390, 324, 375]);
    let all: std::collections::BTreeSet<_> = Arch::ALL
        .iter()
        .flat_map(|&arch| names(arch).map(|(name, _)| name))
        .collect();
    assert!(all.len() > 500, "{}", all.len());
}

#[test]
fn the_newest_number_is_rseq_slice_yield_everywhere() {
    for arch in Arch::ALL {
        assert_eq!(newest(arch), arch.base() + 471, "{arch}");
        assert_eq!(
            syscall_number(arch, "rseq_slice_yield"),
            Some(newest(arch)),
            "{arch}"
        );
    }
    assert_eq!(beyond(Arch::X32).first(), Some(&(X32_BIT + 512)));
    assert_eq!(
        beyond(Arch::Arm),
        [0xF0001, 0xF0002, 0xF0003, 0xF0004, 0xF0005, 0xF0006]
    );
    assert!(beyond(Arch::X86_64).is_empty());
}

#[test]
fn names_and_numbers_are_inverse() {
    for arch in Arch::ALL {
        for (name, number) in names(arch) {
            assert_eq!(syscall_number(arch, name), Some(number));
            let back = syscall_name(arch, number).unwrap();
            assert_eq!(syscall_number(arch, back), Some(number), "{arch} {name}");
        }
    }
}

#[test]
fn well_known_numbers() {
    assert_eq!(syscall_number(Arch::X86_64, "openat"), Some(257));
    assert_eq!(syscall_number(Arch::X86, "openat"), Some(295));
    assert_eq!(syscall_number(Arch::X32, "read"), Some(X32_BIT));
    assert_eq!(syscall_number(Arch::Aarch64, "openat"), Some(56));
    assert_eq!(syscall_number(Arch::Aarch64, "open"), None);
    assert_eq!(syscall_number(Arch::Mips64, "read"), Some(5000));
    assert_eq!(syscall_name(Arch::X86_64, 59), Some("execve"));
    assert_eq!(syscall_name(Arch::X86_64, 400), None);
}

#[test]
fn signatures_have_the_kernels_widths() {
    let bits = |arch, name: &str| -> Vec<u32> {
        signature(arch, name)
            .unwrap()
            .iter()
            .map(|argument| argument.bits)
            .collect()
    };
    assert_eq!(bits(Arch::X86_64, "openat"), [32, 64, 32, 16]);
    assert_eq!(bits(Arch::X86_64, "socket"), [32, 32, 32]);
    assert_eq!(bits(Arch::X86_64, "mmap"), [64; 6]);
    assert_eq!(bits(Arch::X86, "pread64"), [32; 5]);
    assert_eq!(bits(Arch::Arm, "pread64"), [32; 6]);
    assert_eq!(bits(Arch::X86_64, "ioctl"), [32, 32, 64]);
    assert_eq!(bits(Arch::X86_64, "clone").first(), Some(&32));
    assert_eq!(bits(Arch::S390x, "clone").get(1), Some(&32));
    assert_eq!(bits(Arch::X86_64, "getpid"), [0; 0]);
}

#[test]
fn nearly_every_call_has_a_signature() {
    for arch in Arch::ALL {
        let without: Vec<_> = names(arch)
            .filter(|(name, _)| signature(arch, name).is_none())
            .collect();
        assert!(without.len() <= 32, "{arch}: {without:?}");
        for (name, _) in names(arch) {
            assert!(
                signature(arch, name).is_none_or(|arguments| arguments.len() <= 6),
                "{name}"
            );
        }
    }
}

#[test]
fn errnos_differ_where_they_do() {
    assert_eq!(errno_number(Arch::X86_64, "EPERM"), Some(1));
    assert_eq!(errno_number(Arch::X86_64, "ENOSYS"), Some(38));
    assert_eq!(errno_number(Arch::Mips64, "ENOSYS"), Some(89));
    assert_eq!(errno_number(Arch::Ppc64le, "EDEADLOCK"), Some(58));
    assert_eq!(errno_number(Arch::X86_64, "EWOULDBLOCK"), Some(11));
    for arch in Arch::ALL {
        // Second names: errno(3), and glibc's bits/errno.h.
        for (name, other) in [("ENOTSUP", "EOPNOTSUPP"), ("EWOULDBLOCK", "EAGAIN")] {
            assert!(errno_number(arch, name).is_some(), "{name} on {arch}");
            assert_eq!(
                errno_number(arch, name),
                errno_number(arch, other),
                "{name} on {arch}"
            );
        }
        assert!(errno_number(arch, "EDEADLOCK").is_some(), "{arch}");
    }
    assert_eq!(errno_name(Arch::X86_64, 95), Some("EOPNOTSUPP"));
    assert_eq!(errno_number(Arch::X86_64, "ENOPE"), None);
    for arch in Arch::ALL {
        assert_eq!(errno_number(arch, "E2BIG"), Some(7), "{arch}");
    }
    assert_eq!(errno_name(Arch::X86_64, 13), Some("EACCES"));
    assert_eq!(closest_errno("EACCESS"), Some("EACCES"));
}

#[test]
fn every_error_of_this_systems_headers_is_known() {
    let mut seen = 0;
    for (file, least) in [("errno-base.h", 34), ("errno.h", 97)] {
        let path = format!("/usr/include/asm-generic/{file}");
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("SKIP every_error_of_this_systems_headers_is_known: {path} is not installed");
            return;
        };
        let before = seen;
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (Some("#define"), Some(name), Some(value)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let expected = value
                .parse()
                .ok()
                .or_else(|| errno_number(Arch::X86_64, value));
            assert!(expected.is_some(), "{line}");
            assert_eq!(errno_number(Arch::X86_64, name), expected, "{line}");
            seen += 1;
        }
        assert!(seen - before >= least, "{path}: {}", seen - before);
    }
}

#[test]
fn every_name_of_the_baseline_exists_somewhere() {
    for entry in BASELINE {
        assert!(syscall_number_anywhere(entry.name), "{}", entry.name);
    }
}

#[test]
fn the_baseline_has_nothing_that_everyday_programs_call() {
    // What shells, coreutils, git, python3, gcc, go, rustc and node were seen to call (strace -f).
    let everyday = "read write close fstat newfstatat lseek mmap mprotect munmap brk rt_sigaction \
        rt_sigprocmask rt_sigreturn ioctl pread64 pwrite64 readv writev access pipe pipe2 select \
        sched_yield mremap madvise dup dup2 dup3 nanosleep getpid sendfile socket connect accept4 \
        sendto recvfrom sendmsg recvmsg shutdown bind listen getsockname getpeername socketpair \
        setsockopt getsockopt clone clone3 fork vfork execve exit wait4 kill uname fcntl flock \
        fsync ftruncate getdents64 getcwd chdir rename mkdir rmdir link unlink symlink readlink \
        chmod fchmod umask getrlimit getrusage sysinfo getuid sigaltstack statfs prctl arch_prctl \
        gettid futex sched_getaffinity sched_setaffinity epoll_create1 epoll_ctl epoll_pwait \
        epoll_wait set_tid_address exit_group tgkill openat unlinkat renameat2 readlinkat \
        faccessat faccessat2 pselect6 ppoll set_robust_list utimensat timerfd_create eventfd2 \
        prlimit64 getrandom memfd_create statx rseq copy_file_range pidfd_open \
        pidfd_send_signal close_range inotify_init1 inotify_add_watch capget personality waitid \
        membarrier get_mempolicy mincore setsid setpgid clock_nanosleep";
    for name in everyday.split_whitespace() {
        assert!(syscall_number(Arch::X86_64, name).is_some(), "{name}");
        assert!(baseline(name).is_none(), "{name}");
    }
}

#[test]
fn replacements_exist_and_lead_to_calls() {
    let by = |arch, name: &str| replaced(name).unwrap().by(arch);
    assert_eq!(by(Arch::X86_64, "umount"), ["umount2"]);
    assert_eq!(by(Arch::X86_64, "unmount"), ["umount2"]);
    assert_eq!(by(Arch::Aarch64, "stat"), ["newfstatat", "statx"]);
    assert_eq!(by(Arch::Aarch64, "stat64"), ["statx", "newfstatat"]);
    assert_eq!(by(Arch::X86, "newfstatat"), ["fstatat64"]);
    assert_eq!(by(Arch::Aarch64, "open"), ["openat", "openat2"]);
    assert_eq!(by(Arch::Aarch64, "chmod"), ["fchmodat", "fchmodat2"]);
    assert_eq!(by(Arch::Arm, "mmap"), ["mmap2"]);
    assert_eq!(by(Arch::X86_64, "send"), ["sendto"]);
    assert_eq!(by(Arch::X86_64, "sigaction"), ["rt_sigaction"]);
    assert_eq!(by(Arch::Riscv64, "rename"), ["renameat2"]);
    for arch in Arch::ALL {
        for name in replaced::replaced_names() {
            let exists = syscall_number(arch, name).is_some();
            let known = [
                "bdflush",
                "pause",
                "time",
                "ftime",
                "ipc",
                "socketcall",
                "sysctl",
            ]
            .contains(&name);
            assert!(
                exists || known || !by(arch, name).is_empty(),
                "{arch} {name}"
            );
        }
    }
}

#[test]
fn variants_go_both_ways() {
    let of = |arch, name: &str| variants(arch, name);
    assert_eq!(of(Arch::X86, "setuid"), ["setuid32"]);
    assert_eq!(of(Arch::X86, "setuid32"), ["setuid"]);
    assert_eq!(of(Arch::X86, "select"), ["_newselect"]);
    assert_eq!(of(Arch::X86, "_newselect"), ["select"]);
    assert_eq!(of(Arch::X86, "oldstat"), ["stat", "stat64"]);
    assert_eq!(of(Arch::Arm, "futex"), ["futex_time64"]);
    assert_eq!(of(Arch::X86_64, "getdents"), ["getdents64"]);
    for name in [
        "setuid", "fork", "vfork", "clone", "clone3", "openat", "openat2", "stat", "dup2",
    ] {
        assert_eq!(of(Arch::X86_64, name), [""; 0], "{name}");
    }
    let mut pairs = 0;
    for arch in Arch::ALL {
        for (name, _) in names(arch) {
            for other in of(arch, name) {
                assert!(of(arch, other).contains(&name), "{arch} {name} {other}");
                pairs += 1;
            }
        }
    }
    assert!(pairs > 200, "{pairs}");
}

#[test]
fn a_call_is_in_one_set_of_variants_and_wider_ones_are_in_theirs() {
    let mut seen = std::collections::BTreeSet::new();
    let sets = include_str!("../../data/syscalls/variants.tsv").lines();
    for name in sets
        .clone()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.split('\t'))
    {
        assert!(syscall_number_anywhere(name), "{name}");
        assert!(seen.insert(name), "{name} twice");
    }
    for name in replaced::replaced_names() {
        let known = replaced(name).unwrap();
        if matches!(known.what, "wide" | "time64" | "split-offset") {
            let first = known.first();
            assert!(
                sets.clone().any(|line| {
                    let set: Vec<_> = line.split('\t').collect();
                    set.contains(&name) && set.contains(&first)
                }),
                "{name} and {first}",
            );
        }
    }
}

#[test]
fn first_kernels_are_known_but_for_these() {
    let version = |arch, name: &str| since(arch, name).map(|version| version.to_string());
    let is = |arch, name, text: &str| {
        assert_eq!(version(arch, name).as_deref(), Some(text), "{arch} {name}");
    };
    is(Arch::X86_64, "openat", "2.6.16");
    is(Arch::X86_64, "openat2", "5.6");
    is(Arch::X86_64, "read", "2.4");
    is(Arch::Aarch64, "read", "3.7");
    is(Arch::X86, "arch_prctl", "4.12");
    is(Arch::X86_64, "arch_prctl", "2.6");
    is(Arch::Riscv64, "riscv_hwprobe", "6.4");
    is(Arch::X86_64, "clone3", "5.3");
    is(Arch::X86_64, "rseq_slice_yield", "7.0");
    assert_eq!(since(Arch::Aarch64, "open"), None);
    let unknown: std::collections::BTreeSet<_> = Arch::ALL
        .into_iter()
        .flat_map(|arch| names(arch).map(move |(name, _)| (arch, name)))
        .filter(|&(arch, name)| since(arch, name).is_none())
        .map(|(_, name)| name)
        .collect();
    let expected = "afs_syscall arm_fadvise64_64 arm_sync_file_range break cachectl epoll_ctl_old \
        epoll_wait_old ftime getpmsg gtty idle lock mpx multiplexer prof profil putpmsg reserved177 \
        reserved193 security stty timerfd tuxcall ulimit vserver";
    assert_eq!(
        unknown.into_iter().collect::<Vec<_>>(),
        expected
            .split(' ')
            .filter(|w| !w.is_empty())
            .collect::<Vec<_>>()
    );
}

#[test]
fn newer_numbers_have_newer_kernels() {
    // From pidfd_send_signal, 424, on, numbers are given out in order and alike everywhere; two calls
    // got theirs before they were finished.
    let mut newer: Vec<_> = names(Arch::X86_64)
        .filter(|(_, number)| *number >= 424)
        .collect();
    newer.sort_by_key(|(_, number)| *number);
    let versions: Vec<_> = newer
        .iter()
        .map(|(name, _)| since(Arch::X86_64, name))
        .collect();
    let late = ["close_range", "quotactl_fd"];
    for (pair, names) in versions.windows(2).zip(newer.windows(2)) {
        let before = names.iter().any(|(name, _)| late.contains(name));
        assert!(before || pair.first() <= pair.last(), "{names:?} {pair:?}");
    }
    assert!(versions.len() > 40 && versions.iter().all(Option::is_some));
}

#[test]
fn arguments_have_positions_by_each_of_their_names() {
    let position = |call: &str, name: &str| {
        let known = signature(Arch::X86_64, call);
        argument_position(known.as_deref(), name)
    };
    for (name, at) in [
        ("dfd", 0),
        ("dirfd", 0),
        ("arg0", 0),
        ("pathname", 1),
        ("arg2", 2),
        ("arg3", 3),
    ] {
        assert_eq!(position("openat", name), Some(at), "{name}");
    }
    for name in ["arg4", "arg6", "arg", "arg00", "argc", "fd"] {
        assert_eq!(position("openat", name), None, "{name}");
    }
    // These have arguments of such names, which count from 1.
    for (name, at) in [
        ("option", Some(0)),
        ("arg2", Some(1)),
        ("arg5", Some(4)),
        ("arg0", None),
        ("arg1", None),
    ] {
        assert_eq!(position("prctl", name), at, "{name}");
    }
    assert_eq!(argument_position(None, "arg5"), Some(5));
    assert_eq!(argument_position(None, "arg6"), None);
}
