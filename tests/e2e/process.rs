//! The section `process`: the host name, the user name and the time zone inside, and the permissions of new files.

use super::inside::{facts, facts_under};
use purple_tests::identity::skip;
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

scenarios! { names_and_mask_are_the_policys what_the_environment_says_goes_first the_user_may_be_the_callers a_time_zone }

const PROBE: &str = include_str!("../probes/who_and_where.py");

/// The permissions of something that the program has created.
fn mode(place: &TestDir, name: &str) -> u32 {
    let status = fs::symlink_metadata(place.at(name)).expect("it was created");
    status.permissions().mode() & 0o7777
}

fn names_and_mask_are_the_policys(place: &TestDir) {
    let policy = Policy::new(place)
        .environment(&[("HOME", "/output")], &[])
        .section("process: {umask: \"027\", hostname: build.example, user: dev}");
    let found = facts_under(place, &policy, PROBE);
    let expected = json!({
        "uname": "build.example", "hostname": "build.example\n",
        "hosts": "127.0.0.1 localhost build.example\n::1 localhost build.example\n", "set": "EPERM",
        "account": ["dev", "/output"], "id": "dev", "group": "dev", "by_name": true, "variables": ["dev", "dev"],
        "umask": 0o027, "resolved": "127.0.0.1",
    });
    assert_eq!(found, expected);
    assert_eq!(
        (mode(place, "output/file"), mode(place, "output/dir")),
        (0o640, 0o750)
    );
    // The mask is a default: a program can change its own.
    assert_eq!(mode(place, "output/open"), 0o666);

    for made in ["output/file", "output/open"] {
        fs::remove_file(place.at(made)).expect("it is there");
    }
    fs::remove_dir(place.at("output/dir")).expect("it is there");
    let found = facts(place, PROBE);
    let names = [&found["uname"], &found["id"], &found["variables"][0]];
    assert_eq!(names, [&json!("purple"), &json!("agent"), &json!("agent")]);
    assert_eq!(
        (mode(place, "output/file"), &found["umask"]),
        (0o644, &json!(0o022))
    );
}

fn what_the_environment_says_goes_first(place: &TestDir) {
    let policy = Policy::new(place)
        .environment(&[("USER", "other")], &[])
        .section("process: {user: dev}");
    let found = facts_under(place, &policy, PROBE);
    assert_eq!(
        (&found["variables"], &found["id"]),
        (&json!(["other", "dev"]), &json!("dev"))
    );
}

/// `purple run` knows the caller's name.
fn the_user_may_be_the_callers(place: &TestDir) {
    install(place);
    Policy::new(place)
        .section("process: {user: \"${user}\"}")
        .write(place);
    let words = [
        "run",
        "--policy",
        "policy.yaml",
        "--",
        "sh",
        "-c",
        "id -un; echo $USER $LOGNAME",
    ];
    let done = finished(purple(place, &words));
    let own = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(place.who.uid));
    let name = own
        .expect("the users can be read")
        .expect("the caller is one")
        .name;
    assert_eq!(done.out(), format!("{name}\n{name} {name}\n"), "{done}");
}

fn a_time_zone(place: &TestDir) {
    if !Path::new("/usr/share/zoneinfo/Asia/Tokyo").exists() {
        return skip(
            "process-a-time-zone",
            "this host has no /usr/share/zoneinfo",
        );
    }
    let probe = include_str!("../probes/time_zone.py");
    let policy = Policy::new(place)
        .shows_if_there("/etc/localtime", "/etc/localtime")
        .section("process: {timezone: Asia/Tokyo}");
    let found = facts_under(place, &policy, probe);
    let expected = json!({"variable": "Asia/Tokyo", "by_variable": "JST 09", "by_link": "JST 09",
        "link": "../usr/share/zoneinfo/Asia/Tokyo", "changed": ["EROFS", "EEXIST"]});
    assert_eq!(found, expected);
}
