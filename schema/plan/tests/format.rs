//! FORMAT.md says what the code does: its tables are compared with the code, and a reader that
//! knows nothing but FORMAT.md reads what the encoder wrote.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod sample;

use purple_plan::{
    Audit, AuditFailure, Basis, CallRule, Capabilities, CgroupValue, Comparison, Condition,
    EnvKind, EnvVar, Filter, HEADER_BYTES, Interface, Landlock, Layer, MAGIC, MAX_INSTRUCTIONS,
    MAX_MOUNTS, MAX_PLAN_BYTES, MAX_SOURCES, MAX_VARIABLES, Meta, Method, Mount, MountKind,
    NamedCall, Need, Network, NetworkMode, Number, PathAccess, Plan, PortAccess, Process, Record,
    Rlimit, SEAL_BYTES, SECTION_ENTRY_BYTES, SECTIONS_START, Section, Source, SourceLine, Strength,
    VERSION, audit_flags, interface_flags, landlock_fs, landlock_net, landlock_scope, mount_attrs,
    mount_flags, namespace_flags, network_flags, path_flags, process_flags,
};
use sample::{Tables, hex, tables};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const FORMAT: &str = include_str!("../FORMAT.md");

/// The rows of the tables under a heading, without the tables' own head rows.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let mut lines = FORMAT
        .lines()
        .skip_while(|line| line.trim_start_matches('#') != heading);
    assert!(
        lines.next().is_some(),
        "FORMAT.md has no heading `{heading}`"
    );
    lines
        .take_while(|line| !line.starts_with('#'))
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(str::trim)
                .collect::<Vec<_>>()
        })
        .filter(|row| !matches!(row[0], "offset" | "kind" | "number" | "bit" | "part"))
        .collect()
}

fn number(text: &str) -> u64 {
    let read = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    read.unwrap_or_else(|_| panic!("FORMAT.md has `{text}` where a number belongs"))
}

fn layout<'a, R: Record<'a>>(heading: &str) {
    let found = rows(heading)
        .iter()
        .map(|row| (row[2], number(row[0]), number(row[1])))
        .collect::<Vec<_>>();
    let expected = R::LAYOUT
        .iter()
        .map(|&(name, offset, width)| (name, offset as u64, width as u64))
        .collect::<Vec<_>>();
    assert_eq!(found, expected, "FORMAT.md, section {heading}");
    for row in rows(heading) {
        let width = match row[3] {
            "u16" => 2,
            "u32" | "place" | "NetworkMode" | "MountKind" | "EnvKind" | "Layer"
            | "AuditFailure" | "Method" | "Basis" | "Strength" | "Comparison" => 4,
            "u64" | "text" | "blob" => 8,
            "32 bytes" => 32,
            "6 x u64" => 48,
            other => panic!("FORMAT.md, section {heading}: unknown type `{other}`"),
        };
        assert_eq!(
            width,
            number(row[1]),
            "FORMAT.md, section {heading}, {}",
            row[2]
        );
    }
}

#[test]
fn records() {
    layout::<Meta<'_>>(" Meta");
    layout::<Process<'_>>(" Process");
    layout::<Capabilities>(" Capabilities");
    layout::<Network>(" Network");
    layout::<Mount<'_>>(" Mount");
    layout::<Rlimit>(" Rlimit");
    layout::<EnvVar<'_>>(" EnvVar");
    layout::<Filter<'_>>(" Filter");
    layout::<CgroupValue<'_>>(" CgroupValue");
    layout::<Need>(" Need");
    layout::<Audit<'_>>(" Audit");
    layout::<Landlock>(" Landlock");
    layout::<PathAccess<'_>>(" PathAccess");
    layout::<PortAccess>(" PortAccess");
    layout::<Source<'_>>(" Source");
    layout::<Interface>(" Interface");
    layout::<Number>(" Number");
    layout::<NamedCall>(" NamedCall");
    layout::<CallRule>(" CallRule");
    layout::<Condition>(" Condition");
}

