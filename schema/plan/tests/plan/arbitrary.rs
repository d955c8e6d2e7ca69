//! Plans made at random: every value that a record may hold.

mod meaning;
mod network;

use crate::sample::{STEP, Tables};
use meaning::Meanings;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::sample::{select, subsequence};
use purple_plan::{
    Audit, AuditFailure, Capabilities, CgroupValue, EnvKind, EnvVar, Filter, HostFact, Landlock,
    Layer, MAX_HOST_FACTS, MAX_TMPFS_BYTES, Meta, Method, Mount, MountKind, Need, Network,
    NetworkMode, PathAccess, PortAccess, Process, Rlimit, Source, SourceLine, audit_flags,
    landlock_fs, landlock_net, landlock_scope, mount_attrs, mount_flags, namespace_flags,
    network_flags, path_flags, process_flags,
};
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

/// A source line from any number.
fn source_line(number: u32) -> SourceLine {
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
            working_dir_line: source_line(line),
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
                const OR_LINK: u32 = mount_flags::OPTIONAL | mount_flags::OWNED;
                let common = Mount {
                    kind,
                    flags: flags & mount_flags::ALL & !mount_flags::STUBS,
                    attrs: attrs & mount_attrs::ALL,
                    mode: mode & 0o7777,
                    line: source_line(line),
                    target,
                    ..STEP
                };
                match kind {
                    MountKind::Tmpfs => Mount {
                        size: size % MAX_TMPFS_BYTES + 1,
                        inodes: inodes.max(1),
                        ..common
                    },
                    MountKind::MaskMatches | MountKind::SelfBindMatches => Mount {
                        flags: 0,
                        target: c"/output/**/*.env",
                        ..common
                    },
                    MountKind::Bind if source.is_empty() => Mount {
                        source: c"/usr",
                        ..common
                    },
                    MountKind::Bind if common.flags & OR_LINK == mount_flags::OPTIONAL => Mount {
                        source,
                        content: b"to/somewhere",
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
            line: source_line(line),
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
                line: source_line(line),
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
            line: source_line(line),
            log_path: if named { c"/var/log/audit" } else { c"" },
        },
    );
    vec(one, 0..2)
}

type LandlockRecords = (Vec<Landlock>, Vec<PathAccess<'static>>, Vec<PortAccess>);

fn landlocks() -> impl Strategy<Value = LandlockRecords> {
    let levels = (
        subsequence((1..9).collect::<Vec<u32>>(), 0..8),
        any::<[u64; 3]>(),
    )
        .prop_map(|(versions, [fs, net, scope])| {
            let level = |abi| Landlock {
                abi,
                line: source_line(abi),
                fs: fs & landlock_fs::ALL | 1,
                net: net & landlock_net::ALL,
                scope: scope & landlock_scope::ALL,
            };
            versions.into_iter().map(level).collect()
        });
    let path = (any::<u64>(), any::<[u32; 2]>()).prop_map(|(access, [flags, line])| PathAccess {
        access: access & landlock_fs::ALL | 1,
        flags: flags & path_flags::ALL,
        line: source_line(line),
        path: c"/usr/lib",
    });
    let port = (1..=landlock_net::ALL, any::<[u16; 2]>(), any::<u32>()).prop_map(
        |(access, [one, other], line)| PortAccess {
            access,
            first: one.min(other),
            last: one.max(other),
            line: source_line(line),
        },
    );
    (levels, vec(path, 0..6), vec(port, 0..4))
}

pub(crate) fn plans() -> impl Strategy<Value = Tables<'static>> {
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
    let network = (
        select(&[NetworkMode::Loopback, NetworkMode::Host][..]),
        any::<u32>(),
        any::<u32>(),
    )
        .prop_map(|(mode, flags, line)| Network {
            mode,
            flags: flags & network_flags::ALL,
            line: source_line(line),
        });
    let cgroup =
        (any::<u32>(), "[a-z]{1,6}[.]max", texts()).prop_map(|(line, file, value)| CgroupValue {
            line: source_line(line),
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
    let others = (needs(), audits(), landlocks(), network::filtered());
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
                (needs, audit, (landlock, paths, ports), filtered),
                meaning,
                names,
            )| {
                let meaning = Meanings::of(&filters, meaning);
                let network = Network {
                    mode: network::mode(&filtered, network.mode),
                    ..network
                };
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
                    host_facts: names
                        .iter()
                        .take(MAX_HOST_FACTS)
                        .map(|&name| HostFact { name, value: name })
                        .collect(),
                    sources: names.into_iter().map(|name| Source { name }).collect(),
                    interfaces: meaning.interfaces,
                    numbers: meaning.beyond,
                    calls: meaning.calls,
                    rules: meaning.rules,
                    conditions: meaning.conditions,
                    net_batches: filtered.0,
                    net_sockets: filtered.1,
                    net_rules: filtered.2,
                    net_resolvers: filtered.3,
                }
            },
        )
}
