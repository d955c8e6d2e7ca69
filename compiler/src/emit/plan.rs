//! The plan's records, with the texts that they refer to.

use super::Filter;
use super::bpf;
use super::meaning::Records;
use crate::ir::landlock::{Level, Ports};
use crate::ir::syscalls::Meaning;
use crate::ir::{self, Action, Attributes, Ir, Step, Stub};
use crate::source::{Sources, Span};
use purple_plan::{
    Audit, Capabilities, CgroupValue, Contents, EnvKind, EnvVar, Landlock, Meta, Method, Mount,
    MountKind, Need, Network, NetworkMode, PathAccess, PortAccess, Process, Rlimit, SourceLine,
    mount_flags, network_flags, path_flags, process_flags,
};
use std::ffi::{CStr, CString};

/// Everything that goes into a plan.
#[derive(Debug, Clone)]
pub struct Artefacts {
    ir: Ir,
    filters: Vec<Filter>,
    source_digest: [u8; 32],
    lines: Lines,
}

/// The policy lines of the spans that the plan cites.
#[derive(Debug, Clone)]
struct Lines(Sources);

impl Lines {
    /// The place of a span; none for what the policy does not say.
    fn of(&self, span: Option<Span>) -> SourceLine {
        span.map_or(SourceLine::NONE, |span| {
            SourceLine::new(span.file, self.0.line(span))
        })
    }
}

/// The user and group inside.
const INSIDE: u32 = 1000;

/// The user and group outside when root starts the sandbox: nobody else's. It lies between the
/// ranges that are set aside for containers and the end of the usable ids.
pub const OUTSIDE_FOR_ROOT: u32 = 1_886_745_200;

/// What a program gets to end by itself when its time is over.
const GRACE_MS: u64 = 5000;

const NEW_NAMESPACE: u64 = 0x0002_0000;
const NEW_CGROUP: u64 = 0x0200_0000;
const NEW_UTS: u64 = 0x0400_0000;
const NEW_IPC: u64 = 0x0800_0000;
const NEW_USER: u64 = 0x1000_0000;
const NEW_PID: u64 = 0x2000_0000;
const NEW_NET: u64 = 0x4000_0000;

/// Every kind of namespace (linux/sched.h), but time.
const ALL_NAMESPACES: u64 =
    NEW_NAMESPACE | NEW_CGROUP | NEW_UTS | NEW_IPC | NEW_USER | NEW_PID | NEW_NET;

/// `MOUNT_ATTR_*` (linux/mount.h).
const RDONLY: u64 = 1;
const NOSUID: u64 = 2;
const NODEV: u64 = 4;
const NOEXEC: u64 = 8;

const RLIMIT_CORE: u32 = 4;

impl Artefacts {
    pub(super) fn new(ir: &Ir, filters: Vec<Filter>, sources: &Sources) -> Self {
        Self {
            ir: ir.clone(),
            filters,
            source_digest: sources.digest(),
            lines: Lines(sources.clone()),
        }
    }

