//! What the programs of a user run from the home directory, after a program in a sandbox could write to all of it: the real
//! programs, outside, with each file of the table of `@home` planted that can be.

use purple_tests::policy::Policy;
use purple_tests::project::on_host;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use purplec::resolve::GROUPS;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

scenarios! {
    nothing_that_is_planted_in_a_home_is_run
}

/// A program, how it is started by its user, and what makes it run a command, by the file in the home that has it.
/// `MARK` stands for the file that the command makes.
type Program = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const PROGRAMS: [Program; 10] = [
    (
        "bash",
        "bash -i -c : ; bash -l -c :",
        &[
            (".bashrc", "touch MARK"),
            (".bash_profile", "touch MARK"),
            (".profile", "touch MARK"),
            (".bash_login", "touch MARK"),
        ],
    ),
    ("zsh", "zsh -c :", &[(".zshenv", "touch MARK")]),
    (
        "fish",
        "fish -c :",
        &[(".config/fish/config.fish", "touch MARK")],
    ),
    (
        "git",
        "git version; git -C project status",
        &[
            (".gitconfig", "[core]\n\tfsmonitor = touch MARK; false\n"),
            (
                ".config/git/config",
                "[core]\n\tfsmonitor = touch MARK; false\n",
            ),
        ],
    ),
    (
        "python3",
        "python3 -c pass",
        &[(
            ".local/lib/python3.VERSION/site-packages/x.pth",
            "import os; os.close(os.open('MARK', os.O_CREAT))\n",
        )],
    ),
    (
        "cargo",
        "cargo --offline build --manifest-path crate/Cargo.toml",
        &[
            (
                ".cargo/config",
                "[build]\nrustc-wrapper = \"HOME/wrapper\"\n",
            ),
            (
                ".cargo/config.toml",
                "[build]\nrustc-wrapper = \"HOME/wrapper\"\n",
            ),
        ],
    ),
    (
        "npm",
        "npm run x --prefix package",
        &[(".npmrc", "script-shell=HOME/wrapper\n")],
    ),
    (
        "vim",
        "vim -es -u DEFAULTS -c q; script -qec 'vim -c q' /dev/null",
        &[
            (".vimrc", "call system('touch MARK')\n"),
            (".exrc", "!touch MARK\n"),
            (".vim/vimrc", "call system('touch MARK')\n"),
            (".config/vim/vimrc", "call system('touch MARK')\n"),
        ],
    ),
    (
        "gdb",
        "gdb -batch",
        &[
            (".gdbinit", "shell touch MARK\n"),
            (".config/gdb/gdbinit", "shell touch MARK\n"),
            (".gdbearlyinit", "shell touch MARK\n"),
        ],
    ),
    (
        "tmux",
        "export TMUX_TMPDIR=$HOME; tmux -L purple-test new-session -d true; tmux -L purple-test kill-server",
        &[
            (".tmux.conf", "run-shell 'touch MARK'\n"),
            (".config/tmux/tmux.conf", "run-shell 'touch MARK'\n"),
        ],
    ),
];

/// Writes files as a program inside does, whatever fails.
fn planting(files: &[(&str, String)]) -> String {
    let mut script = String::new();
    for (path, text) in files {
        let dir = Path::new(path)
            .parent()
            .map_or(String::new(), |dir| dir.display().to_string());
        writeln!(
            script,
            "mkdir -p '/home/{dir}'\ncat > '/home/{path}' <<'END'\n{text}END"
        )
        .expect("a text");
    }
    format!("{{ {script} }} 2>/dev/null; true")
}

fn nothing_that_is_planted_in_a_home_is_run(place: &TestDir) {
    let mark = place.text("output/ran");
    place.dir("person");
    let home = place.text("person");
    for (program, start, files) in PROGRAMS {
        let found = on_host(
            place,
            "person",
            &["sh", "-c", &format!("command -v {program}")],
        );
        if found.is_empty() {
            eprintln!("SKIP e2e::home::{program}: it is not installed");
            continue;
        }
        prepare(place);
        let version = on_host(
            place,
            "person",
            &["python3", "-c", "import sys; print(sys.version_info[1])"],
        );
        let filled = |text: &str| {
            text.replace("MARK", &mark)
                .replace("HOME", &home)
                .replace("VERSION", version.trim())
        };
        let files: Vec<(String, String)> = files
            .iter()
            .map(|(path, text)| (filled(path), filled(text) + "\n"))
            .collect();
        let files: Vec<(&str, String)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.clone()))
            .collect();
        let wrapper = ("wrapper", format!("#!/bin/sh\ntouch {mark}\nexec \"$@\"\n"));
        let script = planting(&files) + "\n" + &planting(&[wrapper]) + "\nchmod 755 /home/wrapper";
        for group in ["@home", "!@home"] {
            let kept: &[&str] = if group == "@home" { &["@home"] } else { &[] };
            let policy = Policy::new(place).keeps(&home, "/home", kept);
            let done = Run::new(place, &policy.compile(place), &["sh", "-c", &script]).finish();
            assert_eq!(done.code(), 0, "{program}: {done}");
            let said = on_host(
                place,
                "person",
                &[
                    "sh",
                    "-c",
                    &format!("export HOME={home}; {{ {start}; }} </dev/null"),
                ],
            );
            let ran = Path::new(&mark).exists();
            if ran {
                fs::remove_file(&mark).expect("it is there");
            }
            if kept.is_empty() && !ran {
                eprintln!(
                    "SKIP e2e::home::{program}: it does not run what is planted here either: {said}"
                );
            } else {
                assert_eq!(ran, kept.is_empty(), "{program}: {said}");
            }
        }
    }
    clear(place);
}

/// An empty home, with what the programs work on.
fn prepare(place: &TestDir) {
    clear(place);
    for dir in [
        "person/project",
        "person/crate",
        "person/crate/src",
        "person/package",
    ] {
        place.dir(dir);
    }
    place.file(
        "person/crate/Cargo.toml",
        "[package]\nname = \"x\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    );
    place.file("person/crate/src/main.rs", "fn main() {}\n");
    place.file(
        "person/package/package.json",
        "{\"name\": \"x\", \"scripts\": {\"x\": \"true\"}}\n",
    );
    on_host(place, "person/project", &["git", "init", "-q"]);
}

fn clear(place: &TestDir) {
    for entry in fs::read_dir(place.at("person")).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(&path).expect("the test's own");
        } else {
            fs::remove_file(&path).expect("the test's own");
        }
    }
}

/// The programs of the test are in the table.
#[test]
fn the_programs_are_in_the_table() {
    for (program, _, files) in PROGRAMS {
        for (path, _) in files {
            let holds = |kept: &str| *path == kept || path.starts_with(&format!("{kept}/"));
            let held = GROUPS
                .iter()
                .any(|group| group.is_of_home && group.names().any(holds));
            assert!(held, "{program}: {path}");
        }
    }
}
