//! A record that holds what it may not, or that stands where it may not, is refused.

use crate::refusal::{refused, refused_bytes, refused_mount, section_start};
use crate::sample::{INTERFACE, STEP, Tables, tables};
use purple_plan::{
    CgroupValue, DecodeError, EnvKind, EnvVar, Filter, Interface, Landlock, Layer, MAX_SOURCES,
    MAX_TMPFS_BYTES, Mount, MountKind, Need, Plan, Rlimit, Source, SourceLine, mount_flags,
};

#[test]
fn unknown_numbers() {
    for (what, at) in [
        ("mount kind", section_start(5)),
        ("network mode", section_start(4)),
        ("environment kind", section_start(7)),
        ("layer", section_start(10)),
        ("method", section_start(8) + 60),
        ("audit failure", section_start(11) + 4),
        ("basis", section_start(18) + 4),
        ("strength", section_start(19)),
        ("comparison", section_start(20)),
    ] {
        for number in [0, 13, 0x100, u32::MAX] {
            let found = refused_bytes(at, &u32::to_le_bytes(number));
            assert_eq!(found, DecodeError::Value, "{what} {number}");
        }
    }
}

#[test]
fn landlock_and_audit() {
    assert_eq!(refused(|t| t.landlock.reverse()), DecodeError::Order);
    let again = |t: &mut Tables<'_>| t.landlock.extend(t.landlock.last().copied());
    assert_eq!(refused(again), DecodeError::Order);
    let level = |change: fn(&mut Landlock)| {
        refused(move |t| change(t.landlock.first_mut().expect("a level")))
    };
    assert_eq!(level(|level| level.abi = 0), DecodeError::Value);
    assert_eq!(level(|level| level.fs = 0), DecodeError::Value);
    assert_eq!(
        refused(|t| t.paths.iter_mut().for_each(|p| p.access = 0)),
        DecodeError::Value
    );
    assert_eq!(
        refused(|t| t.paths.iter_mut().for_each(|p| p.path = c"usr")),
        DecodeError::Value
    );
    assert_eq!(
        refused(|t| t.ports.iter_mut().for_each(|p| p.access = 0)),
        DecodeError::Value
    );
    assert_eq!(
        refused(|t| t.ports.iter_mut().for_each(|p| p.last = 7999)),
        DecodeError::Value
    );
    assert_eq!(
        refused(|t| t.audit.iter_mut().for_each(|a| a.log_path = c"log")),
        DecodeError::Value
    );
    let twice = |t: &mut Tables<'_>| t.audit.extend(t.audit.last().copied());
    assert_eq!(refused(twice), DecodeError::Length);
}

#[test]
fn targets() {
    for target in [
        c"",
        c".",
        c"tmp",
        c"tmp/x",
        c"./tmp",
        c"//",
        c"/tmp/",
        c"/tmp//x",
        c"/./tmp",
        c"/tmp/.",
        c"/..",
        c"/../etc",
        c"/tmp/..",
        c"/tmp/../etc",
    ] {
        assert_eq!(
            refused_mount(Mount { target, ..STEP }),
            DecodeError::Value,
            "{target:?}"
        );
    }
    assert_eq!(
        refused(|t| t.process.working_dir = c"output"),
        DecodeError::Value
    );
    assert_eq!(refused(|t| t.process.working_dir = c""), DecodeError::Value);
    for target in [c"/", c"/tmp", c"/..x/.y/...", c"/tmp/a b\n"] {
        let mut fine = tables();
        fine.mounts.push(Mount { target, ..STEP });
        assert!(Plan::decode(&fine.encode()).is_ok(), "{target:?}");
    }
}

#[test]
fn mount_fields_out_of_place() {
    assert_eq!(
        refused_mount(Mount {
            source: c"/usr",
            ..STEP
        }),
        DecodeError::Value
    );
    assert_eq!(
        refused_mount(Mount {
            kind: MountKind::Bind,
            ..STEP
        }),
        DecodeError::Value
    );
    assert_eq!(refused_mount(Mount { size: 1, ..STEP }), DecodeError::Value);
    assert_eq!(
        refused_mount(Mount { inodes: 1, ..STEP }),
        DecodeError::Value
    );
    for kind in [MountKind::MaskMatches, MountKind::SelfBindMatches] {
        let pattern = |target, flags| Mount {
            kind,
            flags,
            target,
            ..STEP
        };
        assert_eq!(
            refused_mount(pattern(c"/output/.env", 0)),
            DecodeError::Value
        );
        for flag in [
            mount_flags::OPTIONAL,
            mount_flags::RECURSIVE,
            mount_flags::EXISTING,
        ] {
            assert_eq!(
                refused_mount(pattern(c"/output/*", flag)),
                DecodeError::Value
            );
        }
    }
    // No limit, or more than the kernel counts: it would round these up to a size of 0.
    for (size, inodes) in [
        (0, 1),
        (1, 0),
        (MAX_TMPFS_BYTES + 1, 1),
        ((1 << 63) + 1, 1),
        (u64::MAX, 1),
    ] {
        let tmpfs = Mount {
            kind: MountKind::Tmpfs,
            size,
            inodes,
            ..STEP
        };
        assert_eq!(refused_mount(tmpfs), DecodeError::Value, "{size} {inodes}");
    }
    assert_eq!(
        refused_mount(Mount {
            content: b"x",
            ..STEP
        }),
        DecodeError::Value
    );
    for content in [&b""[..], b"\0", b"usr\0bin"] {
        let link = Mount {
            kind: MountKind::Symlink,
            target: c"/l",
            content,
            ..STEP
        };
        assert_eq!(refused_mount(link), DecodeError::Text, "{content:?}");
    }
    let bind = |flags, content| Mount {
        kind: MountKind::Bind,
        source: c"/bin",
        target: c"/bin",
        flags,
        content,
        ..STEP
    };
    let both = mount_flags::OPTIONAL | mount_flags::OWNED;
    for flags in [0, mount_flags::OWNED, both] {
        let refused = refused_mount(bind(flags, b"usr/bin"));
        assert_eq!(refused, DecodeError::Value, "{flags}");
    }
    let refused = refused_mount(bind(mount_flags::OPTIONAL, b"usr\0bin"));
    assert_eq!(refused, DecodeError::Text);
}

