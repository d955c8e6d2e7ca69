//! Encoder and decoder are inverse: one plan, one file.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod sample;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::{select, subsequence};
use proptest::test_runner::Config;
use purple_plan::{
    Capabilities, CgroupValue, Contents, EnvKind, EnvVar, Filter, Layer, MAGIC, Meta, Mount,
    MountKind, Need, Network, NetworkMode, Plan, Process, Rlimit, SECTIONS_START, mount_attrs,
    mount_flags, namespace_flags, network_flags, process_flags,
};
use sample::{STEP, Tables, encode_again, hex, seal, tables};
use std::ffi::{CStr, CString};

/// A text that lives until the test process ends, which keeps the records simple.
fn text(bytes: Vec<u8>) -> &'static CStr {
    let bytes = bytes.into_iter().filter(|&byte| byte != 0).collect::<Vec<u8>>();
    Box::leak(CString::new(bytes).expect("NULs were left out").into_boxed_c_str())
}

fn texts() -> impl Strategy<Value = &'static CStr> {
    vec(any::<u8>(), 0..12).prop_map(text)
}

fn blobs() -> impl Strategy<Value = &'static [u8]> {
    vec(any::<u8>(), 0..40).prop_map(|bytes| &*bytes.leak())
}

fn paths() -> impl Strategy<Value = &'static CStr> {
    vec("[a-z.]{3,5}x", 0..4).prop_map(|parts| text(format!("/{}", parts.join("/")).into_bytes()))
}

fn processes() -> impl Strategy<Value = Process<'static>> {
    (any::<[u64; 4]>(), any::<[u32; 7]>(), texts(), paths()).prop_map(
        |(
            [spaces, inner, timeout_ms, grace_ms],
            [uid, gid, root_uid, root_gid, flags, umask, line],
            hostname,
            working_dir,
        )| Process {
            namespaces: spaces & namespace_flags::ALL,
            inner_namespaces: inner & namespace_flags::ALL,
            uid,
            gid,
            root_uid,
            root_gid,
            timeout_ms,
            grace_ms,
            flags: flags & process_flags::ALL,
            umask: umask & 0o777,
            hostname,
            working_dir,
            working_dir_line: line,
        },
    )
}

fn mounts() -> impl Strategy<Value = Mount<'static>> {
    let numbers = (any::<u32>(), any::<u64>(), any::<u64>(), any::<u32>(), any::<u32>());
    (select(MountKind::ALL), numbers, any::<u32>(), texts(), paths(), blobs()).prop_map(
        |(kind, (flags, attrs, size, inodes, mode), line, source, target, content)| {
            let common = Mount {
                kind,
                flags: flags & mount_flags::ALL,
                attrs: attrs & mount_attrs::ALL,
                mode: mode & 0o7777,
                line,
                target,
                ..STEP
            };
            match kind {
                MountKind::Tmpfs => Mount { size, inodes, ..common },
                MountKind::Bind if source.is_empty() => Mount { source: c"/usr", ..common },
                MountKind::Bind => Mount { source, ..common },
                MountKind::File | MountKind::Setting => Mount { content, ..common },
                MountKind::Symlink => Mount { content: b"to/somewhere", ..common },
                _ => common,
            }
        },
    )
}

fn variables() -> impl Strategy<Value = EnvVar<'static>> {
    ("[A-Z]{1,6}", any::<Option<u16>>()).prop_map(|(name, value)| match value {
        None => EnvVar { kind: EnvKind::Pass, text: text(name.into_bytes()) },
        Some(value) => {
            EnvVar { kind: EnvKind::Set, text: text(format!("{name}={value}=").into_bytes()) }
        }
    })
}

fn rlimits() -> impl Strategy<Value = Vec<Rlimit>> {
    let resources = subsequence((0..16).collect::<Vec<u32>>(), 0..16);
    (resources, any::<u32>(), any::<u64>(), any::<u64>()).prop_map(|(resources, line, a, b)| {
        let limit = |resource| Rlimit { resource, line, soft: a.min(b), hard: a.max(b) };
        resources.into_iter().map(limit).collect()
    })
}

fn filters() -> impl Strategy<Value = Vec<Filter<'static>>> {
    let architectures = subsequence(vec![0x4000_0003, 0xc000_003e, 0xc000_00b7_u32], 0..3);
    let program = vec(any::<[u8; 8]>(), 1..20);
    let probe = (0_u32..=4095, any::<u32>(), any::<[u64; 6]>());
    (architectures, program, probe).prop_map(|(architectures, program, (errno, nr, args))| {
        let program = &*program.concat().leak();
        let probed = errno != 0;
        let filter = |audit_arch| Filter {
            audit_arch,
            probe_errno: errno,
            probe_nr: if probed { nr } else { 0 },
            probe_args: if probed { args } else { [0; 6] },
            program,
        };
        architectures.into_iter().map(filter).collect()
    })
}

