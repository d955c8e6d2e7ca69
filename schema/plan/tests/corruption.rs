//! A plan that was damaged, by accident or with a right seal, is refused with the reason.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod sample;

use purple_plan::{
    CgroupValue, DecodeError, EncodeError, EnvKind, EnvVar, Filter, Interface, Landlock, Layer,
    MAX_MOUNTS, MAX_PLAN_BYTES, MAX_SOURCES, MAX_VARIABLES, Mount, MountKind, Need, Plan, Rlimit,
    SECTIONS_START, Source, SourceLine, encode,
};
use sample::{INTERFACE, STEP, Tables, encode_again, seal, tables};

fn refusal(bytes: &[u8]) -> DecodeError {
    Plan::decode(bytes).expect_err("the bytes are no plan")
}

/// Why contents are refused after `change`.
fn refused(change: impl FnOnce(&mut Tables<'static>)) -> DecodeError {
    let mut changed = tables();
    change(&mut changed);
    let mut out = vec![0; MAX_PLAN_BYTES];
    match encode(&changed.contents(), &mut out) {
        Err(EncodeError::Refused(why)) => why,
        other => unreachable!("{other:?} instead of a refusal of {changed:?}"),
    }
}

fn refused_mount(mount: Mount<'static>) -> DecodeError {
    refused(|tables| tables.mounts.push(mount))
}

/// Why the sealed bytes are refused when `new` stands at `at`.
fn refused_bytes(at: usize, new: &[u8]) -> DecodeError {
    let mut bytes = tables().encode();
    bytes[at..at + new.len()].copy_from_slice(new);
    seal(&mut bytes);
    refusal(&bytes)
}

/// Where section `index` starts, according to the section table.
fn section_start(index: usize) -> usize {
    let bytes = tables().encode();
    let offset = bytes[16 + 16 * index + 4..]
        .first_chunk()
        .expect("a section entry");
    usize::try_from(u32::from_le_bytes(*offset)).expect("a small offset")
}

#[test]
fn cut_at_every_length() {
    let bytes = tables().encode();
    for length in 0..bytes.len() {
        let expected = if length < 8 {
            DecodeError::Magic
        } else {
            DecodeError::Length
        };
        assert_eq!(refusal(&bytes[..length]), expected, "cut to {length} bytes");
    }
}

#[test]
fn every_byte_flipped() {
    let bytes = tables().encode();
    for at in 0..bytes.len() {
        for pattern in [0x01, 0x10, 0x80, 0x5a, 0xff] {
            let mut flipped = bytes.clone();
            flipped[at] ^= pattern;
            let version = u16::from_le_bytes([flipped[8], flipped[9]]);
            let expected = match at {
                0..8 => DecodeError::Magic,
                8..10 => DecodeError::Version(version),
                12..16 => DecodeError::Length,
                _ => DecodeError::Seal,
            };
            assert_eq!(refusal(&flipped), expected, "byte {at} ^ {pattern:#x}");
        }
    }
}

#[test]
fn extended() {
    for filler in [0, 0xff] {
        let mut bytes = tables().encode();
        for extra in 1..=100 {
            bytes.push(filler);
            assert_eq!(
                refusal(&bytes),
                DecodeError::Length,
                "{extra} bytes of {filler:#x}"
            );
        }
    }
    let mut twice = tables().encode();
    twice.extend(tables().encode());
    assert_eq!(refusal(&twice), DecodeError::Length);
}

/// Somebody who can seal can write any plan, but not one that two readers take differently.
#[test]
fn every_byte_flipped_and_sealed_again() {
    let bytes = tables().encode();
    let (mut taken, mut not) = (0, 0);
    for at in 0..bytes.len() - 32 {
        for pattern in [0x01, 0x80, 0xff] {
            let mut flipped = bytes.clone();
            flipped[at] ^= pattern;
            seal(&mut flipped);
            if let Ok(plan) = Plan::decode(&flipped) {
                assert!(
                    encode_again(&plan) == flipped,
                    "byte {at} ^ {pattern:#x} is read away"
                );
                taken += 1;
            } else {
                not += 1;
            }
        }
    }
    assert!(
        taken > 100 && not > 1000,
        "{taken} taken, {not} refused: this proves too little"
    );
}

/// Every 32-bit word set to a number that overflows when it is added or multiplied.
#[test]
fn huge_numbers_sealed_again() {
    let bytes = tables().encode();
    for at in (0..bytes.len() - 36).step_by(4) {
        for number in [u32::MAX, u32::MAX - 1, 0x8000_0000, 0x7fff_ffff] {
            let mut changed = bytes.clone();
            changed[at..at + 4].copy_from_slice(&number.to_le_bytes());
            seal(&mut changed);
            if let Ok(plan) = Plan::decode(&changed) {
                assert!(
                    encode_again(&plan) == changed,
                    "{number:#x} at {at} is read away"
                );
            }
        }
    }
}

#[test]
fn too_large() {
    let content = vec![b'x'; MAX_PLAN_BYTES].leak();
    let file = |content| Mount {
        kind: MountKind::File,
        target: c"/f",
        content,
        ..STEP
    };
    let mut tables = tables();
    tables.mounts.push(file(&*content));
    let mut out = vec![0; MAX_PLAN_BYTES + 4096];
    assert_eq!(
        encode(&tables.contents(), &mut out),
        Err(EncodeError::TooLarge)
    );

    // One with exactly the largest size, and one byte more.
    tables.mounts.pop();
    tables.mounts.push(file(b""));
    let room = MAX_PLAN_BYTES - tables.encode().len();
    tables.mounts.pop();
    tables.mounts.push(file(&content[..room]));
    assert_eq!(encode(&tables.contents(), &mut out), Ok(MAX_PLAN_BYTES));
    assert!(Plan::decode(&out[..MAX_PLAN_BYTES]).is_ok());
    tables.mounts.pop();
    tables.mounts.push(file(&content[..=room]));
    assert_eq!(
        encode(&tables.contents(), &mut out),
        Err(EncodeError::TooLarge)
    );

    let mut claims = vec![0; MAX_PLAN_BYTES + 1];
    claims[..16].copy_from_slice(&out[..16]);
    claims[12..16].copy_from_slice(&0x10_0001_u32.to_le_bytes());
    seal(&mut claims);
    assert_eq!(refusal(&claims), DecodeError::Length);
}

#[test]
fn too_many_records() {
    let mut mounts = tables();
    mounts.mounts.resize(MAX_MOUNTS, STEP);
    assert!(Plan::decode(&mounts.encode()).is_ok());
    let variable = EnvVar {
        kind: EnvKind::Set,
        text: c"A=b",
    };
    let mut variables = tables();
    variables.environment.resize(MAX_VARIABLES, variable);
    assert!(Plan::decode(&variables.encode()).is_ok());

    assert_eq!(
        refused(|tables| tables.mounts.resize(MAX_MOUNTS + 1, STEP)),
        DecodeError::Length
    );
    let one_more = |tables: &mut Tables<'_>| tables.environment.resize(MAX_VARIABLES + 1, variable);
    assert_eq!(refused(one_more), DecodeError::Length);
}

#[test]
fn a_buffer_of_any_size() {
    let bytes = tables().encode();
    for size in 0..bytes.len() {
        let mut out = vec![0; size];
        assert_eq!(
            encode(&tables().contents(), &mut out),
            Err(EncodeError::TooLarge),
            "{size}"
        );
    }
    let mut out = vec![0; bytes.len()];
    assert_eq!(encode(&tables().contents(), &mut out), Ok(bytes.len()));
}

#[test]
fn section_table() {
    for (what, at, new) in [
        ("sixteen sections", 10, 16_u32),
        ("eighteen sections", 10, 18),
        ("another kind", 16, 2),
        ("unknown kind", 16, 18),
        ("kind 0", 16, 0),
        ("a gap", 20, 289),
        ("an overlap", 36, 288),
        ("a longer section", 24, 49),
        ("no record", 28, 0),
        ("two records", 28, 2),
    ] {
        let new = new.to_le_bytes();
        let new = if at == 10 { &new[..2] } else { &new[..] };
        assert_eq!(refused_bytes(at, new), DecodeError::Sections, "{what}");
    }
}

#[test]
fn heap() {
    let name = SECTIONS_START;
    for (what, at, new, expected) in [
        (
            "a reference outside",
            name + 4,
            1 << 16,
            DecodeError::Reference,
        ),
        (
            "a reference that overflows",
            name + 4,
            u32::MAX,
            DecodeError::Reference,
        ),
        ("a reference out of order", name, 1, DecodeError::Reference),
        ("a text without its NUL", name + 4, 5, DecodeError::Text),
        ("a text with a NUL inside", name + 4, 20, DecodeError::Text),
    ] {
        assert_eq!(
            refused_bytes(at, &u32::to_le_bytes(new)),
            expected,
            "{what}"
        );
    }
    let mut bytes = tables().encode();
    let heap_entry = 16 + 16 * 20;
    for at in [12, heap_entry + 8, heap_entry + 12] {
        bytes[at] = bytes[at]
            .checked_add(1)
            .expect("a number that can grow by one");
    }
    bytes.push(0);
    seal(&mut bytes);
    assert_eq!(
        refusal(&bytes),
        DecodeError::Length,
        "a heap byte that nothing refers to"
    );
}

#[test]
fn unknown_numbers() {
    for (what, at) in [
        ("mount kind", section_start(4)),
        ("network mode", section_start(3)),
        ("environment kind", section_start(6)),
        ("layer", section_start(9)),
        ("method", section_start(7) + 60),
        ("audit failure", section_start(10) + 4),
        ("basis", section_start(17) + 4),
        ("strength", section_start(18)),
        ("comparison", section_start(19)),
    ] {
        for number in [0, 13, 0x100, u32::MAX] {
            let found = refused_bytes(at, &u32::to_le_bytes(number));
            assert_eq!(found, DecodeError::Value, "{what} {number}");
        }
    }
}

#[test]
fn unknown_flags() {
    for bit in 0..32 {
        let flag = 1_u32 << bit;
        if bit >= 1 {
            assert_eq!(
                refused(|t| t.process.flags |= flag),
                DecodeError::Value,
                "process {bit}"
            );
            assert_eq!(
                refused(|t| t.network.flags |= flag),
                DecodeError::Value,
                "network {bit}"
            );
        }
        if bit >= 4 {
            assert_eq!(
                refused_mount(Mount {
                    flags: flag,
                    ..STEP
                }),
                DecodeError::Value
            );
        }
        if bit >= 9 {
            assert_eq!(
                refused(|t| t.process.umask |= flag),
                DecodeError::Value,
                "umask {bit}"
            );
        }
        if bit >= 12 {
            assert_eq!(
                refused_mount(Mount { mode: flag, ..STEP }),
                DecodeError::Value
            );
        }
    }
    for bit in 0..64 {
        let flag = 1_u64 << bit;
        let refused_landlock = |set: fn(&mut Landlock, u64)| {
            refused(move |t| set(t.landlock.first_mut().expect("a level"), flag))
        };
        if bit >= 17 {
            assert_eq!(
                refused_landlock(|l, flag| l.fs |= flag),
                DecodeError::Value,
                "{bit}"
            );
            let path = refused(|t| t.paths.iter_mut().for_each(|path| path.access |= flag));
            assert_eq!(path, DecodeError::Value, "{bit}");
        }
        if bit >= 2 {
            assert_eq!(
                refused_landlock(|l, flag| l.net |= flag),
                DecodeError::Value,
                "{bit}"
            );
            assert_eq!(
                refused_landlock(|l, flag| l.scope |= flag),
                DecodeError::Value,
                "{bit}"
            );
            let port = refused(|t| t.ports.iter_mut().for_each(|port| port.access |= flag));
            assert_eq!(port, DecodeError::Value, "{bit}");
        }
        if let Ok(flag) = u32::try_from(flag) {
            if bit >= 1 {
                let path = refused(|t| t.paths.iter_mut().for_each(|path| path.flags |= flag));
                assert_eq!(path, DecodeError::Value, "{bit}");
            }
            if bit >= 4 {
                let audit = refused(|t| t.audit.iter_mut().for_each(|audit| audit.flags |= flag));
                assert_eq!(audit, DecodeError::Value, "{bit}");
            }
        }
    }
    let spaces = [7, 17, 25, 26, 27, 28, 29, 30];
    let attrs = [0, 1, 2, 3, 4, 5, 6, 7, 21];
    for bit in 0..64 {
        let flag = 1_u64 << bit;
        if !spaces.contains(&bit) {
            assert_eq!(
                refused(|t| t.process.namespaces |= flag),
                DecodeError::Value,
                "{bit}"
            );
            assert_eq!(
                refused(|t| t.process.inner_namespaces |= flag),
                DecodeError::Value
            );
        }
        if !attrs.contains(&bit) {
            assert_eq!(
                refused_mount(Mount {
                    attrs: flag,
                    ..STEP
                }),
                DecodeError::Value,
                "{bit}"
            );
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
fn places() {
    let outside = SourceLine::new(3, 1);
    assert_eq!(refused(|t| t.network.line = outside), DecodeError::Value);
    assert_eq!(
        refused(|t| t.conditions[1].line = outside),
        DecodeError::Value
    );
    assert_eq!(refused(|t| t.sources.truncate(1)), DecodeError::Value);
    // A source without a line.
    let line = section_start(3) + 8;
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

#[test]
fn every_reason_has_its_words() {
    let version = DecodeError::Version(7).to_string();
    assert_eq!(
        version,
        "a plan of another format version (found 7, this program reads 3)"
    );
    assert_eq!(DecodeError::Magic.to_string(), "not a plan");
    let why = EncodeError::Refused(DecodeError::Order).to_string();
    assert_eq!(
        why,
        "the plan would be refused: the plan names the same thing twice, or its records are out of order"
    );
}
