//! Encoder and decoder are inverse: one plan, one file.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod sample;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::{select, subsequence};
use proptest::test_runner::Config;
use purple_plan::{
    Audit, AuditFailure, Basis, CallRule, Capabilities, CgroupValue, Comparison, Condition,
    Contents, EnvKind, EnvVar, Filter, Interface, Landlock, Layer, MAGIC, Meta, Method, Mount,
    MountKind, NamedCall, Need, Network, NetworkMode, Number, PathAccess, Plan, PortAccess,
    Process, Rlimit, SECTIONS_START, Source, SourceLine, Strength, audit_flags, interface_flags,
    landlock_fs, landlock_net, landlock_scope, mount_attrs, mount_flags, namespace_flags,
    network_flags, path_flags, process_flags,
};
use sample::{STEP, Tables, encode_again, hex, seal, tables};
use std::ffi::{CStr, CString};

/// A text that lives until the test process ends, which keeps the records simple.
fn text(bytes: Vec<u8>) -> &'static CStr {
    let bytes = bytes
        .into_iter()
        .filter(|&byte| byte != 0)
        .collect::<Vec<u8>>();
    Box::leak(
        CString::new(bytes)
            .expect("NULs were left out")
            .into_boxed_c_str(),
    )
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

/// How many sources the plans have.
const SOURCES: u8 = 3;

/// A place from any number.
fn place(number: u32) -> SourceLine {
    let [source, ..] = number.to_be_bytes();
    SourceLine::new(source % (SOURCES + 1), number & SourceLine::LAST_LINE)
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
            working_dir_line: place(line),
        },
    )
}

fn mounts() -> impl Strategy<Value = Mount<'static>> {
    let numbers = (
        any::<u32>(),
        any::<u64>(),
        any::<u64>(),
        any::<u32>(),
        any::<u32>(),
    );
    (
        select(MountKind::ALL),
        numbers,
        any::<u32>(),
        texts(),
        paths(),
        blobs(),
    )
        .prop_map(
            |(kind, (flags, attrs, size, inodes, mode), line, source, target, content)| {
                let common = Mount {
                    kind,
                    flags: flags
                        & mount_flags::ALL
                        & !(mount_flags::STUB_FILE | mount_flags::STUB_DIRECTORY),
                    attrs: attrs & mount_attrs::ALL,
                    mode: mode & 0o7777,
                    line: place(line),
                    target,
                    ..STEP
                };
                match kind {
                    MountKind::Tmpfs => Mount {
                        size,
                        inodes,
                        ..common
                    },
                    MountKind::Bind if source.is_empty() => Mount {
                        source: c"/usr",
                        ..common
                    },
                    MountKind::Bind => Mount { source, ..common },
                    MountKind::File | MountKind::Setting => Mount { content, ..common },
                    MountKind::Symlink => Mount {
                        content: b"to/somewhere",
                        ..common
                    },
                    _ => common,
                }
            },
        )
}

fn variables() -> impl Strategy<Value = EnvVar<'static>> {
    ("[A-Z]{1,6}", any::<Option<u16>>()).prop_map(|(name, value)| match value {
        None => EnvVar {
            kind: EnvKind::Pass,
            text: text(name.into_bytes()),
        },
        Some(value) => EnvVar {
            kind: EnvKind::Set,
            text: text(format!("{name}={value}=").into_bytes()),
        },
    })
}

fn rlimits() -> impl Strategy<Value = Vec<Rlimit>> {
    let resources = subsequence((0..16).collect::<Vec<u32>>(), 0..16);
    (resources, any::<u32>(), any::<u64>(), any::<u64>()).prop_map(|(resources, line, a, b)| {
        let limit = |resource| Rlimit {
            resource,
            line: place(line),
            soft: a.min(b),
            hard: a.max(b),
        };
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
            method: if probed {
                Method::Exact
            } else {
                Method::Boundaries
            },
            classes: nr,
            paths: args[0],
            cells: args[1],
            program,
        };
        architectures.into_iter().map(filter).collect()
    })
}

fn needs() -> impl Strategy<Value = Vec<Need>> {
    (subsequence(Layer::ALL, 0..Layer::ALL.len()), any::<u32>()).prop_map(|(layers, line)| {
        layers
            .into_iter()
            .map(|layer| Need {
                layer,
                line: place(line),
            })
            .collect()
    })
}