    /// The filters.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// Hands the records to `use_them`. They borrow their texts, so they cannot be returned.
    pub fn with_contents<T>(
        &self,
        use_them: impl FnOnce(&Contents<'_>) -> T,
    ) -> Result<T, TextWithNul> {
        let texts = Texts::new(self)?;
        let mounts: Vec<Mount<'_>> = self
            .ir
            .steps
            .iter()
            .zip(&texts.steps)
            .map(|(step, text)| mount(step, text, &self.lines))
            .collect();
        let environment: Vec<EnvVar<'_>> = texts
            .environment
            .iter()
            .map(|(kind, text)| EnvVar { kind: *kind, text })
            .collect();
        let cgroup: Vec<CgroupValue<'_>> = texts
            .cgroup
            .iter()
            .zip(&self.ir.cgroup)
            .map(|((file, value), from)| CgroupValue {
                line: self.lines.of(Some(from.span)),
                file,
                value,
            })
            .collect();
        let needs: Vec<Need> = self
            .ir
            .needs
            .iter()
            .map(|&(layer, span)| Need {
                layer,
                line: self.lines.of(Some(span)),
            })
            .collect();
        let audit: Vec<Audit<'_>> = self
            .ir
            .audit
            .iter()
            .map(|audit| Audit {
                flags: audit.flags,
                failure: audit.failure,
                line: self.lines.of(Some(audit.span)),
                log_path: &texts.log_path,
            })
            .collect();
        let (levels, paths, ports) = self.landlock(&texts);
        let filters: Vec<purple_plan::Filter<'_>> = self
            .filters
            .iter()
            .zip(&texts.programs)
            .map(filter)
            .collect();
        let mut meaning = Records::default();
        for filter in &self.filters {
            let native = |one: &&Meaning| one.native.arch.audit() == filter.audit_arch;
            if let Some(one) = self.ir.filters.iter().find(native) {
                meaning.add(one, &|span| self.lines.of(Some(span)));
            }
        }
        let sources: Vec<purple_plan::Source<'_>> = texts
            .sources
            .iter()
            .map(|name| purple_plan::Source { name })
            .collect();
        let keep = self.ir.capabilities;
        Ok(use_them(&Contents {
            meta: Meta {
                policy_name: &texts.name,
                compiler: COMPILER,
                source_digest: self.source_digest,
            },
            process: self.process(&texts.working_dir),
            capabilities: Capabilities {
                bounding: keep,
                inheritable: keep,
                permitted: keep,
                effective: keep,
                ambient: keep,
            },
            network: self.network(),
            mounts: &mounts,
            rlimits: &[Rlimit {
                resource: RLIMIT_CORE,
                line: SourceLine::NONE,
                soft: 0,
                hard: 0,
            }],
            environment: &environment,
            filters: &filters,
            cgroup: &cgroup,
            needs: &needs,
            audit: &audit,
            landlock: &levels,
            paths: &paths,
            ports: &ports,
            sources: &sources,
            interfaces: &meaning.interfaces,
            numbers: &meaning.numbers,
            calls: &meaning.calls,
            rules: &meaning.rules,
            conditions: &meaning.conditions,
        }))
    }

    fn process<'t>(&self, working_dir: &'t CStr) -> Process<'t> {
        let capable = self.ir.capabilities != 0;
        Process {
            namespaces: ALL_NAMESPACES,
            inner_namespaces: if capable { NEW_USER | NEW_NET } else { 0 },
            uid: INSIDE,
            gid: INSIDE,
            root_uid: OUTSIDE_FOR_ROOT,
            root_gid: OUTSIDE_FOR_ROOT,
            timeout_ms: self
                .ir
                .timeout
                .map_or(0, |seconds| seconds.saturating_mul(1000)),
            grace_ms: GRACE_MS,
            flags: process_flags::NEW_SESSION,
            umask: 0o022,
            hostname: c"purple",
            working_dir,
            working_dir_line: self.lines.of(self.ir.working_dir_span),
        }
    }

    fn landlock<'t>(
        &self,
        texts: &'t Texts,
    ) -> (Vec<Landlock>, Vec<PathAccess<'t>>, Vec<PortAccess>) {
        let wall = &self.ir.landlock;
        let level = |level: &Level| Landlock {
            abi: level.abi,
            line: self.lines.of(level.span),
            fs: level.fs,
            net: level.net,
            scope: level.scope,
        };
        let path = |(path, text): (&ir::landlock::Path, &'t CString)| PathAccess {
            access: path.access,
            flags: if path.optional {
                path_flags::OPTIONAL
            } else {
                0
            },
            line: self.lines.of(path.span),
            path: text,
        };
        let ports = |ports: &Ports| PortAccess {
            access: ports.access,
            first: ports.first,
            last: ports.last,
            line: self.lines.of(Some(ports.span)),
        };
        (
            wall.levels.iter().map(level).collect(),
            wall.paths.iter().zip(&texts.paths).map(path).collect(),
            wall.ports.iter().map(ports).collect(),
        )
    }

    fn network(&self) -> Network {
        Network {
            mode: NetworkMode::Loopback,
            flags: if self.ir.narrowed.is_some() {
                network_flags::NARROWED
            } else {
                0
            },
            line: self.lines.of(self.ir.narrowed),
        }
    }
}

