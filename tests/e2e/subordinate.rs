//! A user's sandbox under the first of the user's subordinate ids.

use super::inside::python;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Gid, Pid, Uid, User, chown};
use purple_tests::host::processes;
use purple_tests::identity::skip;
use purple_tests::policy::Policy;
use purple_tests::run::{Run, bare, finish};
use purple_tests::test_dir::TestDir;
use purple_tests::wait::wait_until;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

scenarios! {
    the_process_has_the_first_subordinate_ids
    the_callers_own_files_are_somebody_elses
    what_it_makes_belongs_to_the_subordinate_id
    what_lies_in_its_own_closed_directory_is_shown
    the_command_of_the_handbook_opens_a_directory
    a_number_lists_a_user_too
    who_is_not_listed_is_refused
    a_helper_that_cannot_be_trusted_is_refused
    a_helper_that_hangs_holds_up_no_signal
    two_owners_outside_are_refused
}

const OPTION: [&str; 1] = ["--subordinate-ids"];

/// The first ids that the host lists for the place's owner, where it can have any.
pub(crate) fn listed(place: &TestDir, test: &str) -> Option<(u32, u32)> {
    let name = User::from_uid(Uid::from_raw(place.who.uid))
        .ok()
        .flatten()?
        .name;
    let first = |file: &str| {
        let text = fs::read_to_string(file).ok()?;
        let mut lines = text
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("{name}:")));
        lines.next()?.split(':').next()?.parse().ok()
    };
    let found = first("/etc/subuid").zip(first("/etc/subgid"));
    let helper = Path::new("/usr/bin/newuidmap").exists();
    let found = found.filter(|_| helper);
    if found.is_none() {
        let reason = "no subordinate ids here; scripts/setup adds some";
        skip(&format!("subordinate-{test}"), reason);
    }
    found
}

/// Whether the owner is root, which the option is not for.
fn is_refused_to_root(place: &TestDir, plan: &Path) -> bool {
    if place.who.is_root() {
        let message = "identity: --subordinate-ids is not for root: root chooses with --outside-id";
        Run::new(place, plan, &["true"])
            .option(&OPTION)
            .finish()
            .refused(125, message);
    }
    place.who.is_root()
}

/// Whether the test can change what the host's files look like to the executor.
fn can_mount(test: &str) -> bool {
    let root = Uid::effective().is_root();
    if !root {
        skip(
            &format!("subordinate-{test}"),
            "only root can put files over the host's",
        );
    }
    root
}

/// Files that the executor sees in place of the host's.
fn over<'p>(run: Run<'p>, files: &[(&Path, &str)]) -> Run<'p> {
    let binds = files
        .iter()
        .map(|(ours, theirs)| format!("mount --bind {} {theirs}; ", ours.display()));
    let script = format!("{}exec \"$@\"", binds.collect::<String>());
    run.wrapped_by_root(&["unshare", "--mount", "sh", "-ec", &script, "sh"])
}

