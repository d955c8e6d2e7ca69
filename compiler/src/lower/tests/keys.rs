//! Devices, inline files, `noexec`, sizes of scratch paths, limits of each process, and the section `process`.

use super::{lowered, lowered_with_findings};
use crate::diagnostics::Severity;
use crate::ir::{Action, Ir, Step};
use purple_plan::landlock_fs as fs;

fn filesystem(lines: &str) -> Ir {
    lowered(&format!("name: a\nfilesystem:\n{lines}"))
}

/// The errors of a policy with this section: each code with its message.
fn errors(lines: &str) -> Vec<String> {
    let (_, sink) = lowered_with_findings(&format!("name: a\nfilesystem:\n{lines}"));
    let found = sink.into_sorted();
    let errors = found.iter().filter(|one| one.severity == Severity::Error);
    errors
        .map(|one| format!("{}: {}", one.code, one.message))
        .collect()
}

#[track_caller]
fn step<'i>(ir: &'i Ir, target: &str) -> &'i Step {
    let mut steps = ir.steps.iter();
    steps.find(|step| step.target == target).unwrap()
}

/// What a file of every sandbox, or of the policy, holds.
#[track_caller]
fn content<'i>(ir: &'i Ir, target: &str) -> (&'i str, u32) {
    match &step(ir, target).action {
        Action::File { content, mode } => (content, *mode),
        other => unreachable!("{target} is {other:?}"),
    }
}

/// What Landlock allows at a path.
#[track_caller]
fn allowed(ir: &Ir, path: &str) -> u64 {
    let mut paths = ir.landlock.paths.iter();
    paths.find(|one| one.path == path).unwrap().access
}

#[test]
fn programs_are_forbidden_by_the_mount_and_by_landlock() {
    let paths = |more: &str| {
        filesystem(&format!(
            "  immutable_paths: [{{host_path: /d, sandbox_path: /d{more}}}]\n  \
             output_paths: [{{host_path: ./o, sandbox_path: /o{more}}}]\n  \
             scratch_paths: [{{sandbox_path: /s{more}}}]\n"
        ))
    };
    for (more, forbidden) in [
        ("", false),
        (", noexec: false", false),
        (", noexec: true", true),
    ] {
        let ir = paths(more);
        for path in ["/d", "/o", "/s"] {
            assert_eq!(
                step(&ir, path).attributes.no_exec,
                forbidden,
                "{path}{more}"
            );
            let executes = allowed(&ir, path) & fs::EXECUTE != 0;
            assert_eq!(executes, !forbidden, "{path}{more}");
        }
        // Nothing else changes.
        assert!(step(&ir, "/d").attributes.read_only && !step(&ir, "/o").attributes.read_only);
        assert_eq!(allowed(&ir, "/o") | fs::EXECUTE, allowed(&paths(""), "/o"));
    }
}

#[test]
fn a_scratch_path_has_its_own_size_or_that_of_all() {
    let ir = filesystem(
        "  scratch_size_bytes: 2M\n  scratch_paths: [/a, {sandbox_path: /b, size_bytes: 1M}, {sandbox_path: /c}]\n",
    );
    let size = |target| match step(&ir, target).action {
        Action::Tmpfs { bytes, .. } => bytes,
        _ => 0,
    };
    let sizes = ["/a", "/b", "/c", "/tmp", "/dev/shm"].map(size);
    assert_eq!(sizes, [2 << 20, 1 << 20, 2 << 20, 2 << 20, 2 << 20]);
}

#[test]
fn an_output_path_may_be_left_out() {
    let ir = filesystem(
        "  output_paths: [{host_path: ./a, sandbox_path: /a, optional: true}, {host_path: ./b, sandbox_path: /b}]\n",
    );
    assert!(step(&ir, "/a").optional && !step(&ir, "/b").optional);
    let optional = |path| {
        let mut paths = ir.landlock.paths.iter();
        paths.any(|one| one.path == path && one.optional)
    };
    assert!(optional("/a") && !optional("/b"));
}

