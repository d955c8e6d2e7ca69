//! Whose the program's files and processes are, seen from the host.

use super::inside::{PYTHON, facts_under, python, script};
use nix::unistd::{Gid, Uid, chown};
use purple_tests::host::processes;
use purple_tests::policy::Policy;
use purple_tests::run::{Run, bare, finish};
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::Duration;

scenarios! {
    the_process_is_nobody_else
    root_chooses_the_id_outside
    files_belong_to_the_directorys_owner
    files_on_nested_mounts_belong_to_the_owner
    other_peoples_files_stay_theirs
    set_id_files_are_refused
    set_id_files_are_refused_without_output_paths
    everyday_modes_work
}

fn the_process_is_nobody_else(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let mut child = Run::new(
        place,
        &plan,
        &["sh", "-c", "echo ready; cat > /dev/null; :"],
    )
    .start();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    assert!(out.read_line(&mut String::new()).is_ok());
    let listed = processes(place);
    let shell = listed
        .iter()
        .find_map(|line| line.strip_suffix(" sh"))
        .expect("the shell");
    let status = fs::read_to_string(format!("{shell}/status")).expect("its status");
    let outside = place.who.outside();
    let uids = format!("Uid:\t{outside}\t{outside}\t{outside}\t{outside}\n");
    assert!(status.contains(&uids), "{status}");
    let gid = if place.who.is_root() {
        outside
    } else {
        place.who.gid
    };
    assert!(
        status.contains(&format!("Gid:\t{gid}\t{gid}\t{gid}\t{gid}\n")),
        "{status}"
    );
    assert!(
        status.lines().any(|line| line.trim_end() == "Groups:"),
        "{status}"
    );
    assert_eq!(finish(child, b"", Duration::from_secs(20)).code(), 0);
}

/// Two sandboxes of root share nothing by their ids where each has its own.
fn root_chooses_the_id_outside(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let run = Run::new(
        place,
        &plan,
        &["sh", "-c", "> made; echo ready; cat > /dev/null; :"],
    );
    let run = run.option(&["--outside-id", "70001"]);
    if !place.who.is_root() {
        return run
            .finish()
            .refused(125, "identity: only root can choose --outside-id");
    }
    let mut child = run.start();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    assert!(out.read_line(&mut String::new()).is_ok());
    let listed = processes(place);
    let shell = listed
        .iter()
        .find_map(|line| line.strip_suffix(" sh"))
        .expect("the shell");
    let status = fs::read_to_string(format!("{shell}/status")).expect("its status");
    assert!(
        status.contains("Uid:\t70001\t70001\t70001\t70001\n"),
        "{status}"
    );
    assert!(
        status.contains("Gid:\t70001\t70001\t70001\t70001\n"),
        "{status}"
    );
    assert_eq!(finish(child, b"", Duration::from_secs(20)).code(), 0);
    assert_eq!(
        place
            .at("output/made")
            .metadata()
            .expect("it was made")
            .uid(),
        place.who.uid
    );
    for wrong in ["0", "4294967295", "-1", "x", ""] {
        let done = Run::new(place, &plan, &["true"])
            .option(&["--outside-id", wrong])
            .finish();
        let message = format!("arguments: {wrong} is no id from 1 to 4294967294\n");
        assert_eq!(
            (done.code(), done.stderr.contains(&message)),
            (125, true),
            "{done}"
        );
    }
}