fn the_process_has_the_first_subordinate_ids(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    if is_refused_to_root(place, &plan) {
        return;
    }
    let Some((uid, gid)) = listed(place, "the_process_has_the_first_subordinate_ids") else {
        return;
    };
    let words = [
        "sh",
        "-c",
        "cat /proc/self/uid_map /proc/self/gid_map; echo ready; cat > /dev/null; :",
    ];
    let run = Run::new(place, &plan, &words).option(&OPTION);
    let mut child = run.start();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = || {
        let mut line = String::new();
        assert!(out.read_line(&mut line).is_ok());
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(line(), ["1000".to_owned(), uid.to_string(), "1".to_owned()]);
    assert_eq!(line(), ["1000".to_owned(), gid.to_string(), "1".to_owned()]);
    assert_eq!(line(), ["ready"]);
    let all = processes(place);
    let shell = all
        .iter()
        .find_map(|line| line.strip_suffix(" sh"))
        .expect("the shell");
    let status = fs::read_to_string(format!("{shell}/status")).expect("its status");
    assert!(
        status.contains(&format!("Uid:\t{uid}\t{uid}\t{uid}\t{uid}\n")),
        "{status}"
    );
    assert!(
        status.contains(&format!("Gid:\t{gid}\t{gid}\t{gid}\t{gid}\n")),
        "{status}"
    );
    assert_eq!(finish(child, b"", Duration::from_secs(20)).code(), 0);

    let done = Run::new(place, &plan, &["true"])
        .option(&OPTION)
        .report()
        .finish();
    done.good();
    let receipt = &done.report.expect("a report")["receipt"];
    assert_eq!(receipt["uid_map"], json!([1000, uid, 1]));
    assert_eq!(receipt["gid_map"], json!([1000, gid, 1]));
}

/// A directory that an earlier run has made and closed to all others: init may look into it once the
/// ids are mapped, and not before.
fn what_lies_in_its_own_closed_directory_is_shown(place: &TestDir) {
    const TEST: &str = "what_lies_in_its_own_closed_directory_is_shown";
    let closed = place.dir("deep");
    let open = place.dir("deep/in");
    place.file("deep/in/file", "words");
    let plan = Policy::new(place)
        .shows(&open.display().to_string(), "/shown")
        .compile(place);
    if is_refused_to_root(place, &plan) {
        return;
    }
    if !Uid::effective().is_root() {
        let reason = "only root can give a directory to another id";
        return skip(&format!("subordinate-{TEST}"), reason);
    }
    let Some((uid, gid)) = listed(place, TEST) else {
        return;
    };
    chown(&closed, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid))).expect("root's right");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("root's right");
    let run = Run::new(place, &plan, &["cat", "/shown/file"]).option(&OPTION);
    assert_eq!(run.finish().good(), "words");
}

/// Neither what only the caller may read, nor what only its groups may.
fn the_callers_own_files_are_somebody_elses(place: &TestDir) {
    const GROUP: u32 = 54321;
    let test = "the_callers_own_files_are_somebody_elses";
    place.dir("shown");
    for (name, mode) in [("own", 0o600), ("groups", 0o640), ("open", 0o644)] {
        let path = place.file(&format!("shown/{name}"), name);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its own file");
    }
    place.dir("closed");
    place.dir("closed/inner");
    place.file("closed/inner/file", "x");
    fs::set_permissions(place.at("closed"), fs::Permissions::from_mode(0o700)).expect("its own");
    let policy = Policy::new(place)
        .shows(&place.text("shown"), "/shown")
        .shows(&place.text("closed"), "/closed")
        .shows(&place.text("closed/inner"), "/inner");
    let plan = policy.compile(place);
    if is_refused_to_root(place, &plan) || listed(place, test).is_none() || !can_mount(test) {
        return;
    }
    chown(
        &place.at("shown/groups"),
        Some(Uid::from_raw(0)),
        Some(Gid::from_raw(GROUP)),
    )
    .expect("root may give it away");
    // The wrapper is given a setpriv without groups; this one has one.
    let (uid, gid) = (place.who.uid, place.who.gid);
    let script =
        format!("shift 6; exec setpriv --reuid {uid} --regid {gid} --groups {GROUP} \"$@\"");
    let read = |options: &[&str]| {
        let text = include_str!("../probes/read_own_and_shared.py");
        let run = python(place, &plan, text).option(options);
        run.wrapped_by_root(&["sh", "-c", &script, "sh"])
            .finish()
            .facts()
    };
    let found = |closed: &str| {
        json!({
            "/shown/own": closed,
            "/shown/groups": closed,
            "/shown/open": "ok",
            "/closed/inner/file": closed,
            // What a policy names is opened with the caller's rights.
            "/inner/file": "ok",
        })
    };
    assert_eq!(read(&[]), found("ok"));
    assert_eq!(read(&OPTION), found("EACCES"));
}