#[test]
fn a_file_is_what_the_policy_says_and_what_is_executable_is_for_landlock_too() {
    let ir = filesystem(
        "  files:\n    - {sandbox_path: /etc/a, content: \"${home} $${x} ~/\\n\"}\n    \
         - {sandbox_path: /opt/run, content: \"#!/bin/sh\\n\", executable: true}\n    \
         - {sandbox_path: /etc/hostname, content: other}\n",
    );
    // Facts of the host are expanded in paths only.
    assert_eq!(content(&ir, "/etc/a"), ("${home} $${x} ~/\n", 0o644));
    assert_eq!(content(&ir, "/opt/run"), ("#!/bin/sh\n", 0o755));
    // It takes the place of the file that every sandbox has.
    assert_eq!(content(&ir, "/etc/hostname"), ("other", 0o644));
    assert_eq!(allowed(&ir, "/etc/a") & (fs::EXECUTE | fs::WRITE_FILE), 0);
    assert_eq!(allowed(&ir, "/opt/run") & fs::EXECUTE, fs::EXECUTE);
    // The root has room for each, in whole pages of the largest size.
    assert!(
        matches!(step(&ir, "/").action, Action::Tmpfs { bytes, .. } if bytes == (1 << 20) + 3 * (64 << 10))
    );
}

#[test]
fn a_file_in_a_scratch_path_is_kept_by_a_mount_and_its_directories_are_pinned() {
    let ir = filesystem(
        "  scratch_paths: [{sandbox_path: /s, noexec: true}]\n  files:\n    - {sandbox_path: /s/x/y/a, content: a}\n    \
         - {sandbox_path: /s/x/b, content: b}\n    - {sandbox_path: /tmp/c, content: c}\n    \
         - {sandbox_path: /etc/d, content: d}\n",
    );
    let of = |wanted: Action| -> Vec<&str> {
        let steps = ir.steps.iter().filter(|step| step.action == wanted);
        let steps = steps.filter(|step| !step.target.starts_with("/proc"));
        steps.map(|step| step.target.as_str()).collect()
    };
    assert_eq!(of(Action::Pin), ["/s/x", "/s/x/y"]);
    assert_eq!(of(Action::ReadOnly), ["/s/x/y/a", "/s/x/b", "/tmp/c"]);
    // Each comes after the file, and after the directories above it.
    let position = |target: &str, action: fn(&Action) -> bool| {
        let mut steps = ir.steps.iter();
        steps.position(|step| step.target == target && action(&step.action))
    };
    let file = position("/s/x/y/a", |action| matches!(action, Action::File { .. }));
    let pin = position("/s/x/y", |action| *action == Action::Pin);
    let kept = position("/s/x/y/a", |action| *action == Action::ReadOnly);
    assert!(file < pin && pin < kept, "{file:?} {pin:?} {kept:?}");
}

#[test]
fn a_file_is_not_in_a_path_of_the_host_nor_above_something() {
    let shown = "  immutable_paths: [{host_path: /usr, sandbox_path: /usr}]\n  \
                 output_paths: [{host_path: ./o, sandbox_path: /o}]\n  scratch_paths: [/o/s, /f/s]\n";
    let with = |path: &str| {
        errors(&format!(
            "{shown}  files: [{{sandbox_path: {path}, content: x}}]\n"
        ))
    };
    let host = |path: &str| {
        vec![format!(
            "file-in-host-path: `{path}` is in a path that is shown from the host"
        )]
    };
    for path in ["/usr/share/x", "/o/x", "/o/x/y"] {
        assert_eq!(with(path), host(path));
    }
    assert_eq!(
        with("/f"),
        ["duplicate-path: `/f/s` is below `/f`, which is a file"]
    );
    assert_eq!(with("/usr"), ["duplicate-path: `/usr` is used twice"]);
    // A scratch path in an output path is the sandbox's own.
    for path in ["/o/s/x", "/f/s/x", "/etc/x", "/tmp/x"] {
        assert_eq!(with(path), Vec::<String>::new(), "{path}");
    }
    let reserved = with("/dev/x");
    assert_eq!(
        reserved,
        ["reserved-path: nothing can be put into `/dev`: every sandbox has its own"]
    );
}

#[test]
fn devices_are_the_hosts_and_a_directory_of_them_can_be_listed() {
    let ir = filesystem("  devices: [gpu-dri, gpu-nvidia, /dev/ttyUSB0]\n");
    let devices: Vec<&Step> = ir.steps.iter().filter(|step| step.span.is_some()).collect();
    let named = |path: &str, optional: bool| {
        devices
            .iter()
            .any(|step| step.target == path && step.optional == optional)
    };
    assert!(
        named("/dev/dri", false) && named("/dev/ttyUSB0", false) && named("/dev/nvidiactl", false)
    );
    assert!(named("/dev/nvidia0", true) && named("/dev/nvidia-uvm", true));
    for step in &devices {
        let attributes = step.attributes;
        let is_device = matches!(&step.action, Action::Bind { source, owned: false, .. } if *source == step.target);
        assert!(is_device && !attributes.no_dev, "{step:?}");
        assert!(
            attributes.read_only && attributes.no_exec && attributes.no_suid,
            "{step:?}"
        );
        let access = allowed(&ir, &step.target);
        assert_eq!(
            access,
            fs::READ_FILE | fs::WRITE_FILE | fs::TRUNCATE | fs::IOCTL_DEV | fs::READ_DIR,
        );
    }
    // Those of every sandbox are no directories.
    assert_eq!(allowed(&ir, "/dev/null") & fs::READ_DIR, 0);
}

