//! Threats 7, 8 and 9: mounts that are changed from inside, and paths that are changed meanwhile.

use super::attack::{AS_ROOT_OF_ITS_OWN, outside_by, stopped};
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use purple_tests::identity::skip;
use purple_tests::inside::{facts_under, python};
use purple_tests::policy::Policy;
use purple_tests::run::{Run, bare};
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs::{self, Permissions, set_permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

scenarios! {
    read_only_mounts_are_made_writable
    flags_of_the_source_survive
    a_target_is_swapped_while_the_sandbox_starts
    a_source_is_swapped_while_the_sandbox_starts
}

/// On `shown`, which is read-only, and `free`, which is not.
const CHANGES: &str = include_str!("../probes/mount_changes.py");

fn read_only_mounts_are_made_writable(place: &TestDir) {
    for dir in ["output/shown", "output/free", "tree"] {
        place.dir(dir);
    }
    let mounts = "mount --bind shown shown && mount -o remount,bind,ro shown && exec \"$@\"";
    let wrapper = [&AS_ROOT_OF_ITS_OWN[..], &["sh", "-c", mounts, "sh"]].concat();
    let free = outside_by(place, &wrapper, CHANGES);
    let policy = Policy::new(place).shows(&place.text("tree"), "/output/shown");
    let calls = "allow: [mount, umount2, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr, unshare]";
    let allowed = policy.clone().syscalls(&["default_deny: false", calls]);
    for policy in [policy, allowed] {
        let inside = facts_under(place, &policy, CHANGES);
        let test = "mounts::read_only_mounts_are_made_writable";
        stopped(place, test, &free, &inside, &["EPERM"]);
    }
}

/// What the host has mounted read-only and without execution stays so where a policy lets a program
/// write there.
fn flags_of_the_source_survive(place: &TestDir) {
    if !nix::unistd::Uid::effective().is_root() {
        return skip(
            "mounts::flags_of_the_source_survive",
            "only root can mount one",
        );
    }
    set_permissions(place.dir("locked"), Permissions::from_mode(0o777)).expect("its own");
    let plan = Policy::new(place)
        .writes(&place.text("locked"), "/locked")
        .compile(place);
    let text = include_str!("../probes/source_flags.py");
    let found = |flags: &str| {
        let dir = place.text("locked");
        let mount = format!(
            "mount -t tmpfs -o mode=777 none {dir} && cp /usr/bin/true {dir}/program && \
             chown {}:{} {dir} && {flags} && exec \"$@\"",
            place.who.uid, place.who.gid
        );
        let wrapper = ["unshare", "--mount", "sh", "-c", &mount, "sh"];
        python(place, &plan, text)
            .wrapped_by_root(&wrapper)
            .finish()
            .facts()
    };
    assert_eq!(found("true"), json!({"write": "ok", "execute": "ok"}));
    let remount = format!("mount -o remount,bind,ro,noexec {}", place.text("locked"));
    assert_eq!(
        found(&remount),
        json!({"write": "EROFS", "execute": "EACCES"})
    );
}

/// Exchanges two names as fast as it can, while `meanwhile` runs.
fn swapping<T>(one: &Path, other: &Path, meanwhile: impl FnOnce() -> T) -> T {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let swapper = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let swapped =
                    renameat2(AT_FDCWD, one, AT_FDCWD, other, RenameFlags::RENAME_EXCHANGE);
                swapped.expect("both are there");
            }
        });
        let result = meanwhile();
        stop.store(true, Ordering::Relaxed);
        swapper.join().expect("no panic");
        result
    })
}

/// How often a sandbox is started while something is swapped.
const ROUNDS: usize = 60;

fn a_target_is_swapped_while_the_sandbox_starts(place: &TestDir) {
    for dir in [
        "output/deep",
        "output/deep/in",
        "aim",
        "aim/in",
        "tree",
        "tree/below",
    ] {
        place.dir(dir);
    }
    place.file("tree/file", "shown\n");
    let (deep, link) = (place.at("output/deep"), place.at("output/link"));
    symlink(place.at("aim"), &link).expect("a link");

    // What mounts by path lands where the link leads.
    let (tree, aim) = (place.text("tree"), place.text("aim/in"));
    let naive = format!("cd output && mount --bind {tree} link/in && ls {aim}");
    let words = [&AS_ROOT_OF_ITS_OWN[..], &["sh", "-c", &naive]].concat();
    assert_eq!(bare(place, &words).good(), "below\nfile\n");

    let policy = Policy::new(place)
        .shows(&place.text("tree"), "/output/deep/in")
        .filesystem("scratch_paths: [/output/deep/in/below]");
    let plan = policy.compile(place);
    let command = ["sh", "-c", "echo > /output/deep/in/below/new; :"];
    let runs = swapping(&deep, &link, || {
        (0..ROUNDS)
            .map(|_| Run::new(place, &plan, &command).finish())
            .collect::<Vec<_>>()
    });
    let (good, refused): (Vec<_>, Vec<_>) = runs.iter().partition(|done| done.code() == 0);
    for done in &refused {
        let steps = ["mount", "landlock"].map(|step| format!("purple-exec: {step}: /output"));
        assert!(
            steps.iter().any(|step| done.stderr.starts_with(step)),
            "{done}"
        );
        assert_eq!(done.code(), 125, "{done}");
    }
    let (good, refused) = (good.len(), refused.len());
    println!("a target swapped: {good} runs went well, {refused} were refused");
    for dir in ["aim", "tree/below"] {
        let found = fs::read_dir(place.at(dir)).expect("it is there").flatten();
        let names: Vec<_> = found.map(|entry| entry.file_name()).collect();
        assert!(names.iter().all(|name| name == "in"), "{dir}: {names:?}");
    }
    assert_eq!(
        fs::read_dir(place.at("aim/in"))
            .expect("it is there")
            .count(),
        0
    );
}

fn a_source_is_swapped_while_the_sandbox_starts(place: &TestDir) {
    let project = place.dir("project");
    place.dir("elsewhere");
    let link = place.at("link");
    symlink("elsewhere", &link).expect("a link");
    assert_eq!(bare(place, &["touch", "link/mark"]).good(), "");
    fs::remove_file(place.at("elsewhere/mark")).expect("it went through the link");

    let policy = Policy::new(place).writes("./project", "/shared");
    let line = policy.line_of("/shared");
    let plan = policy.compile(place);
    let runs = swapping(&project, &link, || {
        let marks = (0..ROUNDS).map(|round| format!("/shared/{round}"));
        marks
            .map(|mark| Run::new(place, &plan, &["touch", &mark]).finish())
            .collect::<Vec<_>>()
    });
    let (good, refused): (Vec<_>, Vec<_>) = runs.iter().partition(|done| done.code() == 0);
    for done in &refused {
        assert_eq!(done.code(), 125, "{done}");
        assert!(done.stderr.contains("symbolic link"), "{done}");
        assert!(
            done.stderr
                .ends_with(&format!("ELOOP (policy line {line})\n")),
            "{done}"
        );
    }
    let (good, refused) = (good.len(), refused.len());
    println!("a source swapped: {good} runs went well, {refused} were refused");
    let real = if project.is_symlink() { link } else { project };
    assert_eq!(fs::read_dir(real).expect("the project").count(), good);
    assert_eq!(
        fs::read_dir(place.at("elsewhere"))
            .expect("it is there")
            .count(),
        0
    );
}
