//! Files that a policy contains: there, as they are, whatever the program does.

use super::inside::{facts_under, script};
use purple_tests::policy::{Policy, compile};
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};

scenarios! { they_stay_as_they_are they_take_the_place_of_files_of_every_sandbox none_is_made_on_the_host }

fn policy(place: &TestDir, files: &[(&str, &str, bool)]) -> Policy {
    let entry = |(path, content, executable): &(&str, &str, bool)| {
        format!("{{sandbox_path: {path}, content: {content:?}, executable: {executable}}}")
    };
    let all: Vec<String> = files.iter().map(entry).collect();
    Policy::new(place)
        .filesystem("scratch_paths: [{sandbox_path: /scratch, noexec: true}]")
        .filesystem(&format!("files: [{}]", all.join(", ")))
}

fn they_stay_as_they_are(place: &TestDir) {
    let program = "#!/bin/sh\nexit 7\n";
    let policy = policy(
        place,
        &[
            ("/etc/settings", "one", false),
            ("/opt/deep/settings", "two", false),
            ("/scratch/settings", "three", false),
            ("/scratch/deep/er/settings", "four", false),
            ("/tmp/settings", "${user} ~/\n", false),
            ("/opt/run", program, true),
            ("/tmp/run", program, true),
            ("/scratch/run", program, true),
        ],
    );
    let found = facts_under(
        place,
        &policy,
        include_str!("../probes/change_inline_files.py"),
    );
    let contents = ["one", "two", "three", "four", "${user} ~/\n"];
    assert_eq!(found["after"], json!(contents));
    // In a private directory without programs, a program of the policy is none either.
    assert_eq!(found["programs"], json!([7, 7, 126, 126]), "{found}");
    let changed = found["changed"].as_object().expect("what was done");
    assert_eq!(changed.len(), contents.len());
    for (path, done) in changed {
        let done = done.as_object().expect("each with its end");
        for (change, end) in done.iter().filter(|(change, _)| *change != "content") {
            let refused = ["EROFS", "EBUSY", "EACCES", "EPERM", "EXDEV", "ENOTEMPTY"];
            assert!(
                refused.iter().any(|name| end == name),
                "{path}: {change}: {end}"
            );
        }
        // A private directory is writable, so that each of these was tried.
        let is_private = path.starts_with("/scratch") || path.starts_with("/tmp");
        assert_eq!(done.contains_key("replace"), is_private, "{path}");
    }
    assert!(changed["/scratch/deep/er/settings"]["further above"].is_string());
}

fn they_take_the_place_of_files_of_every_sandbox(place: &TestDir) {
    let hosts = "127.0.0.1 localhost\n192.0.2.7 registry\n";
    let policy = policy(place, &[("/etc/hosts", hosts, false)]);
    let text = "show(hosts=read('/etc/hosts'), passwd=read('/etc/passwd').split(':')[0])";
    let found = facts_under(place, &policy, text);
    assert_eq!(found, json!({"hosts": hosts, "passwd": "agent"}));
}

/// A file below a path of the host is refused when the policy is compiled; many files together have room.
fn none_is_made_on_the_host(place: &TestDir) {
    for path in ["/usr/local/purple-e2e-file", "/output/file"] {
        let policy = policy(place, &[(path, "x", false)]);
        let out = compile(&policy.write(place), &place.at("plan.bin"));
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(
            !out.status.success() && said.contains("error[file-in-host-path]"),
            "{said}"
        );
    }
    assert!(!place.at("output/file").exists());

    let names: Vec<String> = (0..400).map(|at| format!("/many/{at}")).collect();
    let mut files: Vec<(&str, &str, bool)> = names
        .iter()
        .map(|name| (name.as_str(), "x", false))
        .collect();
    let large = "x".repeat(500 << 10);
    files.push(("/large", &large, false));
    let plan = policy(place, &files).compile(place);
    let text = "show(many=len(os.listdir('/many')), large=os.stat('/large').st_size)";
    let done = Run::new(place, &plan, &["/usr/bin/python3", "-ISc", &script(text)]).finish();
    let expected: Value = json!({"many": 400, "large": 500 << 10});
    assert_eq!(done.facts(), expected);
}
