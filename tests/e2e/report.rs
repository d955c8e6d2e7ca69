//! The report: one JSON object that says what was enforced and how it ended.

use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use purple_tests::policy::Policy;
use purple_tests::repository::root;
use purple_tests::run::{Run, executor};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

scenarios! {
    a_device_keeps_its_mode
    says_what_was_enforced
    any_argument_is_one_line_of_json
    is_for_its_owner_only
    a_report_that_cannot_be_written_is_refused
    says_when_nothing_was_started
    says_that_there_was_no_probe
}

/// Holds a report or a record against the schema that is shipped.
#[track_caller]
pub(crate) fn fits(schema: &str, value: &Value) {
    let path = root().join(format!("schema/report/{schema}.schema.json"));
    let schema = fs::read_to_string(path).expect("the schema");
    let schema = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors = validator.iter_errors(value).map(|error| error.to_string());
    assert_eq!(errors.collect::<Vec<_>>(), Vec::<String>::new(), "{value}");
}

fn says_what_was_enforced(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let done = Run::new(place, &plan, &["sh", "-c", "exit 3"])
        .report()
        .finish();
    let report = done.report.expect("a report");
    let keys: Vec<&String> = report.as_object().expect("an object").keys().collect();
    let expected = [
        "plan",
        "policy",
        "compiler",
        "command",
        "outcome",
        "status",
        "exit_code",
        "signal",
        "started_at",
        "wall_seconds",
        "cpu_user_seconds",
        "cpu_system_seconds",
        "peak_memory_bytes",
        "cgroup",
        "unenforced",
        "disk_io_bytes",
        "receipt",
        "denied",
        "denied_beyond",
        "denied_whole",
        "network",
        "connections",
        "repositories",
    ];
    assert_eq!(keys, expected);
    fits("report", &report);
    let bytes = fs::read(&plan).expect("the plan");
    let digest = purple_plan::Plan::decode(&bytes).expect("a plan").digest;
    let digest: String = digest
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(report["plan"], format!("sha256:{digest}"));
    assert_eq!(report["policy"], "e2e");
    assert_eq!(
        report["compiler"],
        concat!("purplec ", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(report["command"], json!(["sh", "-c", "exit 3"]));
    assert_eq!(
        (&report["outcome"], &report["exit_code"], &report["signal"]),
        (&json!("exited"), &json!(3), &json!(null))
    );
    assert_eq!(report["status"], "failed");
    for key in [
        "denied",
        "denied_beyond",
        "denied_whole",
        "network",
        "connections",
        "repositories",
    ] {
        assert!(report[key].is_null(), "there is nothing to say of {key}");
    }
    assert!(
        report["wall_seconds"]
            .as_f64()
            .is_some_and(|seconds| seconds > 0.0 && seconds < 60.0)
    );
    assert!(
        report["peak_memory_bytes"]
            .as_u64()
            .is_some_and(|bytes| bytes > 4096)
    );
    assert_eq!(report["unenforced"], json!([]));

    let receipt = &report["receipt"];
    assert_eq!(
        receipt["namespaces"],
        json!(["user", "pid", "mount", "network", "ipc", "uts", "cgroup"])
    );
    assert_eq!(receipt["no_new_privs"], true);
    let none = "0000000000000000";
    assert_eq!(
        receipt["capabilities"],
        json!({"bounding": none, "inheritable": none, "permitted": none,
        "effective": none, "ambient": none})
    );
    assert!(
        receipt["mounts_read_back"]
            .as_u64()
            .is_some_and(|count| count > 20),
        "{receipt}"
    );
    assert_eq!(receipt["settings_read_back"], 5);
    assert_eq!(receipt["seccomp"]["probe"], "EPERM");
    assert!(
        receipt["seccomp"]["instructions"]
            .as_u64()
            .is_some_and(|count| count > 10),
        "{receipt}"
    );
}

fn any_argument_is_one_line_of_json(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let long = vec![b'x'; 70_000];
    let arguments: [&[u8]; 7] = [
        b"two\nlines\r\n",
        b"\"quoted\" \\ back",
        b"\x1b[31mred\x07\x7f\x01",
        b"bad \xff\xfe utf-8 \xc3",
        "wide \u{1F980} \u{2028} \u{85} \u{202E}".as_bytes(),
        b"",
        &long,
    ];
    let mut run = Run::new(place, &plan, &["sh", "-c", "printf '%s\\0' \"$@\"", "sh"]).report();
    for argument in arguments {
        run = run.argument(OsStr::from_bytes(argument));
    }
    let done = run.finish();
    let mut expected: Vec<u8> = arguments.join(&0);
    expected.push(0);
    assert!(done.stdout == expected, "the program gets every byte");
    let text = place.read("report.json");
    assert_eq!(text.lines().count(), 1);
    assert!(
        text.trim_end()
            .chars()
            .all(|character| !character.is_control()),
        "{text}"
    );
    let report = done.report.expect("a report");
    fits("report", &report);
    let command = report["command"].as_array().expect("a list");
    let found: Vec<&str> = command
        .iter()
        .skip(4)
        .filter_map(|word| word.as_str())
        .collect();
    let wanted: Vec<_> = arguments
        .iter()
        .map(|bytes| String::from_utf8_lossy(bytes))
        .collect();
    assert_eq!(found, wanted);
}

fn is_for_its_owner_only(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let wrapper = ["sh", "-c", "umask 0; exec \"$@\"", "sh"];
    let done = Run::new(place, &plan, &["true"])
        .wrapped(&wrapper)
        .report()
        .finish();
    assert_eq!(done.good(), "");
    let status = place.at("report.json").metadata().expect("the report");
    assert_eq!(
        (status.mode() & 0o7777, status.uid()),
        (0o600, place.who.uid)
    );
}

fn a_report_that_cannot_be_written_is_refused(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let plan = plan.to_str().expect("UTF-8");
    let target = place.file("target", "not a report\n");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o666)).expect("its own file");
    symlink(&target, place.at("link")).expect("a link");
    for (name, errno) in [
        ("none/report", "ENOENT"),
        ("output", "EISDIR"),
        ("link", "ELOOP"),
    ] {
        let path = place.text(name);
        let done = executor(
            place,
            &["--report", &path, plan, "--", "touch", "/output/started"],
        );
        done.refused(125, &format!("report: {path}: {errno}"));
    }
    assert_eq!(place.read("target"), "not a report\n");
    assert!(!place.at("output/started").exists());
}

