//! Links in protected directories: what they lead to is kept too, where a run is started by `purple`.

use purple_tests::operator::{finished, install, purple};
use purple_tests::run::Finished;
use purple_tests::test_dir::TestDir;
use std::fs;
use std::os::unix::fs::symlink;

scenarios! {
    what_links_in_protected_directories_lead_to_stays
}

/// Changes what a link leads to, the directory that one leads to, a link on the way, and what is the program's.
const ATTACK: &str = "for file in conf/tasks.json conf/cmds/one far; do (echo x >> $file) 2>/dev/null && echo changed $file; done
(echo x > conf/cmds/new) 2>/dev/null && echo made
rm -f way 2>/dev/null && echo removed; mv conf moved 2>/dev/null && echo moved; echo fine > conf/fine; echo fine > src; echo end";

fn run(place: &TestDir, kept: &str) -> Finished {
    let policy = format!(
        "name: agent\nextends: base\nfilesystem:\n  output_paths:\n    - {{host_path: project, sandbox_path: /tree, read_only: [{kept}]}}\n  working_dir: /tree\n"
    );
    place.file("policy.yaml", policy);
    let words = [
        "run",
        "--unenforced",
        "cgroup",
        "--policy",
        "policy.yaml",
        "--",
        "sh",
        "-c",
        ATTACK,
    ];
    finished(purple(place, &words))
}

fn what_links_in_protected_directories_lead_to_stays(place: &TestDir) {
    install(place);
    for dir in ["", "/.vscode", "/.claude", "/conf", "/conf/cmds"] {
        place.dir(&format!("project{dir}"));
    }
    for file in ["conf/tasks.json", "conf/cmds/one", "conf/linked", "far"] {
        place.file(&format!("project/{file}"), "as it was\n");
    }
    for (target, link) in [
        ("../conf/tasks.json", ".vscode/tasks.json"),
        ("../conf/cmds", ".claude/commands"),
        ("../way", ".claude/settings.json"),
        ("far", "way"),
        // What cannot be kept, and what leads to nothing.
        ("..", ".claude/project"),
        ("../nothing", ".claude/nothing"),
        ("tasks.json", ".vscode/again.json"),
    ] {
        symlink(target, place.at("project").join(link)).expect("a link");
    }
    // Two names in one protected directory are no way to change it.
    let name = place.file("project/.claude/one", "as it was\n");
    fs::hard_link(name, place.at("project/.claude/two")).expect("a link");
    let done = run(place, "\"@project\"");
    assert_eq!((done.out().as_str(), done.code()), ("end\n", 0), "{done}");
    for file in ["conf/tasks.json", "conf/cmds/one", "far"] {
        assert_eq!(place.read(&format!("project/{file}")), "as it was\n");
    }

    let linked = place.at("project/.claude/linked.json");
    fs::hard_link(place.at("project/conf/linked"), &linked).expect("a link");
    let done = run(place, "\"@project\"");
    let said = "project/.claude/linked.json, which has another name, by which it could be changed: put a copy in its place";
    assert!(done.code() == 125 && done.stderr.contains(said), "{done}");

    let open = run(place, "\"!@project\"");
    for said in [
        "changed conf/tasks.json",
        "changed far",
        "made",
        "removed",
        "moved",
    ] {
        assert!(open.out().contains(said), "{said}: {open}");
    }
}