/// The compiler, as plans name it.
pub(crate) const COMPILER: &CStr = match CStr::from_bytes_with_nul(
    concat!("purplec ", env!("CARGO_PKG_VERSION"), "\0").as_bytes(),
) {
    Ok(name) => name,
    Err(_) => c"purplec",
};

/// A text with a NUL in it, which no plan can hold: an earlier stage should have refused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextWithNul(pub String);

impl std::fmt::Display for TextWithNul {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a text with a NUL reached the plan: {:?}", self.0)
    }
}

impl std::error::Error for TextWithNul {}

/// The texts that the records refer to.
struct Texts {
    name: CString,
    working_dir: CString,
    log_path: CString,
    steps: Vec<StepTexts>,
    environment: Vec<(EnvKind, CString)>,
    cgroup: Vec<(CString, CString)>,
    paths: Vec<CString>,
    programs: Vec<Vec<u8>>,
    sources: Vec<CString>,
}

struct StepTexts {
    source: CString,
    target: CString,
    content: Vec<u8>,
}

impl Texts {
    fn new(of: &Artefacts) -> Result<Self, TextWithNul> {
        let steps = of.ir.steps.iter().map(|step| {
            let (source, content) = match &step.action {
                Action::Bind { source, .. } => (source.as_str(), ""),
                Action::File(text)
                | Action::Symlink(text)
                | Action::Setting(text)
                | Action::Guard {
                    stub: Stub::File(text),
                    ..
                } => ("", text.as_str()),
                _ => ("", ""),
            };
            Ok(StepTexts {
                source: c_string(source)?,
                target: c_string(&step.target)?,
                content: content.as_bytes().to_vec(),
            })
        });
        let environment = of
            .ir
            .environment
            .iter()
            .map(|variable| match &variable.value {
                Some(value) => Ok((
                    EnvKind::Set,
                    c_string(&format!("{}={value}", variable.name))?,
                )),
                None => Ok((EnvKind::Pass, c_string(&variable.name)?)),
            });
        let cgroup = of
            .ir
            .cgroup
            .iter()
            .map(|value| Ok((c_string(value.file)?, c_string(&value.value)?)));
        Ok(Self {
            name: c_string(&of.ir.name)?,
            working_dir: c_string(&of.ir.working_dir)?,
            log_path: c_string(of.ir.audit.as_ref().map_or("", |audit| &audit.log_path))?,
            steps: steps.collect::<Result<_, _>>()?,
            environment: environment.collect::<Result<_, _>>()?,
            cgroup: cgroup.collect::<Result<_, _>>()?,
            paths: of
                .ir
                .landlock
                .paths
                .iter()
                .map(|path| c_string(&path.path))
                .collect::<Result<_, _>>()?,
            programs: of
                .filters
                .iter()
                .map(|filter| filter.program.to_le_bytes())
                .collect(),
            sources: of
                .lines
                .0
                .written()
                .iter()
                .map(|name| c_string(name))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn c_string(text: &str) -> Result<CString, TextWithNul> {
    CString::new(text).map_err(|_| TextWithNul(text.to_owned()))
}

fn mount<'t>(step: &Step, text: &'t StepTexts, lines: &Lines) -> Mount<'t> {
    let mut mount = Mount {
        kind: MountKind::Tmpfs,
        flags: if step.existing {
            mount_flags::EXISTING
        } else {
            0
        },
        attrs: 0,
        size: 0,
        inodes: 0,
        mode: 0,
        line: lines.of(step.span),
        source: &text.source,
        target: &text.target,
        content: &text.content,
    };
    match &step.action {
        Action::Tmpfs {
            bytes,
            files,
            mode,
            attributes,
        } => {
            (mount.size, mount.inodes, mount.mode) = (*bytes, *files, *mode);
            mount.attrs = bits(*attributes);
        }
        Action::Bind {
            attributes,
            optional,
            owned,
            ..
        } => {
            mount.kind = MountKind::Bind;
            mount.attrs = bits(*attributes);
            mount.flags |= mount_flags::RECURSIVE;
            mount.flags |= if *optional { mount_flags::OPTIONAL } else { 0 };
            mount.flags |= if *owned { mount_flags::OWNED } else { 0 };
        }
        Action::Proc => (mount.kind, mount.attrs) = (MountKind::Proc, NOSUID | NODEV | NOEXEC),
        Action::Sysfs => {
            (mount.kind, mount.attrs) = (MountKind::Sysfs, RDONLY | NOSUID | NODEV | NOEXEC);
        }
        Action::Devpts => (mount.kind, mount.attrs) = (MountKind::Devpts, NOSUID | NOEXEC),
        Action::File(_) => (mount.kind, mount.mode) = (MountKind::File, 0o644),
        Action::Symlink(_) => mount.kind = MountKind::Symlink,
        Action::Mask => {
            mount.kind = MountKind::Mask;
            mount.attrs = RDONLY | NOSUID | NODEV | NOEXEC;
            mount.flags |= mount_flags::OPTIONAL;
            (mount.size, mount.inodes) = (0, 0);
        }
        Action::Protect => {
            mount.kind = MountKind::SelfBind;
            mount.attrs = RDONLY | NOSUID | NODEV | NOEXEC;
            mount.flags |= mount_flags::OPTIONAL | mount_flags::RECURSIVE;
        }
        Action::Guard { hidden, stub } => {
            (mount.kind, mount.attrs) = if *hidden {
                (MountKind::Mask, RDONLY | NOSUID | NODEV | NOEXEC)
            } else {
                (MountKind::SelfBind, RDONLY | NOSUID | NODEV)
            };
            mount.flags |= mount_flags::RECURSIVE;
            mount.flags |= match stub {
                Stub::Directory => mount_flags::STUB_DIRECTORY,
                Stub::File(_) => mount_flags::STUB_FILE,
            };
        }
        Action::Pin => {
            mount.kind = MountKind::SelfBind;
            mount.attrs = NOSUID | NODEV;
            mount.flags |= mount_flags::OPTIONAL | mount_flags::RECURSIVE;
        }
        Action::Seal => (mount.kind, mount.attrs) = (MountKind::Attributes, RDONLY),
        Action::Setting(_) => mount.kind = MountKind::Setting,
    }
    mount
}

fn bits(attributes: Attributes) -> u64 {
    [
        (attributes.read_only, RDONLY),
        (attributes.no_suid, NOSUID),
        (attributes.no_dev, NODEV),
        (attributes.no_exec, NOEXEC),
    ]
    .into_iter()
    .filter(|&(set, _)| set)
    .fold(0, |bits, (_, bit)| bits | bit)
}

fn filter<'t>((filter, program): (&Filter, &'t Vec<u8>)) -> purple_plan::Filter<'t> {
    let probe = filter.probe.as_ref();
    purple_plan::Filter {
        audit_arch: filter.audit_arch,
        probe_errno: probe.map_or(0, |probe| u32::from(probe.errno)),
        probe_nr: probe.map_or(0, |probe| probe.nr),
        probe_args: probe.map_or([0; 6], |probe| probe.args),
        method: match filter.report.method {
            bpf::Method::Exact => Method::Exact,
            bpf::Method::Boundaries => Method::Boundaries,
        },
        classes: u32::try_from(filter.report.classes).unwrap_or(u32::MAX),
        paths: filter.report.paths,
        cells: filter.report.cells,
        program,
    }
}