/// A policy cannot name what every sandbox has: each step below `/dev` is on the list of these.
#[test]
fn devices_of_every_sandbox_are_known() {
    let ir = filesystem("  scratch_paths: [/s]\n");
    let own = ir.steps.iter().map(|step| step.target.as_str());
    let mut own = own.filter(|target| target.starts_with("/dev/")).peekable();
    assert!(own.peek().is_some());
    for target in own {
        assert!(crate::resolve::devices::OWN.contains(&target), "{target}");
    }
}

#[test]
fn limits_of_the_policy_take_the_place_of_those_of_every_sandbox() {
    let limits = |text: &str| -> Vec<String> {
        let ir = lowered(&format!("name: a\nresources: {{{text}}}\n"));
        let all = ir.process.limits.iter();
        let all = all.map(|limit| {
            let said = if limit.span.is_some() { " said" } else { "" };
            assert_eq!(limit.soft, limit.hard);
            format!("{} {}{said}", limit.resource.name(), limit.hard)
        });
        all.collect()
    };
    let usual = [
        "core 0",
        "nproc 4096",
        "memlock 1048576",
        "sigpending 1024",
        "msgqueue 262144",
    ];
    assert_eq!(limits(""), usual);
    assert_eq!(
        limits(
            "rlimits: {nproc: 7, as: 1G, cpu: 2m, nofile: 20, core: 0, fsize: 1K, data: 1M, stack: 8M}"
        ),
        [
            "memlock 1048576",
            "sigpending 1024",
            "msgqueue 262144",
            "as 1073741824 said",
            "core 0 said",
            "cpu 120 said",
            "data 1048576 said",
            "fsize 1024 said",
            "nofile 20 said",
            "nproc 7 said",
            "stack 8388608 said",
        ]
    );
    let more = limits("rlimits: {memlock: 2M, msgqueue: 1M, sigpending: 3}");
    assert_eq!(
        more[2..],
        [
            "memlock 2097152 said",
            "msgqueue 1048576 said",
            "sigpending 3 said"
        ]
    );
}

#[test]
fn names_and_the_umask_are_those_of_the_policy() {
    let process =
        "process: {umask: \"027\", hostname: build.example, user: dev, timezone: Europe/Berlin}\n";
    let ir = lowered(&format!("name: a\n{process}"));
    assert_eq!(
        (ir.process.umask, ir.process.host_name.as_str()),
        (0o027, "build.example")
    );
    assert_eq!(content(&ir, "/etc/hostname").0, "build.example\n");
    assert_eq!(
        content(&ir, "/etc/hosts").0,
        "127.0.0.1 localhost build.example\n::1 localhost build.example\n"
    );
    assert!(
        content(&ir, "/etc/passwd")
            .0
            .starts_with("dev:x:1000:1000:dev:/tmp:/bin/sh\n")
    );
    assert!(content(&ir, "/etc/group").0.starts_with("dev:x:1000:\n"));
    let link = Action::Symlink("../usr/share/zoneinfo/Europe/Berlin".to_owned());
    assert_eq!(step(&ir, "/etc/localtime").action, link);

    // The home directory of the account is that of the variable; one that would break the line is not.
    let home = |home: &str| {
        let ir = lowered(&format!(
            "name: a\nenvironment: {{set: {{HOME: {home:?}}}}}\n"
        ));
        content(&ir, "/etc/passwd")
            .0
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        home("/home/dev"),
        "agent:x:1000:1000:agent:/home/dev:/bin/sh"
    );
    for odd in ["/a:0:0", "/a\nroot:x:0:0::/:", "relative"] {
        assert_eq!(home(odd), "agent:x:1000:1000:agent:/tmp:/bin/sh", "{odd:?}");
    }
}

#[test]
fn a_time_zone_takes_the_place_of_the_hosts() {
    let host = "filesystem:\n  immutable_paths: [{host_path: /etc/localtime, sandbox_path: /etc/localtime}]\n";
    let action = |process: &str| {
        let ir = lowered(&format!("name: a\n{host}{process}"));
        step(&ir, "/etc/localtime").action.clone()
    };
    assert!(matches!(action(""), Action::Bind { .. }));
    assert!(
        matches!(action("process: {timezone: UTC}\n"), Action::Symlink(to) if to.ends_with("/UTC"))
    );
}
