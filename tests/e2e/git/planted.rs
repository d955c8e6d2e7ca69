//! Ways on which something planted was once run outside: links on the way, other ways to write the same, entries that
//! hide others.

use super::{mark, project, purple, ran, sh};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use std::fs;

/// What each script begins with: a program, hooks, and a repository in the index.
fn functions(place: &TestDir) -> String {
    let mark = super::mark(place);
    format!(
        "hook() {{ mkdir -p \"$(dirname \"$1\")\"; printf '#!/bin/sh\\ntouch {mark}\\n' > $1; chmod +x $1; }}
fine() {{ mkdir -p \"$(dirname \"$1\")\"; printf '#!/bin/sh\\n' > $1; chmod +x $1; }}
repository() {{ git init -q -b main $1; git -C $1 commit -q --allow-empty -m x; git add $1 2>/dev/null; }}
monitor() {{ git config -f $1 core.fsmonitor 'touch {mark}; :'; }}
mark={mark}
"
    )
}

/// What is planted runs outside without the looks before and after the run, and not with them.
fn attack(place: &TestDir, prepare: &str, plant: &str, use_it: &str) {
    let functions = functions(place);
    let plant = format!("{functions}{plant}\n:");
    for mended in [false, true] {
        if place.at("project").exists() {
            fs::remove_dir_all(place.at("project")).expect("it is ours");
        }
        project(place);
        sh(place, "project", &format!("{functions}{prepare}"));
        let done = if mended {
            purple(place, &plant)
        } else {
            let policy = Policy::new(place).writes(&place.text("project"), "/tree");
            let plan = policy.starts_in("/tree").compile(place);
            let script = format!("{}; {plant}", super::AUTHOR);
            Run::new(place, &plan, &["sh", "-c", &script]).finish()
        };
        assert_eq!(done.code(), 0, "{done}");
        let said = sh(place, "project", &format!("{functions}{use_it}"));
        assert_eq!(ran(place), !mended, "{plant}\n{done}\n{said}");
    }
}

const COMMIT: &str = "git commit -q --allow-empty -m y";

pub(crate) fn what_is_written_in_another_way_is_taken_out(place: &TestDir) {
    attack(
        place,
        "",
        "mkdir s; head=$(git rev-parse HEAD); cd s; echo \"exec touch $mark\" > git-rebase-todo; : > interactive; : > done
echo $head > onto; echo $head > orig-head; echo refs/heads/main > head-name; echo 1 > msgnum; echo 1 > end; cd ..
ln -s ../s .git/rebase-merge",
        "git rebase --continue",
    );
    attack(
        place,
        "",
        "repository sub; mkdir -p e/f/g; cd sub/.git; mv config objects refs ../../e/; mv HEAD ../../e/f/g/; cd ../..; rm -rf sub/.git
echo ../.. > e/f/g/commondir; echo 'gitdir: ../e/f/g' > sub/.git; monitor e/config",
        "git status",
    );
    attack(
        place,
        "",
        "repository sub; printf '[filter.a \"b\"]\\n\\tclean = \"touch %s; cat\"\\n' $mark >> sub/.git/config
echo a > sub/f; git -C sub add f; git -C sub commit -qm f; mkdir -p sub/.git/info; echo '* filter=a.b' > sub/.git/info/attributes; echo b > sub/f",
        "git status",
    );
}

pub(crate) fn what_the_users_keys_lead_to_runs_nothing_new(place: &TestDir) {
    let with = |value: &str| format!("fine gh/post-commit; git config core.hooksPath {value}");
    for value in ["$PWD/gh", "./gh"] {
        attack(place, &with(value), "hook gh/post-commit", COMMIT);
    }
    // A file that cannot be read hides no other.
    attack(
        place,
        "repository sub; fine sub/gh/post-commit; git -C sub config core.hooksPath gh",
        "hook sub/gh/post-commit; : > sub/gh/zz; chmod 0 sub/gh/zz",
        "git -C sub commit -q --allow-empty -m y",
    );
    // A directory on the way becomes a link.
    attack(
        place,
        "repository sub; fine sub/tools/hooks/post-commit; git -C sub config core.hooksPath tools/hooks",
        "cd sub; hook e/hooks/post-commit; mv tools t2; ln -s e tools",
        "git -C sub commit -q --allow-empty -m y",
    );
    let linked =
        "git worktree add -q wt -b wt; fine wt/gh/post-commit; git config core.hooksPath gh";
    let commit = "git -C wt commit -q --allow-empty -m y";
    attack(place, linked, "hook wt/gh/post-commit", commit);
    for command in ["sh nb.sh", "'t/nb.sh'"] {
        attack(
            place,
            &format!(
                "mkdir t; echo cat > nb.sh; echo cat > t/nb.sh; chmod +x t/nb.sh; git config filter.nb.clean {command:?}
echo '*.nb filter=nb' > .git/info/attributes"
            ),
            "for f in nb.sh t/nb.sh; do printf 'touch %s; cat' $mark > $f; done",
            "echo a > a.nb; git add a.nb",
        );
    }
}

pub(crate) fn one_entry_hides_no_other(place: &TestDir) {
    let commit = "git -C sub commit -q --allow-empty -m y";
    let hooks = "repository sub; hook sub/.git/hooks/post-commit; cd sub/.git/hooks";
    for plant in [
        ": > zz; chmod 0 zz",
        "ln -s /proc/self/mem zz",
        "ln -s /proc/kmsg zz",
        "ln -s /sys/kernel/debug/tracing/trace_pipe zz; ln -s zz yy; ln -s xx xx; mkfifo ww",
        "for n in '' .0 .1 .2 .99; do : > post-commit.purple-disabled$n; done",
        "chmod 0555 .",
        "chmod 0111 .",
        "cd ..; chmod 0555 .",
        "cd ../..; chmod 0 .; cd ..; for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do mkdir -m 0 d$n; done",
    ] {
        let commit = format!("chmod 755 sub sub/.git sub/.git/hooks; {commit}; chmod -R u+rwx .");
        attack(place, "", &format!("{hooks}; {plant}"), &commit);
    }
    attack(
        place,
        "",
        "repository sub; monitor sub/.git/config; chmod 0555 sub/.git",
        "git status; chmod 755 sub/.git",
    );
}

/// The configuration of the user counts in every repository: what it leads to in the project is searched too.
pub(super) fn what_the_users_own_file_leads_to_runs_nothing_new(place: &TestDir) {
    project(place);
    // Installs the tool, and makes the home.
    assert_eq!(purple(place, ":").code(), 0);
    place.file(
        "home/.gitconfig",
        "[core]\n\thooksPath = .githooks\n[include]\n\tpath = ../project/team.config\n",
    );
    let planted = format!(
        "mkdir .githooks; printf '#!/bin/sh\\ntouch {mark}\\n' >.githooks/pre-commit; chmod +x .githooks/pre-commit
        git config -f team.config core.fsmonitor 'touch {mark}; :'",
        mark = mark(place)
    );
    let done = purple(place, &planted);
    assert_eq!(done.code(), 0, "{done}");
    assert!(
        done.stderr.contains(".githooks/pre-commit") && done.stderr.contains("core.fsmonitor"),
        "{done}"
    );
    let home = place.text("home");
    let work =
        format!("export HOME={home}; git status >/dev/null; git commit -q --allow-empty -m x");
    sh(place, "project", &work);
    assert!(!ran(place), "{done}");
}
