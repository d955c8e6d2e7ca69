//! What later runs obey lies where the program may write: purple-exec keeps it as it is, whatever it is
//! called and by whichever mount it is reached, or refuses the run.

use super::inside::{PYTHON, script};
use super::protected::{clean, each_is_refused, tree};
use purple_tests::identity::can_mount;
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

scenarios! {
    what_descriptors_name_cannot_be_changed
    the_plan_and_the_program_cannot_be_changed
    every_view_of_it_is_kept
    what_the_host_passes_on_its_way_is_kept
    a_missing_name_cannot_be_made
    a_share_of_what_is_kept_is_refused
    another_name_of_a_kept_file_is_refused
    what_was_replaced_meanwhile_is_refused
    only_the_last_options_name_what_is_kept
}

/// Opens what its first argument names, as descriptors from 10 on, and becomes the rest.
const OPENS: &str = include_str!("../probes/keep_open.py");

const WAYS: &str = include_str!("../probes/change_a_path.py");

/// A run in which each of these is kept, below the directory that [`TestDir::at`] finds.
fn keeping<'p>(place: &'p TestDir, plan: &Path, kept: &[&str], command: &[&str]) -> Run<'p> {
    let paths: Vec<String> = kept.iter().map(|name| place.text(name)).collect();
    let mut run = Run::new(place, plan, command);
    for number in 10..10 + kept.len() {
        run = run.option(&["--keep", &number.to_string()]);
    }
    if kept.is_empty() {
        return run;
    }
    run.wrapped(&[PYTHON, "-ISc", OPENS, &paths.join(",")])
}

/// What all ways to change these names below `/tree` end in.
fn attack(names: &[&str]) -> Vec<String> {
    let text = format!(
        "{WAYS}\n{}",
        include_str!("../probes/change_kept_objects.py")
    );
    let mut words = vec![PYTHON.to_owned(), "-ISc".to_owned(), script(&text)];
    words.extend(names.iter().map(|name| (*name).to_owned()));
    words
}

fn attacked(place: &TestDir, plan: &Path, kept: &[&str], names: &[&str]) -> Value {
    let words = attack(names);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    keeping(place, plan, kept, &words).finish().facts()
}

/// A project with what later runs obey in it.
fn project(place: &TestDir) -> Policy {
    for dir in [
        "project",
        "project/team",
        "project/state",
        "project/state/log",
    ] {
        place.dir(dir);
    }
    for file in [
        "project/policy.yaml",
        "project/team/base.yaml",
        "project/state/log/head",
    ] {
        place.file(file, "as it was");
    }
    symlink("team/base.yaml", place.at("project/link.yaml")).expect("a link");
    Policy::new(place).keeps(&place.text("project"), "/tree", &["!@project"])
}

fn remove_what_is_fine(dir: &Path) {
    for at in ["fine", "team/fine", "state/fine", "state/log/fine"] {
        let path = dir.join(at);
        if path.exists() {
            fs::remove_file(path).expect("the program's");
        }
    }
}

fn what_descriptors_name_cannot_be_changed(place: &TestDir) {
    let plan = project(place).compile(place);
    let before = tree(&place.at("project"));
    let names = [
        "policy.yaml",
        "team/base.yaml",
        "state",
        "state/log/head",
        "link.yaml",
    ];
    let kept = [
        "project/policy.yaml",
        "project/team/base.yaml",
        "project/state",
        "project/link.yaml",
    ];
    let found = attacked(place, &plan, &kept, &names);
    for name in names {
        each_is_refused(&found, name);
    }
    assert_eq!(found["planted"], json!([false, false, false, false, false]));
    // What lies beside it is still the program's.
    assert_eq!(found["fine"], json!(["ok", "ok", "ok", "EROFS", "ok"]));
    remove_what_is_fine(&place.at("project"));
    clean(&place.at("project"));
    assert_eq!(tree(&place.at("project")), before);

    // Without it everything can be changed.
    let found = attacked(place, &plan, &[], &names);
    assert_eq!(found["policy.yaml"]["open"], "ok", "{found}");
    assert_eq!(found["team/base.yaml"]["first_away"], "ok", "{found}");
    assert_eq!(found["state"]["exchange"], "ok", "{found}");
    assert_eq!(found["link.yaml"]["exchange"], "ok", "{found}");
}