fn needs() -> impl Strategy<Value = Vec<Need>> {
    (subsequence(Layer::ALL, 0..Layer::ALL.len()), any::<u32>())
        .prop_map(|(layers, line)| layers.into_iter().map(|layer| Need { layer, line }).collect())
}

fn plans() -> impl Strategy<Value = Tables<'static>> {
    let meta =
        (texts(), texts(), any::<[u8; 32]>()).prop_map(|(policy_name, compiler, source_digest)| {
            Meta { policy_name, compiler, source_digest }
        });
    let capabilities =
        any::<[u64; 5]>().prop_map(|[bounding, inheritable, permitted, effective, ambient]| {
            Capabilities { bounding, inheritable, permitted, effective, ambient }
        });
    let network = (Just(NetworkMode::Loopback), any::<u32>(), any::<u32>())
        .prop_map(|(mode, flags, line)| Network { mode, flags: flags & network_flags::ALL, line });
    let cgroup = (any::<u32>(), "[a-z]{1,6}[.]max", texts())
        .prop_map(|(line, file, value)| CgroupValue { line, file: text(file.into_bytes()), value });
    let single = (meta, processes(), capabilities, network);
    let listed = (vec(mounts(), 0..12), rlimits(), vec(variables(), 0..8), filters());
    (single, listed, vec(cgroup, 0..5), needs()).prop_map(
        |(
            (meta, process, capabilities, network),
            (mounts, rlimits, environment, filters),
            cgroup,
            needs,
        )| {
            Tables {
                meta,
                process,
                capabilities,
                network,
                mounts,
                rlimits,
                environment,
                filters,
                cgroup,
                needs,
            }
        },
    )
}

/// No files with failed cases: a failure prints the case, and the case becomes a test of its own.
fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn what_is_written_is_read(plan in plans()) {
        let bytes = plan.encode();
        let read = Plan::decode(&bytes).expect("what was encoded decodes");
        let again = Tables::of(&read);
        prop_assert_eq!(again.contents(), plan.contents());
        prop_assert!(again.encode() == bytes, "the same contents gave other bytes");
        prop_assert_eq!(read.mounts.iter().len(), plan.mounts.len());
    }

    #[test]
    fn bytes_under_a_right_header_and_seal(rest in vec(any::<u8>(), 32..400)) {
        let total = u32::try_from(rest.len()).expect("a short file").saturating_add(16);
        let mut bytes = MAGIC.to_vec();
        bytes.extend([1, 0, 11, 0]);
        bytes.extend(total.to_le_bytes());
        bytes.extend(rest);
        seal(&mut bytes);
        if let Ok(plan) = Plan::decode(&bytes) {
            prop_assert!(encode_again(&plan) == bytes);
        }
    }

    #[test]
    fn any_bytes(mut bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(Plan::decode(&bytes).is_err());
        if bytes.len() >= 32 {
            seal(&mut bytes);
            prop_assert!(Plan::decode(&bytes).is_err());
        }
    }

    #[test]
    fn bytes_behind_a_right_section_table(
        plan in plans(),
        changes in vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = plan.encode();
        let body = SECTIONS_START..bytes.len().saturating_sub(32);
        let body = bytes.get_mut(body).expect("a plan has a body");
        for (index, byte) in changes {
            if let Some(slot) = body.get_mut(index.index(body.len())) {
                *slot = byte;
            }
        }
        seal(&mut bytes);
        if let Ok(plan) = Plan::decode(&bytes) {
            prop_assert!(encode_again(&plan) == bytes, "two files say the same");
        }
    }
}

#[test]
fn the_sample_keeps_its_digest() {
    let bytes = tables().encode();
    let plan = Plan::decode(&bytes).expect("the sample is a plan");
    assert_eq!(
        hex(&plan.digest),
        "8cb48976cf944a22bd9a5910c457a2a32b0ba4d06c0675558f17970dfe5778d3",
        "version 1 encodes otherwise than it did: a released version must not change"
    );
}

#[test]
fn nothing_but_the_required_records() {
    let empty = Tables {
        mounts: Vec::new(),
        rlimits: Vec::new(),
        environment: Vec::new(),
        filters: Vec::new(),
        cgroup: Vec::new(),
        needs: Vec::new(),
        ..tables()
    };
    let bytes = empty.encode();
    let plan = Plan::decode(&bytes).expect("an empty plan is a plan");
    let contents: Contents<'_> = empty.contents();
    assert_eq!(Tables::of(&plan).contents(), contents);
    assert!(plan.mounts.is_empty() && plan.filters.is_empty());
}
