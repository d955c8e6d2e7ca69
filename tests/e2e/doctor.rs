//! `purple doctor`: what it says of this host is what runs find, and nothing is left behind.

use super::inside::PYTHON;
use purple_tests::operator::{copy, without_environment};
use purple_tests::policy::Policy;
use purple_tests::repository::root;
use purple_tests::run::{Run, finish, piped};
use purple_tests::stand_in::{purple_net, stand_in, tell};
use purple_tests::test_dir::{TestDir, binary};
use purplec::syscalls::{Arch, syscall_number};
use serde_json::{Value, json};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};
use std::time::Duration;

scenarios! {
    it_says_what_runs_find
    a_call_that_a_filter_hides_is_named
    the_compiler_reads_its_targets
    a_host_with_little_on_it_is_described
    a_filtered_network_is_tried_part_by_part
    purple_net_is_looked_at_before_it_is_started
    without_network_namespaces_it_says_so
}

/// Runs `purple doctor` as the place's owner, behind a wrapper that runs as the caller.
fn doctor(place: &TestDir, wrapper: &[&str], arguments: &[&str]) -> (i32, String) {
    if !place.at("purple").exists() {
        copy(place);
    }
    let mut words: Vec<String> = wrapper.iter().map(|&word| word.to_owned()).collect();
    words.extend([place.text("purple"), "doctor".to_owned()]);
    words.extend(arguments.iter().map(|&argument| argument.to_owned()));
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir(place.at("output"));
    without_environment(&mut command)
        .env("PATH", "/usr/bin:/bin:/usr/sbin")
        .env("HOME", place.at("output"));
    if wrapper.is_empty() && !place.who.is_root() && nix::unistd::Uid::effective().is_root() {
        command.uid(place.who.uid).gid(place.who.gid);
    }
    let done = finish(piped(&mut command), &[], Duration::from_mins(1));
    assert_eq!(done.stderr, "", "{done}");
    let left = std::fs::read_dir(place.at("output"))
        .expect("a directory")
        .count();
    assert!(
        left == 0 || arguments.contains(&"--target"),
        "{left} files are left"
    );
    (done.code(), done.out())
}

fn purplec(arguments: &[&str]) -> Output {
    Command::new(binary("purplec"))
        .args(arguments)
        .output()
        .expect("purplec starts")
}

/// What `--json` prints, which is what the schema promises.
fn report(place: &TestDir, wrapper: &[&str]) -> Value {
    let (code, text) = doctor(place, wrapper, &["--json"]);
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let schema = std::fs::read_to_string(root().join("schema/doctor.schema.json")).expect("a file");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::draft7::new(&schema).expect("a schema");
    let broken: Vec<_> = validator
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert!(broken.is_empty(), "{broken:?}\n{text}");
    let ids = schema
        .pointer("/properties/checks/items/properties/id/enum")
        .expect("names");
    for id in ids.as_array().expect("a list") {
        let found = report["checks"].as_array().expect("a list").iter();
        assert_eq!(found.filter(|check| check["id"] == *id).count(), 1, "{id}");
    }
    assert_eq!(code, i32::from(report["ready"] == false), "{text}");
    assert_eq!(
        report["user"],
        if place.who.is_root() {
            "root"
        } else {
            "ordinary"
        }
    );
    report
}

fn check<'r>(report: &'r Value, id: &str) -> &'r Value {
    let checks = report["checks"].as_array().expect("a list");
    checks
        .iter()
        .find(|check| check["id"] == id)
        .expect("a check")
}

fn state<'r>(report: &'r Value, id: &str) -> &'r str {
    check(report, id)["state"].as_str().expect("a word")
}

fn it_says_what_runs_find(place: &TestDir) {
    let found = report(place, &[]);
    // The other tests run sandboxes here, so that all of these work.
    for id in [
        "user-namespaces",
        "mounts",
        "proc",
        "pivot-root",
        "seccomp",
        "purple-exec",
        "run",
    ] {
        assert_eq!(state(&found, id), "ok", "{id}: {found:#}");
    }
    let limits = Policy::new(place)
        .section("resources: {pids_limit: 20}\n")
        .compile(place);
    let done = Run::new(place, &limits, &["/bin/true"]).finish();
    let can_limit = matches!(state(&found, "cgroup"), "ok" | "degraded");
    assert_eq!(done.code() == 0, can_limit, "{done}\n{found:#}");
    let (_, text) = doctor(place, &[], &[]);
    assert!(text.lines().all(|line| !line.contains('\u{1b}')), "{text}");
    let worst = if found["ready"] == true {
        ""
    } else {
        "missing "
    };
    assert!(text.starts_with(worst), "{text}");
}

