//! A realistic plan, and the way from a decoded plan back to its contents.

use purple_plan::{
    Audit, AuditFailure, Basis, CallRule, Capabilities, CgroupValue, Comparison, Condition,
    Contents, EnvKind, EnvVar, Filter, HostFact, Interface, Landlock, Layer, MAX_PLAN_BYTES, Meta,
    Method, Mount, MountKind, NamedCall, Need, NetBatch, NetResolver, NetRule, NetSocket, Network,
    NetworkMode, Number, PathAccess, Plan, PortAccess, Process, Rlimit, Source, SourceLine,
    Strength, audit_flags, encode, interface_flags, landlock_fs, landlock_net, landlock_scope,
    mount_flags, network_flags, path_flags, process_flags, sha256,
};
use std::ffi::CStr;

/// The tables of contents, owned, so that single records can be changed.
#[derive(Debug, Clone)]
pub(crate) struct Tables<'a> {
    pub(crate) meta: Meta<'a>,
    pub(crate) process: Process<'a>,
    pub(crate) capabilities: Capabilities,
    pub(crate) network: Network,
    pub(crate) mounts: Vec<Mount<'a>>,
    pub(crate) rlimits: Vec<Rlimit>,
    pub(crate) environment: Vec<EnvVar<'a>>,
    pub(crate) filters: Vec<Filter<'a>>,
    pub(crate) cgroup: Vec<CgroupValue<'a>>,
    pub(crate) needs: Vec<Need>,
    pub(crate) audit: Vec<Audit<'a>>,
    pub(crate) landlock: Vec<Landlock>,
    pub(crate) paths: Vec<PathAccess<'a>>,
    pub(crate) ports: Vec<PortAccess>,
    pub(crate) sources: Vec<Source<'a>>,
    pub(crate) host_facts: Vec<HostFact<'a>>,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) numbers: Vec<Number>,
    pub(crate) calls: Vec<NamedCall>,
    pub(crate) rules: Vec<CallRule>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) net_batches: Vec<NetBatch<'a>>,
    pub(crate) net_sockets: Vec<NetSocket>,
    pub(crate) net_rules: Vec<NetRule<'a>>,
    pub(crate) net_resolvers: Vec<NetResolver>,
}

impl<'a> Tables<'a> {
    /// What a decoded plan holds.
    pub(crate) fn of(plan: &Plan<'a>) -> Self {
        Self {
            meta: plan.meta,
            process: plan.process,
            capabilities: plan.capabilities,
            network: plan.network,
            mounts: plan.mounts.iter().collect(),
            rlimits: plan.rlimits.iter().collect(),
            environment: plan.environment.iter().collect(),
            filters: plan.filters.iter().collect(),
            cgroup: plan.cgroup.iter().collect(),
            needs: plan.needs.iter().collect(),
            audit: plan.audit.iter().collect(),
            landlock: plan.landlock.iter().collect(),
            paths: plan.paths.iter().collect(),
            ports: plan.ports.iter().collect(),
            sources: plan.sources.iter().collect(),
            host_facts: plan.host_facts.iter().collect(),
            interfaces: plan.interfaces.iter().collect(),
            numbers: plan.numbers.iter().collect(),
            calls: plan.calls.iter().collect(),
            rules: plan.rules.iter().collect(),
            conditions: plan.conditions.iter().collect(),
            net_batches: plan.net_batches.iter().collect(),
            net_sockets: plan.net_sockets.iter().collect(),
            net_rules: plan.net_rules.iter().collect(),
            net_resolvers: plan.net_resolvers.iter().collect(),
        }
    }

    pub(crate) fn contents(&self) -> Contents<'_> {
        Contents {
            mounts: &self.mounts,
            rlimits: &self.rlimits,
            environment: &self.environment,
            filters: &self.filters,
            cgroup: &self.cgroup,
            needs: &self.needs,
            audit: &self.audit,
            landlock: &self.landlock,
            paths: &self.paths,
            ports: &self.ports,
            sources: &self.sources,
            host_facts: &self.host_facts,
            interfaces: &self.interfaces,
            numbers: &self.numbers,
            calls: &self.calls,
            rules: &self.rules,
            conditions: &self.conditions,
            net_batches: &self.net_batches,
            net_sockets: &self.net_sockets,
            net_rules: &self.net_rules,
            net_resolvers: &self.net_resolvers,
            ..Contents::of(self.meta, self.process, self.capabilities, self.network)
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; MAX_PLAN_BYTES];
        let length = encode(&self.contents(), &mut out).expect("the contents make a plan");
        out.truncate(length);
        out
    }
}

