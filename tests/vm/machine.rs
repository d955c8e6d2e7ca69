//! The virtual machine, as seen from the host: boots it, and reads what it says of the tests.

use crate::{Fault, image, name, tests};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Instant;

/// The kernels, as `scripts/kernels` names them.
const KERNELS: [&str; 2] = ["debian", "sid"];

/// Seconds that a machine may run: several times what it takes, for other tests may run beside it.
const LIMIT: &str = "1800";

/// Runs the tests with one of the words in their names, all where there is none, under all kernels at once.
pub(crate) fn test(words: &[&str]) -> ExitCode {
    let (mut passed, mut failed) = (0, 0);
    let booted = thread::scope(|scope| {
        let all = KERNELS.map(|kernel| (kernel, scope.spawn(move || boot(kernel, words))));
        all.map(|(kernel, machine)| (kernel, machine.join().expect("no panic")))
    });
    for (kernel, booted) in booted {
        match booted {
            Ok(Booted::Missing(why)) => {
                report(kernel, "skipped", &format!("SKIP vm-{kernel}: {why}"));
                passed += 1;
            }
            Ok(Booted::Ran(results)) => {
                for (test, outcome) in &results {
                    let test = format!("{kernel}::{test}");
                    match outcome {
                        Outcome::Passed(seconds) => println!("test {test} ... ok <{seconds}s>"),
                        Outcome::Skipped(why) => {
                            let said = format!("SKIP {}: {why}", test.replace("::", "-"));
                            report(&test, "skipped", &said);
                        }
                        Outcome::Failed(said) => report(&test, "FAILED", said),
                    }
                    let has_failed = matches!(outcome, Outcome::Failed(_));
                    passed += u32::from(!has_failed);
                    failed += u32::from(has_failed);
                }
            }
            Err(fault) => {
                report(kernel, "FAILED", &fault);
                failed += 1;
            }
        }
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {word}. {passed} passed; {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Prints what came of a test and what it said, in the form of Rust's own test runner.
fn report(test: &str, outcome: &str, said: &str) {
    println!(
        "test {test} ... {outcome}\n---- {test} stdout ----\n{}\n",
        said.trim_end()
    );
}

/// What came of a machine.
enum Booted {
    /// There is none, for this reason.
    Missing(String),
    Ran(Vec<(String, Outcome)>),
}

/// What came of a test.
enum Outcome {
    /// After so many seconds.
    Passed(String),
    Skipped(String),
    /// With what it said.
    Failed(String),
}

fn boot(kernel: &str, words: &[&str]) -> Result<Booted, Fault> {
    let own = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let target = own
        .parent()
        .and_then(Path::parent)
        .unwrap_or(Path::new("."));
    let vm = target.join("vm");
    let dir = vm.join("kernels").join(kernel);
    let Ok(version) = fs::read_to_string(dir.join("version")) else {
        let why = fs::read_to_string(dir.join("missing"));
        let why = why.unwrap_or_else(|_| "scripts/kernels has not run".to_owned());
        return Ok(Booted::Missing(why.trim().to_owned()));
    };
    if Command::new("qemu-system-x86_64")
        .arg("--version")
        .output()
        .is_err()
    {
        return Ok(Booted::Missing(
            "qemu-system-x86_64 is not installed".to_owned(),
        ));
    }
    let image = vm.join(format!("{kernel}.image"));
    save(&image, &image::build(&dir, target)?)?;
    let (console, results) = (
        vm.join(format!("{kernel}.console")),
        vm.join(format!("{kernel}.results")),
    );
    save(&results, b"")?;
    let start = Instant::now();
    let out = machine(&dir, &image, &console, &results, words).output();
    let out = out.map_err(|error| format!("qemu-system-x86_64: {error}"))?;
    let text = fs::read_to_string(&results).map_err(|error| format!("the results: {error}"))?;
    println!(
        "kernel {} ran for {:.1} s",
        version.trim(),
        start.elapsed().as_secs_f64()
    );
    read(&text, words).map_err(|fault| {
        let console = fs::read_to_string(&console).unwrap_or_default();
        let lines = console.lines().collect::<Vec<_>>();
        let last = lines[lines.len().saturating_sub(30)..].join("\n");
        let said = String::from_utf8_lossy(&out.stderr);
        format!(
            "{fault}\nthe machine ended with {}: {said}\nthe console:\n{last}",
            out.status
        )
    })
}

fn machine(kernel: &Path, image: &Path, console: &Path, results: &Path, words: &[&str]) -> Command {
    let file = |path: &Path| format!("file:{}", path.display());
    let mut command = Command::new("timeout");
    // In the group of the tests, so that what interrupts them ends it.
    command.args([
        "--foreground",
        "--kill-after=5",
        LIMIT,
        "qemu-system-x86_64",
    ]);
    command.args([
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-no-reboot",
    ]);
    // Emulated, so that it is the same machine wherever the tests run.
    command.args([
        "-machine",
        "accel=tcg",
        "-cpu",
        "max,la57=off",
        "-smp",
        "1",
        "-m",
        "1536",
    ]);
    command
        .arg("-kernel")
        .arg(kernel.join("vmlinuz"))
        .arg("-initrd")
        .arg(image);
    command.args(["-serial", &file(console), "-serial", &file(results)]);
    let line = format!(
        "console=ttyS0 quiet oops=panic panic=-1 -- {}",
        words.join(" ")
    );
    command.args(["-append", &line]);
    command
}

/// What process 1 has written: a line of a word and a test, then what the test said, indented.
fn read(text: &str, words: &[&str]) -> Result<Booted, Fault> {
    let mut results: Vec<(String, Outcome)> = Vec::new();
    let mut complete = false;
    for line in text.lines() {
        let line = line.trim_end_matches('\r');
        match (line.split_once(' '), results.last_mut()) {
            (Some(("passed", rest)), _) => {
                let (test, seconds) = rest.split_once(' ').unwrap_or((rest, "0"));
                results.push((test.to_owned(), Outcome::Passed(seconds.to_owned())));
            }
            (Some(("skipped", rest)), _) => {
                let (test, why) = rest.split_once(": ").unwrap_or((rest, ""));
                results.push((test.to_owned(), Outcome::Skipped(why.to_owned())));
            }
            (Some(("failed", test)), _) => {
                results.push((test.to_owned(), Outcome::Failed(String::new())));
            }
            (Some(("", _)), Some((_, Outcome::Failed(said)))) => {
                said.push_str(line);
                said.push('\n');
            }
            _ if line == "done" => complete = true,
            _ => return Err(format!("process 1 said: {line}")),
        }
    }
    let wanted = tests()
        .map(|(scenario, who)| name(scenario, who))
        .filter(|test| chosen(test, words));
    let wanted = wanted.collect::<Vec<_>>();
    let found = results
        .iter()
        .map(|(test, _)| test.clone())
        .collect::<Vec<_>>();
    if !complete || wanted != found {
        let after = found.last().map_or("the start", String::as_str);
        return Err(format!(
            "it ended after {after}; {} of {} tests",
            found.len(),
            wanted.len()
        ));
    }
    Ok(Booted::Ran(results))
}

/// Whether a test is one of those that were asked for.
pub(crate) fn chosen(test: &str, words: &[&str]) -> bool {
    words.is_empty() || words.iter().any(|word| test.contains(word))
}

fn save(path: &PathBuf, bytes: &[u8]) -> Result<(), Fault> {
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}
