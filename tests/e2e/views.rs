//! One directory of the host in two views that no name connects: what is hidden or kept as it is at one
//! place is so at each. And places of the host at which mounts lie already, or where nothing can be made.

use super::kept::after;
use super::protected::{clean, tree};
use nix::unistd::{Uid, chown};
use purple_tests::identity::{can_mount, skip};
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run};
use purple_tests::test_dir::TestDir;
use std::fs;
use std::os::unix::fs::PermissionsExt;

scenarios! {
    two_names_of_one_directory
    a_part_of_a_directory_and_the_whole
    mounts_of_the_host_are_views
    a_view_of_what_is_hidden_is_refused
    what_is_a_mount_already_is_hidden_and_kept
    what_nobody_can_make_needs_no_stub
}

/// Tries to read what is hidden, and to change, move and make what is kept, in each view.
const ATTACK: &str = r#"
for view in "$@"; do
    for file in .env keys/one deep/er/key; do
        [ "$(cat $view/$file 2>/dev/null)" ] && echo read $view/$file
    done
    (echo x >> $view/.git/config) 2>/dev/null && echo changed $view/.git/config
    (echo x > $view/.env) 2>/dev/null && echo changed $view/.env
    for name in .git .git/config .git/hooks .vscode keys deep deep/er; do
        mv $view/$name $view/gone 2>/dev/null && echo moved $view/$name
        rm -rf $view/gone 2>/dev/null
    done
    chmod 700 $view/.git/hooks $view/.vscode 2>/dev/null && echo opened $view
    for name in .git/hooks/pre-commit .vscode/tasks.json; do
        (mkdir -p $(dirname $view/$name) && echo x > $view/$name) 2>/dev/null && echo made $view/$name
    done
done; echo end"#;

fn project(place: &TestDir) {
    for dir in ["", "/.git", "/keys", "/deep", "/deep/er", "/nest", "/sub"] {
        place.dir(&format!("project{dir}"));
    }
    for file in [".env", "keys/one", "deep/er/key"] {
        place.file(&format!("project/{file}"), "secret\n");
    }
    place.file("project/.git/config", "as it was\n");
}

/// The project by a relative path, with all that is hidden and kept in it.
fn guarded(place: &TestDir) -> Policy {
    let masks = "masked_paths: [/w/.env, /w/keys/, /w/deep/er/key]";
    Policy::new(place)
        .keeps("./project", "/w", &["@project"])
        .filesystem(masks)
}

fn attacked(place: &TestDir, policy: &Policy, mounts: &str, views: &[&str]) -> Finished {
    let mut words = vec!["sh", "-c", ATTACK, "sh"];
    words.extend(views);
    let plan = policy.compile(place);
    let run = Run::new(place, &plan, &words);
    if mounts.is_empty() {
        return run.finish();
    }
    let wrapper = after(mounts);
    let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
    run.wrapped_by_root(&wrapper).finish()
}

fn two_names_of_one_directory(place: &TestDir) {
    project(place);
    let before = tree(&place.at("project"));
    let views = |policy: Policy| {
        policy
            .keeps(&place.text("project"), "/o", &["!@project"])
            .shows(&format!("../{}/project", place.name()), "/i")
    };
    let done = attacked(place, &views(guarded(place)), "", &["/w", "/o", "/i"]);
    assert_eq!((done.out().as_str(), done.code()), ("end\n", 0), "{done}");
    clean(&place.at("project"));
    assert_eq!(tree(&place.at("project")), before);

    // Without the other view's list, each of it can be done.
    let open = attacked(place, &views(Policy::new(place)), "", &["/i", "/o"]);
    for said in [
        "read /o/.env",
        "read /i/keys/one",
        "read /i/deep/er/key",
        "changed /o/.git/config",
        "moved /o/deep",
        "made /o/.vscode/tasks.json",
    ] {
        assert!(open.out().contains(said), "{said}: {open}");
    }
}