/// It writes where that id may, and nowhere else.
fn what_it_makes_belongs_to_the_subordinate_id(place: &TestDir) {
    let all = place.dir("share");
    fs::set_permissions(&all, fs::Permissions::from_mode(0o777)).expect("its own directory");
    let policy = Policy::new(place).writes(&place.text("share"), "/share");
    let plan = policy.compile(place);
    if is_refused_to_root(place, &plan) {
        return;
    }
    let Some((uid, gid)) = listed(place, "what_it_makes_belongs_to_the_subordinate_id") else {
        return;
    };
    let text = include_str!("../probes/write_as_a_subordinate.py");
    let found = python(place, &plan, text).option(&OPTION).finish().facts();
    assert_eq!(
        found,
        json!({"share": "ok", "output": "EACCES", "owner": 1000})
    );
    let made = place.at("share/file").metadata().expect("it was made");
    assert_eq!((made.uid(), made.gid()), (uid, gid));
}

/// `setfacl`, as docs/running.md writes it, typed by the user.
fn the_command_of_the_handbook_opens_a_directory(place: &TestDir) {
    let test = "the_command_of_the_handbook_opens_a_directory";
    place.dir("share");
    let policy = Policy::new(place).writes(&place.text("share"), "/share");
    let plan = policy.compile(place);
    if is_refused_to_root(place, &plan) {
        return;
    }
    let Some((uid, _)) = listed(place, test) else {
        return;
    };
    if !Path::new("/usr/bin/setfacl").exists() {
        return skip(
            &format!("subordinate-{test}"),
            "setfacl is not installed; scripts/setup adds it",
        );
    }
    let handbook = purple_tests::repository::root().join("docs/running.md");
    let handbook = fs::read_to_string(handbook).expect("the handbook");
    let printed = handbook
        .split('`')
        .find(|words| words.starts_with("setfacl "));
    let printed = printed.expect("a command");
    let name = User::from_uid(Uid::from_raw(place.who.uid))
        .ok()
        .flatten()
        .expect("a user")
        .name;
    let typed = printed
        .replace("ID", &uid.to_string())
        .replace("NAME", &name);
    let typed = typed.replace("DIR", "share");
    let write = || {
        let text = "show(share=attempt(write, '/share/file'))";
        python(place, &plan, text).option(&OPTION).finish().facts()
    };
    assert_eq!(
        write(),
        json!({"share": "EACCES"}),
        "without it, nothing can be written"
    );
    let words: Vec<&str> = typed.split(' ').collect();
    assert_eq!(bare(place, &words).good(), "", "{typed}");
    assert_eq!(write(), json!({"share": "ok"}), "{typed}");
    assert_eq!(
        place
            .at("share/file")
            .metadata()
            .expect("it was made")
            .uid(),
        uid
    );
    let again = [
        "sh",
        "-c",
        "echo more >> share/file && cat share/file && rm share/file",
    ];
    assert_eq!(
        bare(place, &again).good(),
        "xmore\n",
        "it is open to the user"
    );
}

fn a_number_lists_a_user_too(place: &TestDir) {
    let test = "a_number_lists_a_user_too";
    let plan = Policy::new(place).compile(place);
    if is_refused_to_root(place, &plan) || listed(place, test).is_none() || !can_mount(test) {
        return;
    }
    let uid = place.who.uid;
    let lines = format!("{uid}0:71000:10\nno-line\n\n{uid}:72000:10\n{uid}:73000:10\n");
    let list = place.file("list", lines);
    let run = Run::new(place, &plan, &["cat", "/proc/self/uid_map"]).option(&OPTION);
    let out = over(run, &[(&list, "/etc/subuid"), (&list, "/etc/subgid")])
        .finish()
        .good();
    assert_eq!(
        out.split_whitespace().collect::<Vec<_>>(),
        ["1000", "72000", "1"]
    );
}

