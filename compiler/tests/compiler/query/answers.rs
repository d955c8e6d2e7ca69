//! The verdicts, and the cases of a call.

use super::{Asked, POLICY};

#[test]
fn a_call_has_its_verdict_its_line_and_its_reason() {
    let asked = Asked::new();
    for (call, first, second) in [
        (
            "read",
            "read on x86_64: allow",
            "  line 3: `allow` names it",
        ),
        (
            "clock_gettime",
            "clock_gettime on x86_64: allow",
            "  line 4: `allow` names it",
        ),
        (
            "fsync",
            "fsync on x86_64: errno EPERM",
            "  line 6: `deny` names it",
        ),
        (
            "socket",
            "socket on x86_64: errno EPERM",
            "  line 7: `deny` names it",
        ),
        (
            "mount",
            "mount on x86_64: allow",
            "  line 4: `allow` names it",
        ),
        (
            "bpf",
            "bpf on x86_64: errno EPERM",
            "  line 3: the hardened baseline: loads programs into the kernel",
        ),
        (
            "getpid",
            "getpid on x86_64: errno EPERM",
            "  line 3: no entry names it, and the default is to deny",
        ),
        ("0", "read on x86_64: allow", "  line 3: `allow` names it"),
        (
            "0x400",
            "call 1024 on x86_64: errno ENOSYS",
            "  newer than every call that the compiler knew",
        ),
    ] {
        let said = asked.answer(&[call]);
        let lines: Vec<&str> = said.lines().take(2).collect();
        assert_eq!(lines, [first, second], "{call}");
    }
}

#[test]
fn arguments_decide_by_name_by_position_and_by_what_is_left_out() {
    let asked = Asked::new();
    let reading = "openat(flags=O_RDONLY) on x86_64: allow\n  line 3: `allow` names it\n";
    assert!(asked.answer(&["openat", "flags=0"]).starts_with(reading));
    let writing = "openat(flags=O_WRONLY|O_CREAT|O_TRUNC, mode=0) on x86_64: errno EACCES\n  line 10: a rule\n";
    assert!(
        asked
            .answer(&["openat", "flags=0x241", "mode=0"])
            .starts_with(writing)
    );
    assert!(
        asked
            .answer(&["openat", "flags=0o1000|1|0x40", "mode=0"])
            .starts_with(writing)
    );
    // The compiler's own rule comes first; without a mode it may hold.
    assert!(
        asked
            .answer(&["openat", "flags=0x241", "mode=0o4755"])
            .contains(" on x86_64: errno EPERM\n  line 2: a rule\n")
    );
    assert!(
        asked
            .answer(&["openat", "flags=0x241"])
            .contains(" on x86_64: it depends on the arguments;")
    );
    let at = asked.answer(&["openat", "-100", "0", "1", "0"]);
    assert!(
        at.starts_with(
            "openat(dfd=AT_FDCWD, filename=0, flags=O_WRONLY, mode=0) on x86_64: errno EACCES"
        ),
        "{at}"
    );
    // The manual page's name, the position's, and bits that the kernel drops.
    assert!(
        asked
            .answer(&["openat", "dirfd=3", "arg2=1"])
            .contains("(dfd=3, flags=O_WRONLY)")
    );
    assert!(
        asked
            .answer(&["openat", "flags=0x100000000"])
            .contains(": allow")
    );

    let open = asked.answer(&["openat"]);
    let lines: Vec<&str> = open.lines().take(4).collect();
    assert_eq!(
        lines,
        [
            "openat on x86_64: it depends on the arguments; the first line that applies decides",
            "  if flags & (O_CREAT|0x400000) and mode & (S_ISUID|S_ISGID)  errno EPERM   line 2: a rule",
            "  if flags & O_ACCMODE != O_RDONLY                            errno EACCES  line 10: a rule",
            "  otherwise                                                   allow         line 3: `allow` names it",
        ]
    );
    let personality = asked.answer(&["personality"]);
    let allow = "  if personality == PER_LINUX  allow        line 14: a rule\n";
    let deny =
        "  otherwise                    errno EPERM  line 14: it has allow rules, and none holds\n";
    assert!(
        personality.contains(&format!("{allow}{deny}")),
        "{personality}"
    );
    let socket = Asked::of("name: a\nsyscalls:\n  allow: [socket]\n", "x86_64").answer(&["socket"]);
    let why = "line 3: a plain `socket` is for the unix, inet and inet6 families, and for netlink with NETLINK_ROUTE";
    let parts = [
        &format!("if family == AF_NETLINK and protocol != NETLINK_ROUTE  errno EPERM  {why}"),
        "if family in {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}  allow        line 3: `allow` names it",
        &format!("otherwise                                              errno EPERM  {why}"),
    ];
    assert!(socket.contains(&parts.join("\n  ")), "{socket}");
    let clone3 = Asked::of("name: a\nsyscalls:\n  allow: [socket]\n", "x86_64").answer(&["clone3"]);
    let why = "no entry names it, and the default is to deny; libraries fall back after this error";
    assert!(
        clone3.contains("errno ENOSYS") && clone3.contains(why),
        "{clone3}"
    );
}

