//! A reader that knows nothing but FORMAT.md reads what the encoder wrote, and both judge alike.

use crate::network::filtered;
use crate::sample::{Tables, hex, seal, tables};
use purple_plan::{Plan, SourceLine};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the reader in Python prints of a plan, or the reason why it refuses it.
fn read_by_format(bytes: &[u8], name: &str) -> Option<Result<String, String>> {
    let plan = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&plan, bytes).expect("the test may write to its own directory");
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plan/read_plan.py");
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

/// A source line as the reader in Python prints it.
fn source_line(line: SourceLine) -> String {
    format!("{}:{}", line.source(), line.line())
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
        source_line(p.working_dir_line)
    ));
    line(format!(
        "Capabilities bounding={} inheritable={} permitted={} effective={} ambient={}",
        c.bounding, c.inheritable, c.permitted, c.effective, c.ambient
    ));
    line(format!(
        "Network mode={:?} flags={} line={}",
        n.mode,
        n.flags,
        source_line(n.line)
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
            source_line(m.line),
            hex(m.source.to_bytes()),
            hex(m.target.to_bytes()),
            hex(m.content)
        ));
    }
    for r in &plan.rlimits {
        let (resource, at) = (r.resource, source_line(r.line));
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
            source_line(v.line)
        ));
    }
    for n in &plan.needs {
        line(format!(
            "Need layer={:?} line={}",
            n.layer,
            source_line(n.line)
        ));
    }
    for a in &plan.audit {
        let (at, path) = (source_line(a.line), hex(a.log_path.to_bytes()));
        line(format!(
            "Audit flags={} failure={:?} line={at} log_path={path}",
            a.flags, a.failure
        ));
    }
    for l in &plan.landlock {
        let (abi, at) = (l.abi, source_line(l.line));
        line(format!(
            "Landlock abi={abi} line={at} fs={} net={} scope={}",
            l.fs, l.net, l.scope
        ));
    }
    for p in &plan.paths {
        let (at, path) = (source_line(p.line), hex(p.path.to_bytes()));
        line(format!(
            "PathAccess access={} flags={} line={at} path={path}",
            p.access, p.flags
        ));
    }
    for p in &plan.ports {
        let (first, last, at) = (p.first, p.last, source_line(p.line));
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
            source_line(i.line),
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
            source_line(c.line),
            c.rules,
            c.guard
        ));
    }
    for r in &plan.rules {
        line(format!(
            "CallRule strength={:?} action={} line={} conditions={}",
            r.strength,
            r.action,
            source_line(r.line),
            r.conditions
        ));
    }
    for c in &plan.conditions {
        line(format!(
            "Condition comparison={:?} arg={} bits={} line={} value={} mask={}",
            c.comparison,
            c.arg,
            c.bits,
            source_line(c.line),
            c.value,
            c.mask
        ));
    }
    for b in &plan.net_batches {
        line(format!(
            "NetBatch kind={:?} protocol={} acknowledgements={} bytes={}",
            b.kind,
            b.protocol,
            b.acknowledgements,
            hex(b.bytes)
        ));
    }
    for s in &plan.net_sockets {
        line(format!(
            "NetSocket family={} kind={} protocol={} port={} flags={}",
            s.family, s.kind, s.protocol, s.port, s.flags
        ));
    }
    for r in &plan.net_rules {
        line(format!(
            "NetRule action={:?} protocol={} first_port={} last_port={} family={} prefix={} address={} flags={} line={} name={}",
            r.action,
            r.protocol,
            r.first_port,
            r.last_port,
            r.family,
            r.prefix,
            hex(&r.address),
            r.flags,
            source_line(r.line),
            hex(r.name.to_bytes())
        ));
    }
    for r in &plan.net_resolvers {
        line(format!(
            "NetResolver family={} port={} address={} line={}",
            r.family,
            r.port,
            hex(&r.address),
            source_line(r.line)
        ));
    }
    for f in &plan.host_facts {
        let (name, value) = (hex(f.name.to_bytes()), hex(f.value.to_bytes()));
        line(format!("HostFact name={name} value={value}"));
    }
    out
}

#[test]
fn a_reader_that_knows_only_the_document() {
    for sample in [tables(), filtered()] {
        let bytes = sample.encode();
        let Some(read) = read_by_format(&bytes, "sample.plan") else {
            return;
        };
        let plan = Plan::decode(&bytes).expect("the sample is a plan");
        assert_eq!(read, Ok(lines(&plan)));
    }
}

/// Both readers take the same files and refuse the others for the same reason.
#[test]
fn both_readers_judge_alike() {
    for sample in [tables(), filtered()] {
        judge_alike(&sample.encode());
    }
}

fn judge_alike(bytes: &[u8]) {
    let stride = bytes.len() / 16;
    for at in (0..bytes.len() - 32)
        .step_by(stride)
        .chain([8, 10, 12, 16, 20, 28, 32, 48, 320, 324, 332, 336])
    {
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x41;
        seal(&mut changed);
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