fn who_is_not_listed_is_refused(place: &TestDir) {
    let test = "who_is_not_listed_is_refused";
    let plan = Policy::new(place).compile(place);
    if is_refused_to_root(place, &plan) || listed(place, test).is_none() || !can_mount(test) {
        return;
    }
    let uid = place.who.uid;
    let advice = "root adds some by `usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST` and your name";
    for (file, line) in [
        ("/etc/subuid", String::new()),
        ("/etc/subgid", "root:100000:65536\n".to_owned()),
        // Root's id and the user's own are none of these.
        ("/etc/subuid", format!("{uid}:0:65536\n")),
        ("/etc/subuid", format!("{uid}:{uid}:1\n")),
        ("/etc/subuid", format!("{uid}:-5:65536\n")),
    ] {
        let list = place.at("list");
        fs::write(&list, &line).expect("a list");
        let run = Run::new(place, &plan, &["true"]).option(&OPTION);
        let message = format!("identity: {file} gives you no ids; {advice}");
        over(run, &[(&list, file)]).finish().refused(125, &message);
    }
}

fn a_helper_that_cannot_be_trusted_is_refused(place: &TestDir) {
    let test = "a_helper_that_cannot_be_trusted_is_refused";
    let plan = Policy::new(place).compile(place);
    if is_refused_to_root(place, &plan) || listed(place, test).is_none() || !can_mount(test) {
        return;
    }
    let run = || Run::new(place, &plan, &["touch", "/output/ran"]).option(&OPTION);
    let program = |name: &str| PathBuf::from(format!("/usr/bin/{name}"));
    for (instead, helper, message) in [
        (
            "false",
            "newgidmap",
            "/usr/bin/newgidmap has refused to map ids",
        ),
        (
            "false",
            "newuidmap",
            "/usr/bin/newuidmap has refused to map ids",
        ),
        ("true", "newgidmap", "gid_map is not as it was written: "),
        ("true", "newuidmap", "uid_map is not as it was written: "),
    ] {
        let helper = format!("/usr/bin/{helper}");
        let done = over(run(), &[(&program(instead), &helper)]).finish();
        done.refused(125, &format!("identity: {message}"));
    }
    // A directory in which there is no helper.
    let few = place.dir("few");
    let copied = fs::copy("/usr/bin/setpriv", few.join("setpriv"));
    assert!(copied.is_ok(), "{copied:?}");
    let message = "identity: /usr/bin/newgidmap does not exist: install the package `uidmap`";
    over(run(), &[(&few, "/usr/bin")])
        .finish()
        .refused(125, message);
    assert!(!place.at("output/ran").exists());
}

fn a_helper_that_hangs_holds_up_no_signal(place: &TestDir) {
    let test = "a_helper_that_hangs_holds_up_no_signal";
    let plan = Policy::new(place).compile(place);
    if is_refused_to_root(place, &plan) || listed(place, test).is_none() || !can_mount(test) {
        return;
    }
    let began = place.at("output/began");
    let script = format!("#!/bin/sh\ntouch {}\nexec sleep 600\n", began.display());
    let helper = place.file("helper", &script);
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).expect("its own file");
    let run = Run::new(place, &plan, &["touch", "/output/ran"]).option(&OPTION);
    let child = over(run, &[(&helper, "/usr/bin/newgidmap")]).start();
    wait_until("a helper begins", || began.exists());
    let id = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    kill(id, Signal::SIGTERM).expect("it waits");
    let message =
        "identity: /usr/bin/newgidmap was being waited for when a signal asked to end the run";
    finish(child, b"", Duration::from_secs(20)).refused(125, message);
    assert!(!place.at("output/ran").exists());
}

fn two_owners_outside_are_refused(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let run = Run::new(place, &plan, &["true"])
        .option(&["--outside-id", "70001"])
        .option(&OPTION);
    let message = if place.who.is_root() {
        "identity: --subordinate-ids is not for root: root chooses with --outside-id"
    } else {
        "identity: only root can choose --outside-id"
    };
    run.finish().refused(125, message);
}