#[test]
fn file_header_and_sections() {
    let header = rows(" Header");
    let magic = MAGIC
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        header[0][3].starts_with(&format!("`{magic}`")),
        "the magic in FORMAT.md"
    );
    assert_eq!(header[1][3], VERSION.to_string());
    assert_eq!(header[2][3], Section::ALL.len().to_string());
    let last = &header[3];
    assert_eq!(number(last[0]) + number(last[1]), HEADER_BYTES as u64);

    let (entry, sections): (Vec<_>, Vec<_>) = rows(" Section table")
        .into_iter()
        .partition(|row| row[2].parse::<u64>().is_err());
    let names = entry.iter().map(|row| row[2]).collect::<Vec<_>>();
    assert_eq!(names, ["kind", "offset", "length", "count"]);
    assert_eq!(
        number(entry[3][0]) + number(entry[3][1]),
        SECTION_ENTRY_BYTES as u64
    );
    assert_eq!(sections.len(), Section::ALL.len());
    for (row, section) in sections.iter().zip(Section::ALL) {
        assert_eq!(number(row[0]), u64::from(section.kind()), "{section:?}");
        assert_eq!(row[1], format!("{section:?}"));
        assert_eq!(number(row[2]), section.record_bytes() as u64, "{section:?}");
        let most = row[3].strip_prefix("at most ").map(number);
        assert_eq!(
            most,
            section.most_records().map(|most| most as u64),
            "{section:?}"
        );
    }

    let parts = rows(" The file")
        .iter()
        .map(|row| row[1])
        .collect::<Vec<_>>();
    assert_eq!(number(parts[0]), HEADER_BYTES as u64);
    assert_eq!(number(parts[1]), (SECTIONS_START - HEADER_BYTES) as u64);
    assert_eq!(number(parts[4]), SEAL_BYTES as u64);
    for limit in [
        format!("at most {MAX_PLAN_BYTES}"),
        format!(
            "section 5 at most {MAX_MOUNTS}, section 7 at most {MAX_VARIABLES},\n   section 11 at most 1 and section 15 at most {MAX_SOURCES}"
        ),
        format!("1 to {MAX_INSTRUCTIONS} instructions"),
        format!("starts at byte {SECTIONS_START}"),
    ] {
        assert!(FORMAT.contains(&limit), "FORMAT.md does not say `{limit}`");
    }
}

#[test]
fn enumerations() {
    fn check<E: std::fmt::Debug + Copy>(heading: &str, all: &[E], number_of: fn(E) -> u32) {
        let found = rows(heading)
            .iter()
            .map(|row| (number(row[0]), row[1].to_owned()))
            .collect::<Vec<_>>();
        let expected = all
            .iter()
            .map(|&each| (u64::from(number_of(each)), format!("{each:?}")))
            .collect::<Vec<_>>();
        assert_eq!(found, expected, "FORMAT.md, section {heading}");
    }
    check(" NetworkMode", NetworkMode::ALL, NetworkMode::number);
    check(" MountKind", MountKind::ALL, MountKind::number);
    check(" EnvKind", EnvKind::ALL, EnvKind::number);
    check(" Layer", Layer::ALL, Layer::number);
    check(" AuditFailure", AuditFailure::ALL, AuditFailure::number);
    check(" Method", Method::ALL, Method::number);
    check(" Basis", Basis::ALL, Basis::number);
    check(" Strength", Strength::ALL, Strength::number);
    check(" Comparison", Comparison::ALL, Comparison::number);
    for (row, layer) in rows(" Layer").iter().zip(Layer::ALL) {
        assert!(
            row[2].contains(&format!("`{}`", layer.name())),
            "{layer:?} by its name"
        );
    }
}

