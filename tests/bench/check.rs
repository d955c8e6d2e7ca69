//! How long `purplec check` takes for a thousand policies and for a large one, and how much memory.

use crate::Fault;
use crate::rounds::{Times, clock, run};
use crate::table::Table;
use crate::workshop::{Workshop, succeed};
use nix::sys::resource::{UsageWho, getrusage};
use purple_tests::repository;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How many policies there are, and the most that they may take.
const MANY: usize = 1_000;
const MOST_FOR_MANY: Duration = Duration::from_secs(1);

/// How large the large policy is, and the most that it may take.
const LARGE: usize = 300 << 10;
const MOST_FOR_LARGE: Duration = Duration::from_millis(60);

/// The most memory, in MiB.
const MOST_MEMORY: u64 = 64;

/// Measures both.
pub(crate) fn measure(workshop: &Workshop, rounds: usize, table: &mut Table) -> Result<(), Fault> {
    let many = workshop.dir.join("many");
    let large = workshop.dir.join("large.yaml");
    let failed = |error: std::io::Error| format!("the policies: {error}");
    fs::create_dir(&many).map_err(failed)?;
    let profiles = profiles()?;
    for (at, profile) in profiles.iter().cycle().take(MANY).enumerate() {
        fs::write(many.join(format!("{at:04}.yaml")), variant(profile, at)).map_err(failed)?;
    }
    fs::write(&large, large_policy()).map_err(failed)?;
    let purplec = workshop.dir.join("purplec");
    for (what, path, most) in [
        ("check 1,000 policies", &many, MOST_FOR_MANY),
        ("check a policy of 300 KiB", &large, MOST_FOR_LARGE),
    ] {
        let times = run(&mut [path], rounds, |path| {
            let mut command = Command::new(&purplec);
            command.arg("check").arg(&**path);
            let (time, done) = clock(|| succeed(&mut command));
            done.map(|_output| time)
        })?;
        table.times(what, times.first().unwrap_or(&Times::default()), Some(most));
        let own = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
        let printed = succeed(Command::new(own).arg("--memory").arg(&purplec).arg(path))?;
        let kib = printed
            .trim()
            .parse::<u64>()
            .map_err(|error| format!("{printed}: {error}"))?;
        table.amount(
            &format!("{what}, resident at most"),
            kib >> 10,
            "MiB",
            Some(MOST_MEMORY),
        );
    }
    Ok(())
}

/// Checks policies as the only child of this process, and prints the most memory that it had, in
/// KiB (getrusage(2)).
pub(crate) fn print_memory(purplec: &str, path: &str) -> Result<(), Fault> {
    let _output = succeed(Command::new(purplec).arg("check").arg(path))?;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| format!("usage: {error}"))?;
    println!("{}", usage.max_rss());
    Ok(())
}

/// The profiles and the policies of the corpus.
fn profiles() -> Result<Vec<String>, Fault> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for dir in ["policies", "tests/spec/corpus"] {
        let mut here = crate::compile::yaml_files(&repository::root().join(dir));
        here.sort();
        paths.extend(here);
    }
    let read = |path: &PathBuf| {
        fs::read_to_string(path).map_err(|error| format!("{}: {error}", Path::display(path)))
    };
    paths.iter().map(read).collect()
}

/// A policy under another name and with a file system of its own.
fn variant(profile: &str, at: usize) -> String {
    let mut text = String::new();
    for line in profile.lines() {
        let line = if line.starts_with("name:") {
            format!("name: variant-{at}")
        } else {
            line.to_owned()
        };
        text.push_str(&line.replace("host_path: ./", &format!("host_path: ./{at}/")));
        text.push('\n');
    }
    text
}

/// A policy as large as generators make them: paths, variables, rules, and comments for the rest.
fn large_policy() -> String {
    let mut text = String::from("name: large\nfilesystem:\n  immutable_paths:\n");
    let mut lines = |line: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let written = text.write_fmt(line);
        debug_assert!(written.is_ok());
    };
    let (path, value) = ("d".repeat(360), "x".repeat(200));
    for at in 0..200 {
        lines(format_args!(
            "    - {{ host_path: /usr/{path}{at}, sandbox_path: /p/{at} }}\n"
        ));
    }
    lines(format_args!("environment:\n  set:\n"));
    for at in 0..400 {
        lines(format_args!("    V{at}: {value}\n"));
    }
    lines(format_args!(
        "syscalls:\n  default_deny: true\n  allow: [openat, read, write, execve]\n"
    ));
    lines(format_args!("  advanced_rules:\n"));
    for at in 0..900 {
        lines(format_args!(
            "    - {{ syscall: ioctl, action: allow, conditions: [{{ arg: 1, op: eq, value: {at} }}] }}\n"
        ));
    }
    while text.len() < LARGE {
        text.push_str("# a line of words that a generator wrote about what stands above\n");
    }
    text
}