#[test]
fn other_values() {
    for text in [c"", c"=", c"=x", c"PATH"] {
        let set = EnvVar {
            kind: EnvKind::Set,
            text,
        };
        assert_eq!(
            refused(|t| t.environment.push(set)),
            DecodeError::Value,
            "{text:?}"
        );
    }
    for text in [c"", c"PATH=", c"="] {
        let pass = EnvVar {
            kind: EnvKind::Pass,
            text,
        };
        assert_eq!(
            refused(|t| t.environment.push(pass)),
            DecodeError::Value,
            "{text:?}"
        );
    }
    for file in [c"", c".", c"..", c"a/b", c"/memory.max", c"../memory.max"] {
        let value = CgroupValue {
            line: SourceLine::NONE,
            file,
            value: c"1",
        };
        assert_eq!(
            refused(|t| t.cgroup.push(value)),
            DecodeError::Value,
            "{file:?}"
        );
    }
    let limit = Rlimit {
        resource: 16,
        line: SourceLine::NONE,
        soft: 0,
        hard: 0,
    };
    assert_eq!(refused(|t| t.rlimits.push(limit)), DecodeError::Value);
    let limit = Rlimit {
        resource: 8,
        line: SourceLine::NONE,
        soft: 2,
        hard: 1,
    };
    assert_eq!(refused(|t| t.rlimits.push(limit)), DecodeError::Value);
}

#[test]
fn filters() {
    let last = Filter {
        audit_arch: u32::MAX,
        ..tables().filters[1]
    };
    let long = vec![6; 8 * 4097].leak();
    for program in [&b""[..], &[6; 7], &[6; 9], &*long] {
        let bad = Filter { program, ..last };
        assert_eq!(
            refused(|t| t.filters.push(bad)),
            DecodeError::Value,
            "{}",
            program.len()
        );
    }
    let mut largest = tables();
    largest.filters.push(Filter {
        program: &long[8..],
        ..last
    });
    let native = Interface {
        filter: u32::MAX,
        audit_arch: u32::MAX,
        ..INTERFACE
    };
    largest.interfaces.push(native);
    assert!(Plan::decode(&largest.encode()).is_ok(), "4096 instructions");
    for bad in [
        Filter {
            probe_errno: 4096,
            ..last
        },
        Filter {
            probe_nr: 1,
            ..last
        },
        Filter {
            probe_args: [0, 0, 0, 0, 0, 1],
            ..last
        },
    ] {
        assert_eq!(
            refused(|t| t.filters.push(bad)),
            DecodeError::Value,
            "{bad:?}"
        );
    }
}

#[test]
fn source_lines() {
    let outside = SourceLine::new(3, 1);
    assert_eq!(refused(|t| t.network.line = outside), DecodeError::Value);
    assert_eq!(
        refused(|t| t.conditions[1].line = outside),
        DecodeError::Value
    );
    assert_eq!(refused(|t| t.sources.truncate(1)), DecodeError::Value);
    // A source without a line.
    let line = section_start(4) + 8;
    assert_eq!(refused_bytes(line, &[0, 0, 0, 1]), DecodeError::Value);
    let many = |tables: &mut Tables<'_>, count| tables.sources.resize(count, Source { name: c"p" });
    let mut most = tables();
    many(&mut most, MAX_SOURCES);
    assert!(Plan::decode(&most.encode()).is_ok());
    assert_eq!(refused(|t| many(t, MAX_SOURCES + 1)), DecodeError::Length);
}

#[test]
fn named_twice_or_out_of_order() {
    assert_eq!(
        refused(|t| t.rlimits.push(t.rlimits[1])),
        DecodeError::Order
    );
    assert_eq!(refused(|t| t.rlimits.reverse()), DecodeError::Order);
    assert_eq!(
        refused(|t| t.filters.push(t.filters[1])),
        DecodeError::Order
    );
    assert_eq!(refused(|t| t.filters.reverse()), DecodeError::Order);
    assert_eq!(refused(|t| t.needs.reverse()), DecodeError::Order);
    let again = Need {
        layer: Layer::Monitor,
        line: SourceLine::line_of_policy(1),
    };
    assert_eq!(refused(|t| t.needs.push(again)), DecodeError::Order);
}