/// What lies above the smaller view cannot be moved in the larger one, and the smaller one keeps what the
/// larger one names.
fn a_part_of_a_directory_and_the_whole(place: &TestDir) {
    project(place);
    place.file("project/deep/er/kept", "as it was\n");
    let script = r"cat /part/key /o/deep/er/key 2>/dev/null; mv /o/deep /o/away 2>/dev/null && echo moved
mv /o/deep/er /o/away 2>/dev/null && echo moved
for file in /part/kept /o/deep/er/kept; do (echo x >> $file) 2>/dev/null && echo changed $file; done
echo fine > /part/fine; echo fine > /o/deep/fine; echo end";
    let run =
        |policy: Policy| Run::new(place, &policy.compile(place), &["sh", "-c", script]).finish();
    let whole = place.text("project");
    let policy = Policy::new(place)
        .keeps("./project/deep/er", "/part", &["!@project", "kept"])
        .keeps(&whole, "/o", &["!@project"])
        .filesystem("masked_paths: [/part/key]");
    assert_eq!(run(policy).out(), "end\n");
    let policy = Policy::new(place)
        .keeps("./project/deep/er", "/part", &["!@project"])
        .keeps(&whole, "/o", &["!@project", "deep/er/kept"])
        .filesystem("masked_paths: [/o/deep/er/key]");
    assert_eq!(run(policy).out(), "end\n");
    assert_eq!(place.read("project/deep/er/kept"), "as it was\n");
    assert_eq!(place.read("project/deep/er/fine"), "fine\n");
    assert_eq!(place.read("project/deep/fine"), "fine\n");
    let open = Policy::new(place)
        .keeps("./project/deep/er", "/part", &["!@project"])
        .keeps(&whole, "/o", &["!@project"]);
    assert_eq!(
        run(open).out(),
        "secret\nsecret\nmoved\nchanged /part/kept\nend\n"
    );
}

/// The project bound inside itself, and single files of it elsewhere below the share.
fn mounts_of_the_host_are_views(place: &TestDir) {
    if !can_mount("e2e-views-mounts_of_the_host_are_views") {
        return;
    }
    project(place);
    place.file("project/copy", "");
    place.file("project/conf", "");
    let before = tree(&place.at("project"));
    let mounts = format!(
        "(cd {}; mount --bind . nest; mount --bind .env copy; mount --bind .git/config conf; mount --bind deep/er sub)",
        place.text("project")
    );
    let attack = |policy: &Policy| {
        let plan = policy.compile(place);
        let script = format!(
            "cat /w/copy /w/sub/key 2>/dev/null; (echo x >> /w/conf) 2>/dev/null && echo changed conf; {ATTACK}"
        );
        let wrapper = after(&mounts);
        let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
        Run::new(place, &plan, &["sh", "-c", &script, "sh", "/w/nest", "/w"])
            .wrapped_by_root(&wrapper)
            .finish()
    };
    let done = attack(&guarded(place));
    assert_eq!((done.out().as_str(), done.code()), ("end\n", 0), "{done}");
    clean(&place.at("project"));
    assert_eq!(tree(&place.at("project")), before);
    let open = attack(&Policy::new(place).keeps("./project", "/w", &["!@project"]));
    for said in [
        "secret\nsecret\nchanged conf\n",
        "read /w/nest/.env",
        "changed /w/nest/.git/config",
    ] {
        assert!(open.out().contains(said), "{said}: {open}");
    }
}

/// What the policy lists by itself is not covered without a word.
fn a_view_of_what_is_hidden_is_refused(place: &TestDir) {
    project(place);
    for (shown, hidden) in [(".env", ".env"), ("keys", "keys"), ("keys/one", "keys")] {
        let policy = guarded(place).shows(&place.text(&format!("project/{shown}")), "/shown");
        let done = Run::new(place, &policy.compile(place), &["true"]).finish();
        let line = policy.line_of("masked_paths");
        let message = format!(
            "protected path: /w/{hidden} is shown a second time at /shown, which the policy lists by itself: leave one of the two out (policy line {line})"
        );
        done.refused(125, &message);
    }
    let policy = guarded(place).writes(&place.text("project/.git/config"), "/shown");
    let done = Run::new(place, &policy.compile(place), &["true"]).finish();
    let said = "protected path: /w/.git/config is shown a second time at /shown";
    assert!(done.code() == 125 && done.stderr.contains(said), "{done}");
}