/// What a condition takes, a question takes too: constants of the architecture, and the manual
/// page's names.
#[test]
fn constants_and_manual_names_are_those_of_conditions() {
    let asked = Asked::of(
        "name: a\nsyscalls:\n  default_deny: false\n  deny:\n    \
         - clone: \"flags & CLONE_NEWUSER\"\n    - openat: \"flags & O_ACCMODE != O_RDONLY\"\n",
        "x86_64",
    );
    for (question, verdict) in [
        (&["clone", "flags=CLONE_NEWUSER"][..], "errno EPERM"),
        (&["clone", "flags=CLONE_VM|CLONE_VFORK"], "allow"),
        (&["openat", "flags=O_WRONLY|O_CREAT"], "errno EPERM"),
        (&["openat", "dirfd=AT_FDCWD", "flags=O_CLOEXEC"], "allow"),
    ] {
        let said = asked.purplec(&[&["query", "plan"], question].concat());
        assert!(
            said.out.contains(verdict),
            "{question:?}: {}{}",
            said.out,
            said.err
        );
    }
}

#[test]
fn a_part_of_the_arguments_narrows_the_cases() {
    let asked = Asked::new();
    let both = asked.answer(&["dup3"]);
    assert!(
        both.contains("  if flags > 2 and oldfd <= 2  kill   line 15: a rule\n"),
        "{both}"
    );
    assert!(
        both.contains("  otherwise                    allow  line 16: a rule\n"),
        "{both}"
    );
    let one = asked.answer(&["dup3", "flags=3"]);
    assert!(
        one.contains("  if oldfd <= 2  kill   line 15: a rule\n"),
        "{one}"
    );
    assert!(
        asked
            .answer(&["dup3", "flags=1"])
            .starts_with("dup3(flags=O_WRONLY) on x86_64: allow\n")
    );
    assert!(
        asked
            .answer(&["dup3", "0", "0", "3"])
            .contains("x86_64: kill\n  line 15: a rule")
    );
}

#[test]
fn the_kernels_cache_and_calls_that_no_filter_sees() {
    let asked = Asked::new();
    let kept = "the kernel caches this verdict";
    let not = "the kernel does not cache this verdict";
    for (call, says) in [
        ("read", kept),
        ("openat", not),
        ("fsync", not),
        ("mount", kept),
    ] {
        assert!(asked.answer(&[call]).contains(says), "{call}");
    }
    for (call, says) in [
        ("clock_gettime", Some("the vdso")),
        ("getrandom", Some("since Linux 6.11")),
        ("uretprobe", Some("the kernel makes this call itself")),
        ("read", None),
    ] {
        let said = asked.answer(&[call]);
        assert_eq!(
            said.contains("the filter may not see this call"),
            says.is_some(),
            "{said}"
        );
        assert!(says.is_none_or(|says| said.contains(says)), "{said}");
    }
}

#[test]
fn other_architectures_have_their_own_verdicts() {
    let asked = Asked::new();
    let x86 = asked.answer(&["read", "--arch", "i386"]);
    assert!(
        x86.starts_with("read on x86: allow\n  line 3: `allow` names it\n"),
        "{x86}"
    );
    let x32 = asked.answer(&["read", "--arch", "x32"]);
    assert!(
        x32.starts_with("read on x32: kill\n  the policy does not list this"),
        "{x32}"
    );
    let says = "purplec: the plan has no filter for aarch64: it is for x86_64\n";
    assert_eq!(asked.refusal(&["read", "--arch", "aarch64"]), says);
    assert!(
        asked
            .refusal(&["read", "--arch", "x68"])
            .contains("no architecture is called `x68`")
    );
    let policy = POLICY.replace("  architectures: [x86]\n", "");
    let two = Asked::of(&policy, "x86_64,aarch64");
    assert!(two.answer(&["read"]).starts_with("read on x86_64: allow"));
    assert!(
        two.answer(&["read", "--arch", "arm64"])
            .starts_with("read on aarch64: allow")
    );
    let arm = Asked::of(&policy, "aarch64");
    assert!(
        arm.answer(&["openat", "flags=1"])
            .starts_with("openat(flags=O_WRONLY) on aarch64: errno")
    );
}