/// Behind a filter that answers one call, as that of a container.
fn a_call_that_a_filter_hides_is_named(place: &TestDir) {
    let whole = report(place, &[]);
    assert_eq!(state(&whole, "calls"), "ok", "{whole:#}");
    let probe = place.file("filter.py", include_str!("../probes/answer_one_call.py"));
    let probe = probe.to_str().expect("UTF-8");
    let as_owner = if place.who.is_root() {
        Vec::new()
    } else {
        place.who.setpriv()
    };
    for (call, errno) in [
        ("clone3", "ENOSYS"),
        ("openat2", "ENOSYS"),
        ("close_range", "EPERM"),
        ("faccessat2", "EPERM"),
        ("memfd_create", "EPERM"),
        ("pivot_root", "EPERM"),
    ] {
        let number = syscall_number(Arch::X86_64, call)
            .expect("a number")
            .to_string();
        let mut wrapper: Vec<&str> = as_owner.iter().map(String::as_str).collect();
        wrapper.extend([PYTHON, "-IS", probe, &number, errno]);
        let found = report(place, &wrapper);
        let calls = check(&found, "calls");
        let said = calls["found"].as_str().expect("text");
        assert!(said.starts_with(&format!("{call}: {errno} (")), "{calls:#}");
        let fix = format!("a filter over this shell hides {call}(2): ");
        assert!(
            calls["fix"].as_str().expect("text").starts_with(&fix),
            "{calls:#}"
        );
        assert_eq!(found["ready"], false);
        let run = check(&found, "run");
        if run["state"] == "missing" {
            let fix = run["fix"].as_str().expect("text");
            assert!(fix.starts_with("fix what is missing first: "), "{run:#}");
            assert!(fix.contains("calls"), "{run:#}");
        }
    }
}

fn the_compiler_reads_its_targets(place: &TestDir) {
    let _helper = purple_net(place);
    let (_, text) = doctor(place, &[], &["--target", "target.json"]);
    assert!(text.contains("user-namespaces"), "{text}");
    let target = place.text("output/target.json");
    let written = std::fs::read_to_string(&target).expect("it is written");
    let (_, printed) = doctor(place, &[], &["--target", "-"]);
    assert_eq!(written, printed);
    let name = nix::sys::utsname::uname().expect("a name");
    let host = name.nodename().to_string_lossy().into_owned();
    assert!(
        !written.contains(&format!("\"{host}\"")) && !written.contains('/'),
        "{written}"
    );

    let policy = place.file("policy.yaml", "name: a\n");
    let policy = policy.to_str().expect("UTF-8");
    let done = purplec(&["check", "--target", &target, policy]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stdout)
    );
    // What of a filtered network the host does not have is named at the line that asks for one.
    let text = "name: a\nnetwork: {mode: filtered, allow: [example.org]}\nresources: {session_timeout_seconds: 60}\n";
    let filtered = place.file("filtered.yaml", text);
    let filtered = filtered.to_str().expect("UTF-8");
    let mut whole: Value = serde_json::from_str(&written).expect("JSON");
    let parts = ["routes", "nf_tables", "nft_tproxy", "nf_log", "purple_net"];
    assert_eq!(whole["filtered_network"], json!(parts));
    for (missing, says) in [
        (None, "nothing found"),
        (Some("nft_tproxy"), "modprobe nft_tproxy"),
        (Some("nf_log"), "modprobe -a nft_log nfnetlink_log"),
        (
            Some("purple_net"),
            "install purple, purple-exec and purple-net",
        ),
    ] {
        let left = parts.iter().filter(|part| missing != Some(**part));
        whole["filtered_network"] = left.copied().collect();
        let poor = place.file("poor.json", whole.to_string());
        let done = purplec(&["check", "--target", poor.to_str().expect("UTF-8"), filtered]);
        assert_eq!(done.status.success(), missing.is_none(), "{missing:?}");
        let said = String::from_utf8_lossy(&done.stdout).into_owned()
            + &String::from_utf8_lossy(&done.stderr);
        let named = said.contains("filtered.yaml:2:11: error[target-network-missing]");
        assert!(said.contains(says) && named == missing.is_some(), "{said}");
    }
    let older = place.file(
        "older.json",
        written.replace("\"landlock\": ", "\"landlock\": 0, \"x\": "),
    );
    let done = purplec(&["check", "--target", older.to_str().expect("UTF-8"), policy]);
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("unknown field `x`"));
}