fn the_plan_and_the_program_cannot_be_changed(place: &TestDir) {
    let policy = Policy::new(place).keeps(".", "/tree", &["!@project"]);
    let plan = policy.compile(place);
    place.dir("plans");
    fs::rename(&plan, place.at("plans/plan.bin")).expect("a plan");
    let plan = place.at("plans/plan.bin");
    let (own, exec) = (fs::read(&plan), fs::read(place.executor()));
    let found = attacked(
        place,
        &plan,
        &[],
        &["plans/plan.bin", "purple-exec", "policy.yaml"],
    );
    each_is_refused(&found, "plans/plan.bin");
    each_is_refused(&found, "purple-exec");
    assert_eq!(found["planted"], json!([false, false, false]), "{found}");
    assert_eq!(found["policy.yaml"]["open"], "ok", "{found}");
    assert_eq!(
        (fs::read(&plan).ok(), fs::read(place.executor()).ok()),
        (own.ok(), exec.ok())
    );
}

/// A shell script that root runs before the sandbox starts, in a mount namespace of its own.
pub(crate) fn after(script: &str) -> Vec<String> {
    let script = format!("set -e; {script}; exec \"$@\"");
    let words = [
        "unshare",
        "-m",
        "--propagation",
        "private",
        "sh",
        "-c",
        &script,
        "sh",
    ];
    words.map(str::to_owned).to_vec()
}

/// The same attack after root has changed the mounts.
fn attacked_after(
    place: &TestDir,
    plan: &Path,
    mounts: &str,
    kept: &str,
    names: &[&str],
) -> Finished {
    let words = attack(names);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let wrapper = after(mounts);
    let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
    let mut run = Run::new(place, plan, &words).wrapped_by_root(&wrapper);
    if !kept.is_empty() {
        let opens = [PYTHON, "-ISc", OPENS, kept];
        run = run.through(&opens).option(&["--keep", "10"]);
    }
    run.finish()
}

/// The same file is reached by a second view, by a part of a view, and by a mount below a view.
fn every_view_of_it_is_kept(place: &TestDir) {
    if !can_mount("e2e-kept-every_view_of_it_is_kept") {
        return;
    }
    let _unused: Policy = project(place);
    place.dir("project/mounted");
    let policy = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["!@project"])
        .keeps(&place.text("project/team"), "/part", &["!@project"])
        .keeps(&place.text("project"), "/tree/second", &["!@project"]);
    place.dir("project/second");
    let plan = policy.compile(place);
    let mounts = format!(
        "mount --bind {} {}",
        place.text("project/team"),
        place.text("project/mounted")
    );
    let names = [
        "team/base.yaml",
        "../part/base.yaml",
        "second/team/base.yaml",
        "mounted/base.yaml",
    ];
    let kept = place.text("project/team/base.yaml");
    let found = attacked_after(place, &plan, &mounts, &kept, &names).facts();
    for name in names {
        let ways = found[name].as_object().expect("an object");
        for way in [
            "open", "truncate", "rename", "unlink", "away", "chmod", "out", "exchange",
        ] {
            assert_ne!(ways[way], "ok", "{name} {way}: {found}");
        }
    }
    assert_eq!(place.read("project/team/base.yaml"), "as it was");
    clean(&place.at("project"));
    let open = attacked_after(place, &plan, &mounts, "", &names[3..]).facts();
    assert_eq!(open["mounted/base.yaml"]["unlink"], "ok", "{open}");
    assert!(!place.at("project/team/base.yaml").exists());
}

/// The directory of the kept file is a mount point below what the program may write to: it cannot be
/// moved away, and another one put in its place for the host.
fn what_the_host_passes_on_its_way_is_kept(place: &TestDir) {
    if !can_mount("e2e-kept-what_the_host_passes_on_its_way_is_kept") {
        return;
    }
    let plan = project(place).compile(place);
    for dir in ["project/way", "project/way/mounted", "elsewhere"] {
        place.dir(dir);
    }
    place.file("elsewhere/policy.yaml", "as it was");
    let mounts = format!(
        "mount --bind {} {}",
        place.text("elsewhere"),
        place.text("project/way/mounted")
    );
    let kept = place.text("project/way/mounted/policy.yaml");
    let names = ["way/mounted/policy.yaml"];
    let found = attacked_after(place, &plan, &mounts, &kept, &names).facts();
    each_is_refused(&found, names[0]);
    assert_eq!(place.read("elsewhere/policy.yaml"), "as it was");
    clean(&place.at("project"));
    let open = attacked_after(place, &plan, &mounts, "", &names).facts();
    assert_eq!(open[names[0]]["first_away"], "ok", "{open}");
}

