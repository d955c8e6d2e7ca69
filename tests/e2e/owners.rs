//! Whose the program's files and processes are, seen from the host.

use crate::inside::{facts_under, python};
use nix::unistd::{Gid, Uid, chown};
use purple_tests::host::processes;
use purple_tests::place::Place;
use purple_tests::policy::Policy;
use purple_tests::run::{Run, finish};
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::Duration;

scenarios! { the_process_is_nobody_else files_belong_to_the_directorys_owner other_peoples_files_stay_theirs }

fn the_process_is_nobody_else(place: &Place) {
    let plan = Policy::new(place).compile(place);
    let mut child = Run::new(place, &plan, &["sh", "-c", "echo ready; cat > /dev/null; :"]).start();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    assert!(out.read_line(&mut String::new()).is_ok());
    let listed = processes(place);
    let shell = listed.iter().find_map(|line| line.strip_suffix(" sh")).expect("the shell");
    let status = fs::read_to_string(format!("{shell}/status")).expect("its status");
    let outside = place.who.outside();
    let uids = format!("Uid:\t{outside}\t{outside}\t{outside}\t{outside}\n");
    assert!(status.contains(&uids), "{status}");
    let gid = if place.who.is_root() { outside } else { place.who.gid };
    assert!(status.contains(&format!("Gid:\t{gid}\t{gid}\t{gid}\t{gid}\n")), "{status}");
    assert!(status.lines().any(|line| line.trim_end() == "Groups:"), "{status}");
    assert_eq!(finish(child, b"", Duration::from_secs(20)).code(), 0);
}

fn files_belong_to_the_directorys_owner(place: &Place) {
    let run = |owner: (u32, u32)| {
        let policy = Policy::new(place).writes(&place.text("share"), "/share");
        let found = facts_under(
            place,
            &policy,
            "os.mkdir('/share/dir'); write('/share/dir/file'); os.symlink('x', '/share/link')
status = os.stat('/share/dir/file')
show(owner=[status.st_uid, status.st_gid], directory=os.stat('/share').st_uid)",
        );
        assert_eq!(found, json!({"owner": [1000, 1000], "directory": 1000}));
        for name in ["share/dir", "share/dir/file", "share/link"] {
            let status = place.at(name).symlink_metadata().expect("it was made");
            assert_eq!((status.uid(), status.gid()), owner, "{name}");
        }
    };
    let work = place.dir("share");
    run((place.who.uid, place.who.gid));
    if place.who.is_root() {
        fs::remove_dir_all(&work).expect("its own");
        place.dir("share");
        chown(&work, Some(Uid::from_raw(12345)), Some(Gid::from_raw(54321))).expect("root may");
        run((12345, 54321));
    }
}

fn other_peoples_files_stay_theirs(place: &Place) {
    if !Uid::effective().is_root() {
        return purple_tests::identity::skip(
            "owners-other_peoples_files_stay_theirs",
            "only root can give files away",
        );
    }
    let other = |name: &str, mode: u32| {
        let path = place.file(&format!("output/{name}"), "theirs");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("root may");
        chown(&path, Some(Uid::from_raw(4242)), Some(Gid::from_raw(4242))).expect("root may");
    };
    other("closed", 0o600);
    other("readable", 0o644);
    let roots = place.file("output/roots", "root's");
    chown(&roots, Some(Uid::from_raw(0)), Some(Gid::from_raw(0))).expect("root may");
    fs::set_permissions(&roots, fs::Permissions::from_mode(0o4755)).expect("root may");
    let plan = Policy::new(place).compile(place);
    let found = python(place, &plan, "show(closed=[attempt(read, 'closed'), attempt(write, 'closed')],
        readable=[attempt(read, 'readable'), attempt(write, 'readable'), attempt(os.chmod, 'readable', 0o777),
                  attempt(os.chown, 'readable', 1000, 1000), attempt(os.setxattr, 'readable', 'user.x', b'x')],
        uid=os.stat('readable').st_uid)").finish().facts();
    let denied = |value: &serde_json::Value| {
        ["EACCES", "EPERM", "EOVERFLOW"].contains(&value.as_str().expect("a name"))
    };
    assert!(found["closed"].as_array().expect("a list").iter().all(denied), "{found}");
    let readable = found["readable"].as_array().expect("a list");
    assert_eq!(readable[0], "ok");
    assert!(readable[1..].iter().all(denied), "{found}");
    assert_eq!(found["uid"], 65534);
    assert_eq!(place.read("output/readable"), "theirs");
    let status = place.at("output/readable").metadata().expect("still there");
    assert_eq!((status.uid(), status.mode() & 0o7777), (4242, 0o644));
}