fn files_belong_to_the_directorys_owner(place: &TestDir) {
    let run = |owner: (u32, u32)| {
        let policy = Policy::new(place).writes(&place.text("share"), "/share");
        let found = facts_under(
            place,
            &policy,
            include_str!("../probes/make_files_in_a_share.py"),
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
        chown(
            &work,
            Some(Uid::from_raw(12345)),
            Some(Gid::from_raw(54321)),
        )
        .expect("root may");
        run((12345, 54321));
    }
}

/// A directory of the policy's in another one has its own owner; what the host has mounted below a
/// directory goes with that directory.
fn files_on_nested_mounts_belong_to_the_owner(place: &TestDir) {
    let name = "owners-files_on_nested_mounts_belong_to_the_owner";
    if !Uid::effective().is_root() {
        return purple_tests::identity::skip(name, "only root can mount and give files away");
    }
    let (outer, inner) = if place.who.is_root() {
        (12345, 54321)
    } else {
        (place.who.uid, place.who.uid)
    };
    for (dir, owner) in [
        ("share", outer),
        ("share/inner", outer),
        ("share/mounted", outer),
        ("other", inner),
    ] {
        let path = place.dir(dir);
        chown(
            &path,
            Some(Uid::from_raw(owner)),
            Some(Gid::from_raw(owner)),
        )
        .expect("root may");
    }
    let plan = Policy::new(place)
        .writes(&place.text("share"), "/share")
        .writes(&place.text("other"), "/share/inner")
        .compile(place);
    // What is written to the file system mounted there is copied out before it goes away.
    let script = format!(
        "mount -t tmpfs -o mode=755,uid={outer},gid={outer} none {mounted} || exit 1
\"$@\" && stat -c %u:%g {mounted}/file && umount {mounted}",
        mounted = place.text("share/mounted"),
    );
    let text = include_str!("../probes/write_on_nested_mounts.py");
    let run = python(place, &plan, text);
    let done = if place.who.is_root() {
        run.wrapped_by_root(&["unshare", "--mount", "sh", "-c", &script, "sh"])
            .finish()
    } else {
        run.finish()
    };
    let out = done.good();
    assert!(
        out.contains("{\"owners\": [1000, 1000, 1000, 1000]}"),
        "{out}"
    );
    if place.who.is_root() {
        assert!(out.ends_with(&format!("{outer}:{outer}\n")), "{out}");
    }
    for (file, owner) in [("share/file", outer), ("other/file", inner)] {
        assert_eq!(
            place.at(file).metadata().expect("it was made").uid(),
            owner,
            "{file}"
        );
    }
}

fn other_peoples_files_stay_theirs(place: &TestDir) {
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
    let found = python(
        place,
        &plan,
        include_str!("../probes/change_others_files.py"),
    )
    .finish()
    .facts();
    let denied = |value: &serde_json::Value| {
        ["EACCES", "EPERM", "EOVERFLOW"].contains(&value.as_str().expect("a name"))
    };
    assert!(
        found["closed"]
            .as_array()
            .expect("a list")
            .iter()
            .all(denied),
        "{found}"
    );
    let readable = found["readable"].as_array().expect("a list");
    assert_eq!(readable[0], "ok");
    assert!(readable[1..].iter().all(denied), "{found}");
    assert_eq!(found["uid"], 65534);
    assert_eq!(place.read("output/readable"), "theirs");
    let status = place.at("output/readable").metadata().expect("still there");
    assert_eq!((status.uid(), status.mode() & 0o7777), (4242, 0o644));
}

/// Every way to make a file set-user-id or set-group-id; `try_all` gives what each ends in.
const SET_ID: &str = include_str!("../probes/set_id_files.py");

/// The files below a directory of the host that are set-user-id or set-group-id.
fn set_id_files(place: &TestDir, dir: &str) -> Vec<String> {
    let entries = fs::read_dir(place.at(dir)).expect("the directory");
    let modes = entries.map(|entry| {
        let entry = entry.expect("an entry");
        (
            entry.path().display().to_string(),
            entry.metadata().expect("its mode").mode(),
        )
    });
    modes
        .filter(|(_, mode)| mode & 0o6000 != 0)
        .map(|(path, _)| path)
        .collect()
}

/// Such a file would run as the directory's owner for everybody on the host.
fn set_id_files_are_refused(place: &TestDir) {
    let text = format!("{SET_ID}show(**try_all('/output'))");
    for syscalls in [
        "default_deny: false",
        "on_deny: log",
        "on_deny: {errno: EACCES}",
    ] {
        let policy = match syscalls {
            "on_deny: {errno: EACCES}" => {
                Policy::new(place).syscalls(&["default_deny: false", syscalls])
            }
            _ => Policy::new(place).syscalls(&[syscalls]),
        };
        let found = facts_under(place, &policy, &text);
        for (how, outcome) in found.as_object().expect("a table") {
            let expected = if how == "openat2" { "ENOSYS" } else { "EPERM" };
            assert_eq!(outcome, expected, "{syscalls}: {how}");
        }
        assert_eq!(found.as_object().map(serde_json::Map::len), Some(31));
        assert_eq!(set_id_files(place, "output"), Vec::<String>::new());
    }
}

/// Without output paths too: a standard output that is a file of the host needs no path, and a file
/// may come over a socket. Without a sandbox the same calls work.
fn set_id_files_are_refused_without_output_paths(place: &TestDir) {
    let text = format!(
        "{SET_ID}{}",
        include_str!("../probes/set_id_files_in_tmp.py")
    );
    let open = script(&text.replace("/tmp", &place.text("output")));
    let outside = bare(place, &[PYTHON, "-ISc", &open]).facts();
    assert_eq!(outside["modes"]["x"], "6755", "{outside}");
    let policy = Policy::new(place).writes_nothing().starts_in("/tmp");
    let found = facts_under(place, &policy, &text);
    for (how, outcome) in found.as_object().expect("a table") {
        let expected = if how == "openat2" { "ENOSYS" } else { "EPERM" };
        assert!(how == "modes" || outcome == expected, "{how}: {outcome}");
    }
    assert_eq!(found["modes"], json!({"x": "755"}));

    let text = "sys.stderr.write(attempt(os.fchmod, 1, 0o6755))";
    for (name, inside, expected) in [("without", false, "ok"), ("with", true, "EPERM")] {
        let path = place.file(name, "");
        let to_file = ["sh", "-c", &format!("exec \"$@\" > {name}"), "sh"];
        let done = if inside {
            let run = python(place, &policy.compile(place), text);
            run.wrapped(&to_file).finish()
        } else {
            bare(
                place,
                &[&to_file[..], &[PYTHON, "-ISc", &script(text)]].concat(),
            )
        };
        assert_eq!(done.stderr, expected, "{name}");
        let mode = path.metadata().expect("its mode").mode() & 0o6000;
        assert_eq!(mode == 0, inside, "{name}: {mode:o}");
    }
}

/// What programs do with modes every day goes on as before.
fn everyday_modes_work(place: &TestDir) {
    let text = format!("{SET_ID}{}", include_str!("../probes/everyday_modes.py"));
    let found = facts_under(place, &Policy::new(place), &text);
    assert_eq!(found["codes"], json!([0, 0, 0, 0, 0, 0]), "{found}");
    let tree = json!({"plain": "644", "run": "755", "shared": "1777"});
    assert_eq!((&found["copied"], &found["unpacked"]), (&tree, &tree));
    assert_eq!(
        (&found["here"]["installed"], &found["repository"]),
        (&json!("755"), &json!(true))
    );
}
