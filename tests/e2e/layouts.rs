//! The shipped profiles on hosts of other layouts: root trees made here, with a static program in the place of all others.

use super::inside::{PYTHON, python};
use purple_tests::identity::{can_mount, skip};
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, finish, piped};
use purple_tests::test_dir::{TestDir, binary};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

scenarios! {
    programs_start_on_every_layout
    a_layout_that_cannot_be_shown_is_named
    a_link_into_usr_stays_a_link
}

/// What a host has, below its root: directories, links, and the program by these names.
struct Layout {
    name: &'static str,
    links: &'static [(&'static str, &'static str)],
    programs: &'static [&'static str],
    /// What is started: by a name that is looked up, and by paths.
    starts: &'static [&'static str],
}

const LAYOUTS: [Layout; 5] = [
    Layout {
        name: "Debian, Fedora and Arch",
        links: &[
            ("bin", "usr/bin"),
            ("lib", "usr/lib"),
            ("lib64", "usr/lib64"),
            ("sbin", "usr/sbin"),
        ],
        programs: &["usr/bin/tool", "usr/sbin/admin"],
        starts: &["tool", "/bin/tool", "admin"],
    },
    Layout {
        name: "Silverblue",
        links: &[
            ("bin", "usr/bin"),
            ("lib64", "usr/lib64"),
            ("home", "var/home"),
            ("usr/local", "../var/usrlocal"),
            ("etc/localtime", "../usr/share/zoneinfo/Nowhere"),
        ],
        programs: &["usr/bin/tool"],
        starts: &["tool", "/bin/tool"],
    },
    Layout {
        name: "Alpine",
        links: &[("etc/localtime", "/etc/zoneinfo/Europe/Nowhere")],
        programs: &["bin/tool", "sbin/admin", "lib/library", "usr/bin/other"],
        starts: &["tool", "/bin/tool", "/sbin/admin", "other", "/lib/library"],
    },
    Layout {
        name: "NixOS",
        links: &[
            ("run/current-system", "/nix/store/abc-system"),
            ("nix/store/abc-system/sw", "/nix/store/abc-system-path"),
            (
                "nix/store/abc-system-path/bin/tool",
                "/nix/store/abc-tool/bin/tool",
            ),
            ("bin/sh", "/nix/store/abc-tool/bin/tool"),
            ("usr/bin/env", "/nix/store/abc-tool/bin/tool"),
        ],
        programs: &["nix/store/abc-tool/bin/tool"],
        starts: &[
            "tool",
            "/bin/sh",
            "/usr/bin/env",
            "/run/current-system/sw/bin/tool",
        ],
    },
    Layout {
        name: "Guix",
        links: &[
            ("run/current-system", "/gnu/store/abc-system"),
            ("gnu/store/abc-system/profile", "/gnu/store/abc-profile"),
            (
                "gnu/store/abc-profile/bin/tool",
                "/gnu/store/abc-tool/bin/tool",
            ),
            ("bin/sh", "/gnu/store/abc-tool/bin/tool"),
            ("usr/bin/env", "/gnu/store/abc-tool/bin/tool"),
        ],
        programs: &["gnu/store/abc-tool/bin/tool"],
        starts: &["tool", "/bin/sh", "/usr/bin/env"],
    },
];

/// The program that stands for all: it is static, and prints its version.
const PROGRAM: &str = "purple-exec";

fn make(path: &Path) -> &Path {
    fs::create_dir_all(path.parent().expect("a directory")).expect("it can be made");
    path
}

/// A host's root with a plan of `base` in it.
fn root(place: &TestDir, links: &[(&str, &str)], programs: &[&str]) -> PathBuf {
    let root = place.at("root");
    if root.exists() {
        fs::remove_dir_all(&root).expect("its own");
    }
    for name in programs.iter().copied().chain(["opt/purple/purple-exec"]) {
        fs::copy(binary(PROGRAM), make(&root.join(name))).expect("a copy");
    }
    for (name, target) in links {
        symlink(target, make(&root.join(name))).expect("a link");
    }
    let policy = place.at("layout.yaml");
    fs::write(&policy, "name: layout\nextends: base\n").expect("a file");
    let compiled = Command::new(binary("purplec"))
        .args(["compile", "-o"])
        .args([&root.join("opt/purple/plan"), &policy])
        .output()
        .expect("purplec starts");
    assert!(compiled.status.success(), "{compiled:?}");
    root
}