fn a_missing_name_cannot_be_made(place: &TestDir) {
    let plan = project(place).compile(place);
    let before = tree(&place.at("project"));
    let names = ["team/hooks", "team/commondir"];
    let words = attack(&names);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let team = place.text("project/team");
    let found = Run::new(place, &plan, &words)
        .option(&["--keep-missing", "10", "hooks/", ""])
        .option(&["--keep-missing", "10", "commondir", ".\n"])
        .wrapped(&[PYTHON, "-ISc", OPENS, &team])
        .finish()
        .facts();
    for name in names {
        each_is_refused(&found, name);
    }
    assert_eq!(found["planted"], json!([false, false]));
    remove_what_is_fine(&place.at("project"));
    clean(&place.at("project"));
    assert_eq!(tree(&place.at("project")), before);
    let found = attacked(place, &plan, &[], &names);
    assert_eq!(found["team/hooks"]["open"], "ok", "{found}");
}

fn a_share_of_what_is_kept_is_refused(place: &TestDir) {
    let _unused: Policy = project(place);
    for shared in ["project/state", "project/state/log", "project/policy.yaml"] {
        let policy = Policy::new(place).keeps(&place.text(shared), "/tree", &["!@project"]);
        let kept = if shared.ends_with("yaml") {
            shared
        } else {
            "project/state"
        };
        let plan = policy.compile(place);
        let line = policy.line_of("/tree");
        let message = format!(
            "kept file: the program may write to the host path {}, and later runs obey {}, which is what it shows, or has it inside (policy line {line})",
            place.text(shared),
            place.text(kept)
        );
        keeping(place, &plan, &[kept], &["true"])
            .finish()
            .refused(125, &message);
        assert_eq!(
            keeping(place, &plan, &[], &["true"]).finish().good(),
            "",
            "{shared}"
        );
    }
}

fn another_name_of_a_kept_file_is_refused(place: &TestDir) {
    let policy = project(place);
    let plan = policy.compile(place);
    let kept = place.file("outside.yaml", "as it was");
    assert_eq!(
        keeping(place, &plan, &["outside.yaml"], &["true"])
            .finish()
            .good(),
        ""
    );
    fs::hard_link(&kept, place.at("project/other")).expect("a link");
    let done = keeping(place, &plan, &["outside.yaml"], &["true"]).finish();
    done.refused(125, &format!(
        "kept file: the program may write to the host path {}, and later runs obey {}, which has another name, by which it could be changed: put a copy in its place (policy line {})",
        place.text("output"), place.text("outside.yaml"), policy.line_of("/output")
    ));
    let done = keeping(
        place,
        &plan,
        &[],
        &["sh", "-c", "echo planted > /tree/other"],
    )
    .finish();
    assert_eq!(done.good(), "");
    assert_eq!(place.read("outside.yaml"), "planted\n");
}

fn what_was_replaced_meanwhile_is_refused(place: &TestDir) {
    let plan = project(place).compile(place);
    place.file("project/new", "another");
    let replaced = format!(
        "exec 10<{0}/policy.yaml; mv {0}/new {0}/policy.yaml; exec \"$@\"",
        place.text("project")
    );
    let done = Run::new(place, &plan, &["true"])
        .option(&["--keep", "9"])
        .wrapped(&["sh", "-c", &replaced.replace("10<", "9<"), "sh"])
        .finish();
    done.refused(
        125,
        &format!(
            "kept file: {} was moved or replaced while the sandbox started: start it again",
            place.text("project/policy.yaml")
        ),
    );
}

fn only_the_last_options_name_what_is_kept(place: &TestDir) {
    let plan = project(place).compile(place);
    let done = Run::new(place, &plan, &["true"])
        .option(&["--keep", "0", "--unenforced", "audit"])
        .finish();
    assert!(
        done.stderr.contains("--keep takes a number, not 0"),
        "{done}"
    );
    let done = Run::new(place, &plan, &["true"])
        .option(&["--keep", "1", "--unenforced", "audit"])
        .finish();
    assert!(
        done.stderr
            .contains("--unenforced must stand before --keep"),
        "{done}"
    );
    let done = Run::new(place, &plan, &["true"])
        .option(&["--keep", "77"])
        .finish();
    done.refused(125, "kept file: descriptor 77: EBADF");
}