/// The plan's bytes once more, from what was read out of it.
pub(crate) fn encode_again(plan: &Plan<'_>) -> Vec<u8> {
    Tables::of(plan).encode()
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Puts the right seal at the end, so that only the structure can be wrong.
pub(crate) fn seal(bytes: &mut [u8]) {
    let (body, seal) = bytes.split_last_chunk_mut::<32>().expect("room for a seal");
    *seal = sha256(body);
}

pub(crate) const STEP: Mount<'static> = Mount {
    kind: MountKind::Directory,
    flags: 0,
    attrs: 0,
    size: 0,
    inodes: 0,
    mode: 0,
    line: SourceLine::NONE,
    source: c"",
    target: c"/",
    content: b"",
};

/// What a plan for an agent that works offline looks like.
pub(crate) fn tables() -> Tables<'static> {
    let line = SourceLine::line_of_policy;
    let bind = |source: &'static CStr, target: &'static CStr, at| Mount {
        kind: MountKind::Bind,
        flags: mount_flags::RECURSIVE | mount_flags::OPTIONAL,
        attrs: 0x7,
        line: line(at),
        source,
        target,
        ..STEP
    };
    let kind = |kind, target, attrs| Mount {
        kind,
        target,
        attrs,
        ..STEP
    };
    Tables {
        meta: Meta {
            policy_name: c"sample",
            compiler: c"purplec 0.1.0",
            source_digest: [7; 32],
        },
        process: Process {
            namespaces: 0x7e02_0000,
            inner_namespaces: 0x1000_0000,
            uid: 1000,
            gid: 1000,
            root_uid: 65534,
            root_gid: 65534,
            timeout_ms: 1_800_000,
            grace_ms: 2000,
            flags: process_flags::NEW_SESSION,
            umask: 0o22,
            hostname: c"sandbox",
            working_dir: c"/output",
            working_dir_line: line(12),
        },
        capabilities: Capabilities {
            bounding: 0x20_0001,
            inheritable: 0,
            permitted: 1,
            effective: 1,
            ambient: 0,
        },
        network: Network {
            mode: NetworkMode::Loopback,
            flags: network_flags::NARROWED,
            line: line(30),
        },
        mounts: vec![
            Mount {
                size: 1 << 26,
                inodes: 4096,
                mode: 0o755,
                ..kind(MountKind::Tmpfs, c"/", 0x6)
            },
            bind(c"/usr", c"/usr", 8),
            bind(c"/etc/ssl", c"/etc/ssl", 9),
            bind(c"./results", c"/output", 10),
            Mount {
                content: b"usr/bin",
                ..kind(MountKind::Symlink, c"/bin", 0)
            },
            Mount {
                content: b"root:x:0:0::/:/bin/sh\n",
                mode: 0o644,
                ..kind(MountKind::File, c"/etc/passwd", 0)
            },
            kind(MountKind::Proc, c"/proc", 0xe),
            Mount {
                content: b"0",
                ..kind(MountKind::Setting, c"/proc/sys/user/max_user_namespaces", 0)
            },
            kind(MountKind::Mask, c"/proc/kcore", 0),
            kind(MountKind::SelfBind, c"/proc/sys", 0x1),
            kind(MountKind::Devpts, c"/dev/pts", 0xa),
            kind(MountKind::Sysfs, c"/sys", 0xf),
            Mount {
                mode: 0o1777,
                ..kind(MountKind::Directory, c"/tmp", 0)
            },
            kind(MountKind::Attributes, c"/", 0x1),
        ],
        rlimits: vec![
            Rlimit {
                resource: 4,
                line: SourceLine::NONE,
                soft: 0,
                hard: 0,
            },
            Rlimit {
                resource: 7,
                line: SourceLine::new(2, 21),
                soft: 1024,
                hard: 4096,
            },
        ],
        environment: vec![
            EnvVar {
                kind: EnvKind::Set,
                text: c"PATH=/usr/bin:/bin",
            },
            EnvVar {
                kind: EnvKind::Set,
                text: c"EMPTY=",
            },
            EnvVar {
                kind: EnvKind::Pass,
                text: c"TERM",
            },
        ],
        filters: vec![
            Filter {
                audit_arch: 0xc000_003e,
                probe_errno: 1,
                probe_nr: 165,
                probe_args: [0, 1, 2, 3, 4, u64::MAX],
                method: Method::Exact,
                classes: 4,
                paths: 9,
                cells: 1 << 33,
                program: &[0x20; 8 * 12],
            },
            Filter {
                audit_arch: 0xc000_00b7,
                probe_errno: 0,
                probe_nr: 0,
                probe_args: [0; 6],
                method: Method::Boundaries,
                classes: 0,
                paths: 0,
                cells: 0,
                program: &[0x06; 8],
            },
        ],
        cgroup: vec![
            CgroupValue {
                line: line(22),
                file: c"memory.max",
                value: c"536870912",
            },
            CgroupValue {
                line: line(23),
                file: c"pids.max",
                value: c"64",
            },
        ],
        needs: vec![
            Need {
                layer: Layer::Cgroup,
                line: line(22),
            },
            Need {
                layer: Layer::Monitor,
                line: line(40),
            },
        ],
        audit: vec![Audit {
            flags: audit_flags::RESOURCE | audit_flags::SYSCALL,
            failure: AuditFailure::End,
            line: line(44),
            log_path: c"/var/log/purple/audit.log",
        }],
        landlock: vec![
            Landlock {
                abi: 2,
                line: SourceLine::NONE,
                fs: 0x3fff,
                net: 0,
                scope: 0,
            },
            Landlock {
                abi: 6,
                line: line(31),
                fs: landlock_fs::ALL,
                net: landlock_net::CONNECT_TCP,
                scope: landlock_scope::ALL,
            },
        ],
        paths: vec![
            PathAccess {
                access: landlock_fs::READ_DIR,
                flags: 0,
                line: SourceLine::NONE,
                path: c"/",
            },
            PathAccess {
                access: landlock_fs::READ_FILE | landlock_fs::READ_DIR,
                flags: path_flags::OPTIONAL,
                line: line(9),
                path: c"/etc/ssl",
            },
        ],
        ports: vec![PortAccess {
            access: landlock_net::CONNECT_TCP,
            first: 8000,
            last: 8100,
            line: line(31),
        }],
        sources: vec![
            Source {
                name: c"../base.yaml",
            },
            Source {
                name: c"strict.yaml",
            },
        ],
        host_facts: Vec::new(),
        interfaces: vec![
            Interface {
                beyond: 0,
                calls: 2,
                ..INTERFACE
            },
            Interface {
                audit_arch: 0x4000_0003,
                calls: 0,
                ..INTERFACE
            },
            Interface {
                flags: interface_flags::X32 | interface_flags::DEFAULT_DENY,
                newest: 0x4000_01d7,
                beyond: 2,
                calls: 1,
                ..INTERFACE
            },
            Interface {
                filter: 0xc000_00b7,
                audit_arch: 0xc000_00b7,
                denial: 0x8000_0000,
                ..INTERFACE
            },
        ],
        numbers: vec![
            Number {
                number: 0x4000_0200,
            },
            Number {
                number: 0x4000_0223,
            },
        ],
        calls: vec![
            NamedCall {
                number: 0,
                line: SourceLine::new(1, 9),
                ..CALL
            },
            NamedCall {
                number: 41,
                rules: 2,
                guard: 2,
                ..CALL
            },
            NamedCall {
                number: 0x4000_0000,
                basis: Basis::Default,
                line: SourceLine::NONE,
                ..CALL
            },
        ],
        rules: vec![
            CallRule {
                strength: Strength::Deny,
                action: 0x0005_000d,
                line: line(51),
                conditions: 2,
            },
            CallRule {
                strength: Strength::Log,
                action: 0x7ffc_0000,
                line: line(55),
                conditions: 0,
            },
        ],
        conditions: vec![
            Condition {
                line: line(52),
                value: 40,
                ..CONDITION
            },
            Condition {
                comparison: Comparison::MaskedNe,
                arg: 1,
                bits: 64,
                line: SourceLine::new(2, 53),
                value: 0,
                mask: 1 << 63,
            },
            Condition {
                value: 1,
                ..CONDITION
            },
            Condition {
                value: 2,
                ..CONDITION
            },
        ],
        net_batches: Vec::new(),
        net_sockets: Vec::new(),
        net_rules: Vec::new(),
        net_resolvers: Vec::new(),
    }
}

/// The native interface of a filter, with nothing of its own.
pub(crate) const INTERFACE: Interface = Interface {
    filter: 0xc000_003e,
    audit_arch: 0xc000_003e,
    flags: interface_flags::DEFAULT_DENY,
    newest: 471,
    enosys: 38,
    denial: 0x0005_0001,
    line: SourceLine::line_of_policy(3),
    beyond: 0,
    calls: 0,
};

/// A call that is allowed by name.
pub(crate) const CALL: NamedCall = NamedCall {
    number: 0,
    basis: Basis::Allowed,
    line: SourceLine::line_of_policy(9),
    rules: 0,
    guard: 0,
};

/// A comparison of an `int` with a constant, with no source line.
pub(crate) const CONDITION: Condition = Condition {
    comparison: Comparison::Eq,
    arg: 0,
    bits: 32,
    line: SourceLine::NONE,
    value: 0,
    mask: 0,
};