fn audits() -> impl Strategy<Value = Vec<Audit<'static>>> {
    let one = (any::<[u32; 2]>(), any::<bool>(), any::<bool>()).prop_map(
        |([flags, line], ends, named)| Audit {
            flags: flags & audit_flags::ALL,
            failure: if ends {
                AuditFailure::End
            } else {
                AuditFailure::Continue
            },
            line: place(line),
            log_path: if named { c"/var/log/audit" } else { c"" },
        },
    );
    vec(one, 0..2)
}

type Walls = (Vec<Landlock>, Vec<PathAccess<'static>>, Vec<PortAccess>);

fn landlocks() -> impl Strategy<Value = Walls> {
    let levels = (
        subsequence((1..9).collect::<Vec<u32>>(), 0..8),
        any::<[u64; 3]>(),
    )
        .prop_map(|(versions, [fs, net, scope])| {
            let level = |abi| Landlock {
                abi,
                line: place(abi),
                fs: fs & landlock_fs::ALL | 1,
                net: net & landlock_net::ALL,
                scope: scope & landlock_scope::ALL,
            };
            versions.into_iter().map(level).collect()
        });
    let path = (any::<u64>(), any::<[u32; 2]>()).prop_map(|(access, [flags, line])| PathAccess {
        access: access & landlock_fs::ALL | 1,
        flags: flags & path_flags::ALL,
        line: place(line),
        path: c"/usr/lib",
    });
    let port = (1..=landlock_net::ALL, any::<[u16; 2]>(), any::<u32>()).prop_map(
        |(access, [one, other], line)| PortAccess {
            access,
            first: one.min(other),
            last: one.max(other),
            line: place(line),
        },
    );
    (levels, vec(path, 0..6), vec(port, 0..4))
}

/// A meaning for filters, made of numbers: as many interfaces, calls, rules and conditions as come.
#[derive(Debug)]
struct Meanings {
    numbers: std::vec::IntoIter<u32>,
    interfaces: Vec<Interface>,
    beyond: Vec<Number>,
    calls: Vec<NamedCall>,
    rules: Vec<CallRule>,
    conditions: Vec<Condition>,
}

impl Meanings {
    fn of(filters: &[Filter<'_>], numbers: Vec<u32>) -> Self {
        let (interfaces, beyond, calls) = (Vec::new(), Vec::new(), Vec::new());
        let (rules, conditions, numbers) = (Vec::new(), Vec::new(), numbers.into_iter());
        let mut made = Self {
            numbers,
            interfaces,
            beyond,
            calls,
            rules,
            conditions,
        };
        for filter in filters {
            made.interface(filter.audit_arch, filter.audit_arch, 0);
            for (audit_arch, x32) in [(5, 0), (5, interface_flags::X32), (9, 0)] {
                if made.below(2) == 0 {
                    made.interface(filter.audit_arch, audit_arch, x32);
                }
            }
        }
        made
    }

    fn next(&mut self) -> u32 {
        self.numbers.next().unwrap_or(0)
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }

    fn action(&mut self) -> u32 {
        let errno = 0x0005_0001 + self.below(4095);
        let all = [errno, 0, 0x0003_0000, 0x7fc0_0000, 0x7ffc_0000, 0x8000_0000];
        *all.get(self.below(6) as usize).expect("one of six")
    }

    fn interface(&mut self, filter: u32, audit_arch: u32, x32: u32) {
        let (beyond, calls, newest) = (self.below(3), self.below(4), self.next() >> 1);
        self.beyond.extend((1..=beyond).map(|number| Number {
            number: newest + number,
        }));
        let mut number = self.next() >> 1;
        for _ in 0..calls {
            number += 1 + self.below(9);
            self.call(number);
        }
        let line = place(self.next());
        let flags = x32 | self.below(2);
        let (enosys, denial) = (1 + self.below(4095), self.action());
        let one = Interface {
            filter,
            audit_arch,
            flags,
            newest,
            enosys,
            denial,
            line,
            beyond,
            calls,
        };
        self.interfaces.push(one);
    }

    fn call(&mut self, number: u32) {
        let basis = *Basis::ALL.get(self.below(5) as usize).expect("one of five");
        let nowhere = matches!(basis, Basis::Baseline | Basis::Default);
        let line = if nowhere {
            SourceLine::NONE
        } else {
            place(self.next())
        };
        let rules = u16::try_from(self.below(3)).expect("small");
        let plain = matches!(basis, Basis::Allowed | Basis::Default);
        let guard = if plain {
            u16::try_from(self.below(4)).expect("small")
        } else {
            0
        };
        for at in 0..rules {
            let later = *Strength::ALL.get(usize::from(2 * at)).expect("one of five");
            let (action, line, conditions) = (self.action(), place(self.next()), self.below(3));
            self.rules.push(CallRule {
                strength: later,
                action,
                line,
                conditions,
            });
            for _ in 0..conditions {
                let one = self.condition();
                self.conditions.push(one);
            }
        }
        let first = Condition {
            comparison: Comparison::Ne,
            mask: 0,
            ..self.condition()
        };
        self.conditions.extend((0..guard).map(|at| Condition {
            line: SourceLine::NONE,
            value: u64::from(number) + u64::from(at),
            ..first
        }));
        self.calls.push(NamedCall {
            number,
            basis,
            line,
            rules,
            guard,
        });
    }

    fn condition(&mut self) -> Condition {
        let comparison = *Comparison::ALL
            .get(self.below(8) as usize)
            .expect("one of eight");
        let masked = matches!(comparison, Comparison::MaskedEq | Comparison::MaskedNe);
        let bits = *[8_u16, 16, 32, 64]
            .get(self.below(4) as usize)
            .expect("one of four");
        Condition {
            comparison,
            arg: u16::try_from(self.below(6)).expect("small"),
            bits,
            line: place(self.next()),
            value: u64::from(self.next()) << 20,
            mask: if masked {
                u64::from(self.below(256))
            } else {
                0
            },
        }
    }
}

fn plans() -> impl Strategy<Value = Tables<'static>> {
    let meta =
        (texts(), texts(), any::<[u8; 32]>()).prop_map(|(policy_name, compiler, source_digest)| {
            Meta {
                policy_name,
                compiler,
                source_digest,
            }
        });
    let capabilities =
        any::<[u64; 5]>().prop_map(|[bounding, inheritable, permitted, effective, ambient]| {
            Capabilities {
                bounding,
                inheritable,
                permitted,
                effective,
                ambient,
            }
        });
    let network = (Just(NetworkMode::Loopback), any::<u32>(), any::<u32>()).prop_map(
        |(mode, flags, line)| Network {
            mode,
            flags: flags & network_flags::ALL,
            line: place(line),
        },
    );
    let cgroup =
        (any::<u32>(), "[a-z]{1,6}[.]max", texts()).prop_map(|(line, file, value)| CgroupValue {
            line: place(line),
            file: text(file.into_bytes()),
            value,
        });
    let single = (meta, processes(), capabilities, network);
    let listed = (
        vec(mounts(), 0..12),
        rlimits(),
        vec(variables(), 0..8),
        filters(),
    );
    let meaning = vec(any::<u32>(), 0..160);
    let others = (needs(), audits(), landlocks());
    (
        single,
        listed,
        vec(cgroup, 0..5),
        others,
        meaning,
        vec(texts(), SOURCES as usize),
    )
        .prop_map(
            |(
                (meta, process, capabilities, network),
                (mounts, rlimits, environment, filters),
                cgroup,
                (needs, audit, (landlock, paths, ports)),
                meaning,
                names,
            )| {
                let meaning = Meanings::of(&filters, meaning);
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
                    audit,
                    landlock,
                    paths,
                    ports,
                    sources: names.into_iter().map(|name| Source { name }).collect(),
                    interfaces: meaning.interfaces,
                    numbers: meaning.beyond,
                    calls: meaning.calls,
                    rules: meaning.rules,
                    conditions: meaning.conditions,
                }
            },
        )
}

/// No files with failed cases: a failure prints the case, and the case becomes a test of its own.
fn config(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
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
        bytes.extend([3, 0, 21, 0]);
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
        "57abfecb5b0e6d496a8111bab372e1f23a72a189a33efe0180d1db8fd3d91907",
        "version 3 encodes otherwise than it did: a released version must not change"
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
        audit: Vec::new(),
        landlock: Vec::new(),
        paths: Vec::new(),
        ports: Vec::new(),
        interfaces: Vec::new(),
        numbers: Vec::new(),
        calls: Vec::new(),
        rules: Vec::new(),
        conditions: Vec::new(),
        ..tables()
    };
    let bytes = empty.encode();
    let plan = Plan::decode(&bytes).expect("an empty plan is a plan");
    let contents: Contents<'_> = empty.contents();
    assert_eq!(Tables::of(&plan).contents(), contents);
    assert!(plan.mounts.is_empty() && plan.filters.is_empty());
}