fn run(place: &TestDir, root: &Path, program: &str) -> Finished {
    let (uid, gid) = (place.who.uid.to_string(), place.who.gid.to_string());
    let probe = place.at("other_root.py");
    fs::write(&probe, include_str!("../probes/other_root.py")).expect("a file");
    let mut command = Command::new(PYTHON);
    command.arg("-IS").args([&probe, root]).args([&uid, &gid]);
    command.args([
        "/opt/purple/purple-exec",
        "--unenforced",
        "cgroup",
        "/opt/purple/plan",
        "--",
    ]);
    command.args([program, "--version"]);
    finish(piped(&mut command), b"", Duration::from_secs(20))
}

fn programs_start_on_every_layout(place: &TestDir) {
    if !can_mount("layouts-programs_start_on_every_layout") {
        return;
    }
    for layout in LAYOUTS {
        let root = root(place, layout.links, layout.programs);
        for program in layout.starts {
            let done = run(place, &root, program);
            assert_eq!(done.code(), 0, "{}: {program}: {done}", layout.name);
            assert!(done.out().starts_with("purple-exec "), "{done}");
        }
        fs::remove_dir_all(root).expect("its own");
    }
}

/// Bad layouts end in a message, and soon.
fn a_layout_that_cannot_be_shown_is_named(place: &TestDir) {
    if !can_mount("layouts-a_layout_that_cannot_be_shown_is_named") {
        return;
    }
    let refused = |links: &[(&str, &str)], programs: &[&str], program: &str, says: &str| {
        let done = run(place, &root(place, links, programs), program);
        assert!(matches!(done.code(), 125..=127), "{done}");
        assert!(done.stderr.contains(says), "{says}: {done}");
    };
    refused(
        &[],
        &["bin/tool"],
        "tool",
        "the host path /usr does not exist: ENOENT (base line ",
    );
    let circle = [("bin", "lib"), ("lib", "bin")];
    refused(
        &circle,
        &["usr/bin/tool"],
        "tool",
        "mount: /bin: ELOOP (base line ",
    );
    refused(
        &[("bin", "bin")],
        &["usr/bin/tool"],
        "tool",
        "mount: /bin: ELOOP (base line ",
    );
    refused(
        &[],
        &["usr/bin/tool", "srv/tool"],
        "/srv/tool",
        "/srv/tool: ",
    );
    fs::remove_dir_all(place.at("root")).expect("its own");
}

/// What a program finds at /bin under `base` and what is changed of it.
fn found_at_bin(place: &TestDir, change: impl FnOnce(Policy) -> Policy) -> Value {
    let plan = change(Policy::bare(place).section("extends: base")).compile(place);
    let run = python(place, &plan, include_str!("../probes/at_bin.py"));
    let done = run.option(&["--unenforced", "cgroup"]).finish();
    serde_json::from_str(&done.out()).expect("one JSON value")
}

/// A directory that the host has as a link into /usr is that link inside too, and no mount, unless the policy puts
/// something below it.
fn a_link_into_usr_stays_a_link(place: &TestDir) {
    let name = "layouts-a_link_into_usr_stays_a_link";
    if fs::read_link("/bin").ok() != Some(PathBuf::from("usr/bin")) {
        return skip(name, "/bin is no link to usr/bin");
    }
    let kept = json!({"link": "usr/bin", "mounted": false, "shell": true});
    let mounted = json!({"link": null, "mounted": true, "shell": true});
    assert_eq!(found_at_bin(place, |policy| policy), kept);
    let masked = |policy: Policy| policy.filesystem("masked_paths: [/bin/true]");
    assert_eq!(found_at_bin(place, masked), mounted);
}