/// A masked or a protected path that is a mount point of the host, with a mount below it.
fn what_is_a_mount_already_is_hidden_and_kept(place: &TestDir) {
    if !can_mount("e2e-views-what_is_a_mount_already") {
        return;
    }
    project(place);
    for dir in [
        "other",
        "other/below",
        "more",
        "hidden",
        "hidden/below",
        "project/kept",
    ] {
        place.dir(dir);
    }
    for file in [
        "other/file",
        "more/file",
        "hidden/file",
        "hidden/below/file",
    ] {
        place.file(file, "of the host\n");
    }
    let mounts = format!(
        "(cd {}; mount --bind more other/below; mount --rbind other project/kept; mount --bind hidden/below hidden/below; mount --rbind hidden project/keys; mount --bind hidden/file project/.env)",
        place.text("")
    );
    let script = r"cat /w/.env /w/keys/file /w/keys/below/file 2>/dev/null
for file in /w/kept/file /w/kept/below/file; do cat $file; (echo x > $file) 2>/dev/null && echo changed $file; done
umount /w/keys 2>/dev/null && echo away; echo end";
    let run = |policy: &Policy| {
        let wrapper = after(&mounts);
        let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
        Run::new(place, &policy.compile(place), &["sh", "-c", script])
            .wrapped_by_root(&wrapper)
            .finish()
    };
    let policy = Policy::new(place)
        .keeps("./project", "/w", &["!@project", "kept/"])
        .filesystem("masked_paths: [/w/.env, /w/keys/]");
    let done = run(&policy);
    let said = "of the host\n";
    assert_eq!(done.out(), format!("{said}{said}end\n"), "{done}");
    let open = run(&Policy::new(place).keeps("./project", "/w", &["!@project"]));
    assert!(open.out().contains("changed /w/kept/below/file"), "{open}");
}

/// A directory of another user, and a read-only mount: nobody can make the missing paths there.
fn what_nobody_can_make_needs_no_stub(place: &TestDir) {
    if !Uid::effective().is_root() {
        skip(
            "e2e-views-what_nobody_can_make",
            "only root can mount and give away",
        );
        return;
    }
    project(place);
    let attack = "for name in .vscode .git/hooks/x; do mkdir -p /w/$name 2>/dev/null && echo made $name; done
mv /w/.git /w/gone 2>/dev/null && echo moved; echo x > /w/keys/fine && echo fine; echo end";
    let policy = Policy::new(place).keeps("./project", "/w", &["@project"]);
    let plan = policy.compile(place);
    let run = |mounts: &str, script: &str| {
        let wrapper = after(mounts);
        let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
        Run::new(place, &plan, &["sh", "-c", script])
            .wrapped_by_root(&wrapper)
            .finish()
    };
    let git = place.at("project/.git");
    for dir in [&git, &place.at("project")] {
        chown(dir, Some(Uid::from_raw(0)), None).expect("root may");
        let done = run("true", attack);
        assert_eq!(
            (done.out().as_str(), done.code()),
            ("fine\nend\n", 0),
            "{done}"
        );
    }
    let bound = format!(
        "mount --bind {0} {0}; mount -o remount,bind,ro {0}",
        place.text("project")
    );
    let done = run(
        &bound,
        "mkdir /w/.vscode 2>/dev/null; echo x > /w/keys/new; echo end",
    );
    assert_eq!((done.out().as_str(), done.code()), ("end\n", 0), "{done}");
    assert!(!place.at("project/keys/new").exists());

    // Its own directory a program can open again.
    for dir in [&git, &place.at("project")] {
        chown(dir, Some(Uid::from_raw(place.who.uid)), None).expect("root may");
    }
    fs::set_permissions(&git, fs::Permissions::from_mode(0o555)).expect("root may");
    let done = run("true", &format!("chmod 755 /w/.git; {attack}"));
    if place.who.is_root() {
        assert_eq!(
            (done.out().as_str(), done.code()),
            ("fine\nend\n", 0),
            "{done}"
        );
    } else {
        let said = "does not exist, and no stub can be made for it: let its directory be written to (chmod u+w), or take the path out of `read_only` by a `!` before it: EACCES";
        assert!(done.code() == 125 && done.stderr.contains(said), "{done}");
    }
    clean(&place.at("project"));
}