fn says_when_nothing_was_started(place: &TestDir) {
    let policies = [
        Policy::new(place).starts_in("/output/none"),
        Policy::new(place).shows(&place.text("none"), "/shown"),
        Policy::new(place).shows(&place.text("host"), "/output/none"),
        Policy::new(place).section("ebpf_monitoring: {enabled: true}"),
    ];
    for policy in policies {
        let plan = policy.compile(place);
        let done = Run::new(place, &plan, &["true"]).report().finish();
        let report = done.report.expect("a report");
        assert_eq!(
            (&report["outcome"], &report["exit_code"]),
            (&json!("refused"), &json!(125))
        );
        assert_eq!(report["status"], "refused");
        fits("report", &report);
        assert_eq!(
            (&report["receipt"], &report["signal"]),
            (&json!(null), &json!(null))
        );
    }
}

/// Where every denial kills, there is no call to probe the filter with.
fn says_that_there_was_no_probe(place: &TestDir) {
    let policy = Policy::new(place).syscalls(&["default_deny: false", "on_deny: kill"]);
    let done = Run::new(place, &policy.compile(place), &["true"])
        .report()
        .finish();
    assert_eq!(done.good(), "");
    let seccomp = &done.report.expect("a report")["receipt"]["seccomp"];
    assert!(
        seccomp["probe"].is_null() && seccomp["instructions"].is_u64(),
        "{seccomp}"
    );
}

/// A file that takes the report is for its owner alone. A device is everybody's, and stays so.
fn a_device_keeps_its_mode(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let file = place.file("report", "old");
    let report = |path: &Path| {
        let option = ["--report", path.to_str().expect("a path in UTF-8")];
        Run::new(place, &plan, &["true"])
            .option(&option)
            .finish()
            .good();
        path.metadata().expect("it is there").permissions().mode() & 0o777
    };
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).expect("its own file");
    assert_eq!(report(&file), 0o600);
    if !place.who.is_root() {
        return;
    }
    let device = place.at("null");
    let all = Mode::from_bits_truncate(0o666);
    mknod(&device, SFlag::S_IFCHR, all, makedev(1, 3)).expect("root may make one");
    fs::set_permissions(&device, fs::Permissions::from_mode(0o666)).expect("its own file");
    assert_eq!(report(&device), 0o666);
}
