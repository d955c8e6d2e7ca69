//! What runs on a host runs under `@default` and the groups that its page names: each program of docs/syscall-groups.md
//! does what people do with it.

use purple_tests::identity::skip;
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use std::path::Path;
use std::time::Duration;

/// A program and what it does.
struct Runtime {
    /// Its name in the docs.
    name: &'static str,
    /// One of these is there where it is installed.
    installed: &'static [&'static str],
    /// What it needs beside `@default`.
    groups: &'static [&'static str],
    /// The file of `tests/probes/runtimes`, and its text.
    probe: (&'static str, &'static str),
    /// The command that runs it in the directory of the probe.
    command: &'static [&'static str],
}

macro_rules! probe {
    ($name:literal) => {
        ($name, include_str!(concat!("../probes/runtimes/", $name)))
    };
}

/// Sockets, also those of programs inside among themselves.
const NETWORK: &[&str] = &["@network-client", "@network-server"];

const RUNTIMES: [Runtime; 15] = [
    Runtime {
        name: "bash",
        installed: &["/usr/bin/bash"],
        groups: &[],
        probe: probe!("bash.sh"),
        command: &["bash", "bash.sh"],
    },
    Runtime {
        name: "Python",
        installed: &["/usr/bin/python3"],
        groups: NETWORK,
        probe: probe!("python.py"),
        command: &["python3", "-B", "python.py"],
    },
    Runtime {
        name: "Node.js",
        installed: &["/usr/bin/node"],
        groups: NETWORK,
        probe: probe!("node.js"),
        command: &["node", "node.js"],
    },
    Runtime {
        name: "Java",
        installed: &["/usr/bin/java"],
        groups: NETWORK,
        probe: probe!("Main.java"),
        command: &["java", "Main.java"],
    },
    Runtime {
        name: "Go",
        installed: &["/usr/bin/go"],
        groups: NETWORK,
        probe: probe!("main.go"),
        command: &[
            "sh",
            "-c",
            "GOCACHE=/tmp/cache GOPATH=/tmp/go go run main.go",
        ],
    },
    Runtime {
        name: "Ruby",
        installed: &["/usr/bin/ruby"],
        groups: NETWORK,
        probe: probe!("ruby.rb"),
        command: &["ruby", "ruby.rb"],
    },
    Runtime {
        name: "Perl",
        installed: &["/usr/bin/perl"],
        groups: NETWORK,
        probe: probe!("perl.pl"),
        command: &["perl", "perl.pl"],
    },
    Runtime {
        name: "PHP",
        installed: &["/usr/bin/php"],
        groups: NETWORK,
        probe: probe!("php.php"),
        command: &["php", "php.php"],
    },
    Runtime {
        name: "gcc",
        installed: &["/usr/bin/gcc"],
        groups: &[],
        probe: probe!("gcc.sh"),
        command: &["sh", "gcc.sh"],
    },
    Runtime {
        name: "Cargo",
        installed: &["/usr/bin/cargo"],
        groups: &[],
        probe: probe!("cargo.sh"),
        command: &["sh", "cargo.sh"],
    },
    Runtime {
        name: "git",
        installed: &["/usr/bin/git"],
        groups: &[],
        probe: probe!("git.sh"),
        command: &["sh", "git.sh"],
    },
    Runtime {
        name: "curl",
        installed: &["/usr/bin/curl"],
        groups: NETWORK,
        probe: probe!("curl.sh"),
        command: &["sh", "curl.sh"],
    },
    Runtime {
        name: "SQLite",
        installed: &["/usr/bin/sqlite3"],
        groups: &[],
        probe: probe!("sqlite.sh"),
        command: &["sh", "sqlite.sh"],
    },
    Runtime {
        name: "PostgreSQL",
        installed: &["/usr/lib/postgresql/15", "/usr/lib/postgresql/17"],
        groups: NETWORK,
        probe: probe!("postgres.sh"),
        command: &["sh", "postgres.sh"],
    },
    Runtime {
        name: "Chromium",
        installed: &["/usr/bin/chromium"],
        groups: &["@network-client", "@network-server", "capset"],
        probe: probe!("chromium.sh"),
        command: &["sh", "chromium.sh"],
    },
];

/// These take a second or two and are on most machines; the others are for `scripts/field`.
const IN_EVERY_RUN: [&str; 6] = ["bash", "Python", "Perl", "gcc", "git", "curl"];

scenarios! { the_small_ones all_of_them }

fn the_small_ones(place: &TestDir) {
    for runtime in RUNTIMES
        .iter()
        .filter(|one| IN_EVERY_RUN.contains(&one.name))
    {
        run(place, runtime);
    }
}

fn all_of_them(place: &TestDir) {
    if std::env::var_os("PURPLE_RUNTIMES").is_none() {
        return skip("runtimes-all_of_them", "scripts/field runs it");
    }
    for runtime in &RUNTIMES {
        run(place, runtime);
    }
}

fn run(place: &TestDir, runtime: &Runtime) {
    let Runtime {
        name,
        groups,
        probe,
        ..
    } = runtime;
    if !runtime
        .installed
        .iter()
        .any(|path| Path::new(path).exists())
    {
        return skip(&format!("runtimes-{name}"), "it is not installed");
    }
    let allowed: Vec<&str> = ["@default"].iter().chain(*groups).copied().collect();
    let plan = Policy::bare(place)
        .section("extends: base")
        .syscalls(&["default_deny: true", &format!("allow: {allowed:?}")])
        .compile(place);
    place.file(&format!("output/{}", probe.0), probe.1);
    let limit = Duration::from_mins(3);
    let done = Run::new(place, &plan, runtime.command)
        .option(&["--unenforced", "cgroup"])
        .limit(limit)
        .finish();
    assert_eq!(done.out(), "done\n", "{name}: {done}");
    assert!(done.status.success(), "{name}: {done}");
    println!("ran {name}");
}