#[test]
fn flags() {
    let bits = |heading: &str| {
        let bits = rows(heading)
            .iter()
            .map(|row| number(row[0]))
            .collect::<Vec<_>>();
        let all = bits.iter().fold(0, |all, bit| all | bit);
        assert_eq!(
            all,
            bits.iter().sum::<u64>(),
            "FORMAT.md, {heading}: a bit stands twice"
        );
        all
    };
    assert_eq!(bits(" process_flags"), u64::from(process_flags::ALL));
    assert_eq!(bits(" network_flags"), u64::from(network_flags::ALL));
    assert_eq!(bits(" mount_flags"), u64::from(mount_flags::ALL));
    assert_eq!(bits(" audit_flags"), u64::from(audit_flags::ALL));
    assert_eq!(bits(" path_flags"), u64::from(path_flags::ALL));
    assert_eq!(bits(" landlock_fs"), landlock_fs::ALL);
    assert_eq!(bits(" landlock_net"), landlock_net::ALL);
    assert_eq!(bits(" landlock_scope"), landlock_scope::ALL);
    assert_eq!(bits(" interface_flags"), u64::from(interface_flags::ALL));
    assert_eq!(bits(" namespace_flags"), namespace_flags::ALL);
    assert_eq!(bits(" mount_attrs"), mount_attrs::ALL);
    for (name, bit) in [
        ("RECURSIVE", mount_flags::RECURSIVE),
        ("OPTIONAL", mount_flags::OPTIONAL),
        ("EXISTING", mount_flags::EXISTING),
        ("OWNED", mount_flags::OWNED),
        ("NEW_SESSION", process_flags::NEW_SESSION),
        ("NARROWED", network_flags::NARROWED),
        ("DEFAULT_DENY", interface_flags::DEFAULT_DENY),
        ("X32", interface_flags::X32),
    ] {
        let row = format!("| {bit:#x} | {name} |");
        assert!(FORMAT.contains(&row), "FORMAT.md has no row `{row}`");
    }
    for (heading, name, bit) in [
        (" audit_flags", "RESOURCE", u64::from(audit_flags::RESOURCE)),
        (
            " audit_flags",
            "FILESYSTEM",
            u64::from(audit_flags::FILESYSTEM),
        ),
        (" audit_flags", "SYSCALL", u64::from(audit_flags::SYSCALL)),
        (" audit_flags", "NETWORK", u64::from(audit_flags::NETWORK)),
        (" path_flags", "OPTIONAL", u64::from(path_flags::OPTIONAL)),
        (" landlock_fs", "EXECUTE", landlock_fs::EXECUTE),
        (" landlock_fs", "WRITE_FILE", landlock_fs::WRITE_FILE),
        (" landlock_fs", "READ_FILE", landlock_fs::READ_FILE),
        (" landlock_fs", "READ_DIR", landlock_fs::READ_DIR),
        (" landlock_fs", "MAKE_CHAR", landlock_fs::MAKE_CHAR),
        (" landlock_fs", "MAKE_BLOCK", landlock_fs::MAKE_BLOCK),
        (" landlock_fs", "REFER", landlock_fs::REFER),
        (" landlock_fs", "TRUNCATE", landlock_fs::TRUNCATE),
        (" landlock_fs", "IOCTL_DEV", landlock_fs::IOCTL_DEV),
        (" landlock_fs", "RESOLVE_UNIX", landlock_fs::RESOLVE_UNIX),
        (" landlock_net", "BIND_TCP", landlock_net::BIND_TCP),
        (" landlock_net", "CONNECT_TCP", landlock_net::CONNECT_TCP),
        (
            " landlock_scope",
            "ABSTRACT_UNIX_SOCKET",
            landlock_scope::ABSTRACT_UNIX_SOCKET,
        ),
        (" landlock_scope", "SIGNAL", landlock_scope::SIGNAL),
    ] {
        let named = rows(heading)
            .iter()
            .any(|row| row[1] == name && number(row[0]) == bit);
        assert!(named, "FORMAT.md, {heading}: {name} is not {bit:#x}");
    }
}

/// What the reader in Python prints of a plan, or the reason why it refuses it.
fn read_by_format(bytes: &[u8], name: &str) -> Option<Result<String, String>> {
    let plan = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&plan, bytes).expect("the test may write to its own directory");
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read_plan.py");
    let Ok(out) = Command::new("python3")
        .arg("-B")
        .arg(reader)
        .arg(&plan)
        .output()
    else {
        println!("SKIP plan-read-by-format: python3 is not installed");
        return None;
    };
    assert!(
        out.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let said = String::from_utf8(out.stdout).expect("the reader prints ASCII");
    Some(if out.status.success() {
        Ok(said)
    } else {
        Err(said.trim_end().to_owned())
    })
}

/// A place as the reader in Python prints it.
fn place(place: SourceLine) -> String {
    format!("{}:{}", place.source(), place.line())
}