/// Without /proc, and in a chroot(2) where no user namespace can be made.
fn a_host_with_little_on_it_is_described(place: &TestDir) {
    if !place.who.is_root() {
        // It takes root to make such a host.
        return;
    }
    let bare = report(
        place,
        &[
            "unshare",
            "-m",
            "sh",
            "-c",
            "umount -l /proc && exec \"$@\"",
            "sh",
        ],
    );
    assert_eq!(state(&bare, "host-proc"), "missing", "{bare:#}");
    assert_eq!(state(&bare, "run"), "untried", "{bare:#}");
    assert_eq!(state(&bare, "seccomp"), "ok", "{bare:#}");
    // As container runtimes cover parts of /proc.
    let cover = "mount --bind /dev/null /proc/version && exec \"$@\"";
    let covered = report(place, &["unshare", "-m", "sh", "-c", cover, "sh"]);
    let proc = check(&covered, "proc");
    assert_eq!(proc["state"], "missing", "{covered:#}");
    let fix = proc["fix"].as_str().expect("text");
    assert!(fix.contains("systempaths=unconfined"), "{proc:#}");
    let run = check(&covered, "run");
    assert_eq!(run["fix"], "fix what is missing first: proc", "{run:#}");
    let jail = place.dir("jail");
    let script = format!(
        "mount --bind / {0} && cd / && exec chroot {0} \"$@\"",
        jail.display()
    );
    let jailed = report(place, &["unshare", "-m", "sh", "-c", &script, "sh"]);
    assert_eq!(state(&jailed, "user-namespaces"), "missing", "{jailed:#}");
    assert_eq!(state(&jailed, "namespaces"), "missing", "{jailed:#}");
    assert_eq!(jailed["ready"], false);
}

/// What the kernel must have for a filtered network.
const KERNEL: [&str; 4] = ["network-routes", "nf-tables", "nft-tproxy", "nf-log"];

fn a_filtered_network_is_tried_part_by_part(place: &TestDir) {
    let _helper = purple_net(place);
    let found = report(place, &[]);
    // The other tests run sandboxes with filtered networks here, so that all of these work.
    for id in KERNEL.into_iter().chain(["purple-net", "filtered-run"]) {
        let check = check(&found, id);
        assert_eq!(check["state"], "ok", "{check:#}");
        assert_eq!(check["required"], false, "{check:#}");
        assert_eq!(check["layer"], "network", "{check:#}");
    }
    let version = format!("version {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(check(&found, "purple-net")["found"], version.as_str());
}

fn purple_net_is_looked_at_before_it_is_started(place: &TestDir) {
    let says = |expected: &str| {
        let found = report(place, &[]);
        let helper = check(&found, "purple-net");
        let text = helper["found"].as_str().expect("text");
        assert!(text.contains(expected), "{helper:#}");
        assert_eq!(helper["state"], "degraded", "{helper:#}");
        assert!(
            helper["fix"]
                .as_str()
                .expect("text")
                .contains("one release")
        );
        assert_eq!(
            check(&found, "filtered-run")["found"],
            "it needs purple-net"
        );
        for id in KERNEL {
            assert_eq!(state(&found, id), "ok", "{found:#}");
        }
    };
    says("purple-net cannot be found: ");
    let helper = stand_in(place, "another version");
    says("it has version 0.0.0, and purple has ");
    tell(place, "another program");
    says("purple-net is another program");
    std::fs::set_permissions(&helper, Permissions::from_mode(0o775)).expect("its own");
    says("purple-net can be written to by others");
    std::fs::remove_file(&helper).expect("its own");
    std::os::unix::fs::symlink("/bin/true", &helper).expect("a link");
    says("purple-net is not a regular file");
}

fn without_network_namespaces_it_says_so(place: &TestDir) {
    let helper = purple_net(place);
    // Inside, only this user's files have an owner.
    std::os::unix::fs::chown(&helper, Some(place.who.uid), None).expect("its own");
    let script = "echo 0 > /proc/sys/user/max_net_namespaces; exec \"$@\"";
    let inside = [
        "unshare",
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        script,
        "sh",
    ];
    // In its own user namespace everybody is root.
    let (_, text) = if place.who.is_root() {
        doctor(place, &inside, &["--json"])
    } else {
        let as_owner = place.who.setpriv();
        let as_owner = as_owner.iter().map(String::as_str);
        let wrapper: Vec<&str> = as_owner.chain(inside).collect();
        doctor(place, &wrapper, &["--json"])
    };
    let found: Value = serde_json::from_str(&text).expect("JSON");
    let routes = check(&found, "network-routes");
    assert_eq!(routes["state"], "degraded", "{found:#}");
    assert_eq!(routes["fix"], "sysctl -w user.max_net_namespaces=15000");
    for id in &KERNEL[1..] {
        assert_eq!(
            check(&found, id)["found"],
            "it needs a user and a network namespace",
            "{found:#}"
        );
    }
    assert_eq!(state(&found, "purple-net"), "ok", "{found:#}");
    assert_eq!(state(&found, "filtered-run"), "degraded", "{found:#}");
}
