//! Devices, files, scratch paths with keys of their own, limits of each process and the section `process` over those of parents, and
//! what a policy loosens of them.

use super::super::compiled_beside;
use super::super::texts::Texts;
use super::{has, merged};

const PARENT: &str = "\
name: p
filesystem:
  immutable_paths:
    - {host_path: /usr, sandbox_path: /usr}
    - {host_path: /srv/data, sandbox_path: /data, noexec: true}
  output_paths:
    - {host_path: ./out, sandbox_path: /out, noexec: true}
  scratch_paths:
    - {sandbox_path: /store, size_bytes: 1M, noexec: true}
    - /plain
  files:
    - {sandbox_path: /etc/one, content: one}
    - {sandbox_path: /etc/two, content: two}
  devices: [gpu-dri, {device: /dev/ttyUSB0, owner: team}]
process: {umask: \"077\", hostname: parent}
resources:
  session_timeout_seconds: 1h
  rlimits: {nofile: 100, fsize: 1M, cpu: 10m, core: 0}
";

/// The policy over the parent, as JSON on one line.
#[track_caller]
fn over(policy: &str) -> String {
    let policy = format!("name: a\nextends: p.yaml\n{policy}");
    merged(&[("p.yaml", PARENT)], &policy)
}

/// What the policy loosens, and other findings about it: each code with its message.
fn findings(policy: &str) -> Vec<String> {
    super::findings(PARENT, policy)
}

#[test]
fn files_scratch_paths_and_devices_are_merged_by_what_they_are_about() {
    let found = over(
        "filesystem:\n  files: [{sandbox_path: /etc/two, content: new}, {sandbox_path: /etc/three, content: three}]\n  \
                      scratch_paths: [{sandbox_path: /store/, size_bytes: 2M}]\n  devices: [kvm, gpu-dri]\n",
    );
    has(
        &found,
        "files:[{sandbox_path:/etc/one,content:one,executable:false},{sandbox_path:/etc/two,content:new,executable:false},\
         {sandbox_path:/etc/three,content:three,executable:false}]",
    );
    has(
        &found,
        "scratch_paths:[/plain,{sandbox_path:/store/,size_bytes:2M,noexec:false}]",
    );
    has(
        &found,
        "devices:[gpu-dri,{device:/dev/ttyUSB0,owner:team},kvm]",
    );
}

#[test]
fn what_is_listed_with_an_exclamation_mark_goes() {
    let found = over(
        "filesystem: {scratch_paths: [\"!/store\"], devices: [\"!gpu-dri\", \"!/dev/ttyUSB0\"]}\n",
    );
    has(&found, "scratch_paths:[/plain]");
    assert!(!found.contains("devices"), "{found}");
    let unknown = findings("filesystem: {devices: [\"!kvm\"]}\n");
    assert_eq!(unknown, ["removes-nothing: `!kvm` removes nothing"]);
}

/// A path inside is in one of the lists, that of the last text.
#[test]
fn a_file_takes_the_place_of_a_path_and_a_path_that_of_a_file() {
    let found = over(
        "filesystem:\n  files: [{sandbox_path: /plain, content: x}]\n  scratch_paths: [/etc/one]\n",
    );
    has(
        &found,
        "files:[{sandbox_path:/etc/two,content:two,executable:false},{sandbox_path:/plain,content:x,executable:false}]",
    );
    has(
        &found,
        "scratch_paths:[{sandbox_path:/store,size_bytes:1M,noexec:true},/etc/one]",
    );
}

/// A plain entry says nothing beside the path, and loosens nothing.
#[test]
fn a_plain_path_leaves_the_keys_of_a_parent() {
    let policy = "filesystem: {scratch_paths: [/store], devices: [/dev/ttyUSB0]}\n";
    let found = over(policy);
    has(
        &found,
        "scratch_paths:[{sandbox_path:/store,size_bytes:1M,noexec:true},/plain]",
    );
    has(&found, "devices:[gpu-dri,{device:/dev/ttyUSB0,owner:team}]");
    assert_eq!(findings(policy), Vec::<String>::new());
}

#[test]
fn single_values_of_the_new_sections_are_merged_key_by_key() {
    let found = over("process: {user: dev}\nresources: {rlimits: {nofile: 50}}\n");
    has(&found, "process:{umask:077,hostname:parent,user:dev}");
    has(&found, "rlimits:{core:0,cpu:10m,fsize:1M,nofile:50}");
}

#[test]
fn a_device_a_higher_limit_and_a_wider_mask_loosen_a_parent() {
    for (policy, message) in [
        (
            "filesystem: {devices: [kvm]}",
            "the device `kvm` is shown; it was not",
        ),
        (
            "resources: {rlimits: {nofile: 101}}",
            "`nofile` is raised from `100` to `101`",
        ),
        (
            "resources: {rlimits: {fsize: 1025K}}",
            "`fsize` is raised from `1M` to `1025K`",
        ),
        (
            "resources: {rlimits: {cpu: 601}}",
            "`cpu` is raised from `10m` to `601`",
        ),
        (
            "resources: {rlimits: {core: 1K}}",
            "`core` is raised from `0` to `1K`",
        ),
        (
            "process: {umask: \"037\"}",
            "`umask: 037` gives new files permissions that they lacked",
        ),
    ] {
        let found = findings(&format!("{policy}\n"));
        assert_eq!(found, [format!("loosens-parent: {message}")], "{policy}");
    }
    for policy in [
        "filesystem: {devices: [gpu-dri]}",
        "resources: {rlimits: {nofile: 100, fsize: 1024K, cpu: 600, core: 0, nproc: 10}}",
        "process: {umask: \"0777\"}",
    ] {
        assert_eq!(
            findings(&format!("{policy}\n")),
            Vec::<String>::new(),
            "{policy}"
        );
    }
    // Where no parent says it, the mask of every sandbox is compared.
    let files = Texts::new([("p.yaml", "name: p\n")]).files();
    let text = "name: a\nextends: p.yaml\nprocess: {umask: \"002\"}\n";
    let (outcome, said) = compiled_beside("policy.yaml", text.as_bytes(), Some(files));
    let mut found = outcome.diagnostics.iter();
    assert!(found.any(|one| one.code == "loosens-parent"), "{said}");
}

#[test]
fn programs_in_a_path_without_them_loosen_a_parent() {
    let allowed = |path: &str| {
        vec![format!(
            "loosens-parent: programs in `{path}` can be executed; they could not"
        )]
    };
    let loosened = |list: &str| {
        let mut found = findings(&format!("filesystem: {{{list}}}\n"));
        found.retain(|one| one.starts_with("loosens-parent"));
        found
    };
    for (list, path) in [
        (
            "output_paths: [{host_path: ./out, sandbox_path: /out}]",
            "/out",
        ),
        (
            "immutable_paths: [{host_path: /srv/data, sandbox_path: /data}]",
            "/data",
        ),
        (
            "scratch_paths: [{sandbox_path: /store, size_bytes: 1M}]",
            "/store",
        ),
        // Another directory of the host at the same path, and the same directory, or a part, at another one.
        (
            "immutable_paths: [{host_path: /srv/other, sandbox_path: /data}]",
            "/data",
        ),
        (
            "immutable_paths: [{host_path: /srv/data, sandbox_path: /more}]",
            "/more",
        ),
        (
            "immutable_paths: [{host_path: /srv/data/bin, sandbox_path: /more}]",
            "/more",
        ),
        (
            "immutable_paths: [{host_path: ./out/x, sandbox_path: /more}]",
            "/more",
        ),
    ] {
        assert_eq!(loosened(list), allowed(path), "{list}");
    }
    for list in [
        "output_paths: [{host_path: ./out, sandbox_path: /out, noexec: true}]",
        "scratch_paths: [{sandbox_path: /store, size_bytes: 1M, noexec: true}]",
        "immutable_paths: [{host_path: /srv/data/bin, sandbox_path: /more, noexec: true}]",
        "immutable_paths: [{host_path: /srv/others, sandbox_path: /more}]",
        // The parent lets programs run from there.
        "immutable_paths: [{host_path: /usr/bin, sandbox_path: /more}]",
    ] {
        assert_eq!(loosened(list), Vec::<String>::new(), "{list}");
    }
    let larger = findings(
        "filesystem: {scratch_paths: [{sandbox_path: /store, size_bytes: 2M, noexec: true}]}\n",
    );
    assert_eq!(
        larger,
        ["loosens-parent: the size of `/store` is raised from 1048576 to 2097152 bytes"]
    );
}

/// The value that the section `process` gives a variable, and what the section `environment` says of it.
#[test]
fn the_environment_goes_before_the_process() {
    let variables = |text: &str| {
        let (outcome, said) = super::emitted(&[], &format!("name: a\n{text}"), super::Stage::Ir);
        let ir = outcome.listing.unwrap_or_else(|| panic!("{said}"));
        let lines = ir.lines().filter(|line| line.starts_with("env "));
        let wanted = |line: &&str| {
            ["USER", "LOGNAME", "TZ"]
                .iter()
                .any(|name| line.contains(name))
        };
        lines.filter(wanted).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        variables(""),
        [
            "env LOGNAME=agent",
            "env TZ from the caller",
            "env USER=agent"
        ]
    );
    let process = "process: {user: dev, timezone: Europe/Berlin}\n";
    assert_eq!(
        variables(process),
        ["env LOGNAME=dev", "env TZ=Europe/Berlin", "env USER=dev"]
    );
    let both = format!("{process}environment: {{set: {{USER: other}}, pass: [TZ]}}\n");
    assert_eq!(
        variables(&both),
        [
            "env LOGNAME=dev",
            "env TZ from the caller",
            "env USER=other"
        ]
    );
}