/// The same lines from the decoder of this crate.
fn lines(plan: &Plan<'_>) -> String {
    let Tables {
        meta,
        process: p,
        capabilities: c,
        network: n,
        ..
    } = Tables::of(plan);
    let mut out = format!(
        "Meta policy_name={} compiler={} source_digest={}\n",
        hex(meta.policy_name.to_bytes()),
        hex(meta.compiler.to_bytes()),
        hex(&meta.source_digest)
    );
    let mut line = |text: String| writeln!(out, "{text}").expect("a String takes any text");
    line(format!(
        "Process namespaces={} inner_namespaces={} uid={} gid={} root_uid={} root_gid={} \
         timeout_ms={} grace_ms={} flags={} umask={} hostname={} working_dir={} working_dir_line={}",
        p.namespaces,
        p.inner_namespaces,
        p.uid,
        p.gid,
        p.root_uid,
        p.root_gid,
        p.timeout_ms,
        p.grace_ms,
        p.flags,
        p.umask,
        hex(p.hostname.to_bytes()),
        hex(p.working_dir.to_bytes()),
        place(p.working_dir_line)
    ));
    line(format!(
        "Capabilities bounding={} inheritable={} permitted={} effective={} ambient={}",
        c.bounding, c.inheritable, c.permitted, c.effective, c.ambient
    ));
    line(format!(
        "Network mode={:?} flags={} line={}",
        n.mode,
        n.flags,
        place(n.line)
    ));
    for m in &plan.mounts {
        line(format!(
            "Mount kind={:?} flags={} attrs={} size={} inodes={} mode={} line={} source={} target={} content={}",
            m.kind,
            m.flags,
            m.attrs,
            m.size,
            m.inodes,
            m.mode,
            place(m.line),
            hex(m.source.to_bytes()),
            hex(m.target.to_bytes()),
            hex(m.content)
        ));
    }
    for r in &plan.rlimits {
        let (resource, at) = (r.resource, place(r.line));
        line(format!(
            "Rlimit resource={resource} line={at} soft={} hard={}",
            r.soft, r.hard
        ));
    }
    for v in &plan.environment {
        line(format!(
            "EnvVar kind={:?} text={}",
            v.kind,
            hex(v.text.to_bytes())
        ));
    }
    for f in &plan.filters {
        line(format!(
            "Filter audit_arch={} probe_errno={} probe_nr={} probe_args={} method={:?} classes={} paths={} cells={} program={}",
            f.audit_arch,
            f.probe_errno,
            f.probe_nr,
            f.probe_args.map(|arg| arg.to_string()).join(","),
            f.method,
            f.classes,
            f.paths,
            f.cells,
            hex(f.program)
        ));
    }
    for v in &plan.cgroup {
        let (file, value) = (hex(v.file.to_bytes()), hex(v.value.to_bytes()));
        line(format!(
            "CgroupValue line={} file={file} value={value}",
            place(v.line)
        ));
    }
    for n in &plan.needs {
        line(format!("Need layer={:?} line={}", n.layer, place(n.line)));
    }
    for a in &plan.audit {
        let (at, path) = (place(a.line), hex(a.log_path.to_bytes()));
        line(format!(
            "Audit flags={} failure={:?} line={at} log_path={path}",
            a.flags, a.failure
        ));
    }
    for l in &plan.landlock {
        let (abi, at) = (l.abi, place(l.line));
        line(format!(
            "Landlock abi={abi} line={at} fs={} net={} scope={}",
            l.fs, l.net, l.scope
        ));
    }
    for p in &plan.paths {
        let (at, path) = (place(p.line), hex(p.path.to_bytes()));
        line(format!(
            "PathAccess access={} flags={} line={at} path={path}",
            p.access, p.flags
        ));
    }
    for p in &plan.ports {
        let (first, last, at) = (p.first, p.last, place(p.line));
        line(format!(
            "PortAccess access={} first={first} last={last} line={at}",
            p.access
        ));
    }
    for s in &plan.sources {
        line(format!("Source name={}", hex(s.name.to_bytes())));
    }
    for i in &plan.interfaces {
        line(format!(
            "Interface filter={} audit_arch={} flags={} newest={} enosys={} denial={} line={} beyond={} calls={}",
            i.filter,
            i.audit_arch,
            i.flags,
            i.newest,
            i.enosys,
            i.denial,
            place(i.line),
            i.beyond,
            i.calls
        ));
    }
    for n in &plan.numbers {
        line(format!("Number number={}", n.number));
    }
    for c in &plan.calls {
        line(format!(
            "NamedCall number={} basis={:?} line={} rules={} guard={}",
            c.number,
            c.basis,
            place(c.line),
            c.rules,
            c.guard
        ));
    }
    for r in &plan.rules {
        line(format!(
            "CallRule strength={:?} action={} line={} conditions={}",
            r.strength,
            r.action,
            place(r.line),
            r.conditions
        ));
    }
    for c in &plan.conditions {
        line(format!(
            "Condition comparison={:?} arg={} bits={} line={} value={} mask={}",
            c.comparison,
            c.arg,
            c.bits,
            place(c.line),
            c.value,
            c.mask
        ));
    }
    out
}

#[test]
fn a_reader_that_knows_only_the_document() {
    let bytes = tables().encode();
    let Some(read) = read_by_format(&bytes, "sample.plan") else {
        return;
    };
    let plan = Plan::decode(&bytes).expect("the sample is a plan");
    assert_eq!(read, Ok(lines(&plan)));
}

/// Both readers take the same files and refuse the others for the same reason.
#[test]
fn both_readers_judge_alike() {
    let bytes = tables().encode();
    let stride = bytes.len() / 16;
    for at in (0..bytes.len() - 32)
        .step_by(stride)
        .chain([8, 10, 12, 16, 20, 28, 288, 292])
    {
        let mut changed = bytes.clone();
        changed[at] ^= 0x41;
        sample::seal(&mut changed);
        let ours = match Plan::decode(&changed) {
            Ok(plan) => Ok(lines(&plan)),
            Err(why) => Err(format!("{why:?}")
                .split('(')
                .next()
                .expect("a name")
                .to_owned()),
        };
        let Some(theirs) = read_by_format(&changed, "changed.plan") else {
            return;
        };
        assert_eq!(theirs, ours, "byte {at}");
    }
}
