//! What refusals and `purple doctor` tell a user to type, typed: a real user manager of systemd gives
//! the command a group of its own.

use crate::groups::{given, owners_command};
use purple_tests::identity::skip;
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run, finish, piped};
use purple_tests::test_dir::{TestDir, binary};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

scenarios! {
    the_command_that_a_refusal_names
    the_command_that_the_doctor_names
    the_command_of_the_handbook_with_a_record
}

/// A user manager as systemd's process 1 starts it, in a group that it has given to the user
/// (`Delegate=` of systemd.resource-control(5)).
struct Manager {
    group: PathBuf,
    runtime: String,
    child: Child,
}

impl Manager {
    /// Starts it; `None` where the machine has no systemd.
    fn start(place: &TestDir, test: &str) -> Option<Self> {
        const PROGRAM: &str = "/usr/lib/systemd/systemd";
        if !Path::new(PROGRAM).exists() || !Path::new("/usr/bin/systemd-run").exists() {
            skip(
                &format!("systemd-{test}"),
                "systemd is not installed where the tests were built",
            );
            return None;
        }
        // How programs know that systemd runs (sd_booted(3)).
        fs::create_dir_all("/run/systemd/system").expect("a new directory");
        let group = given(place, "user");
        place.dir("runtime");
        let runtime = place.text("runtime");
        let ready = UnixDatagram::bind(place.at("ready")).expect("a socket");
        chown(place.at("ready"), Some(place.who.uid), Some(place.who.gid)).expect("root's");
        let child = owners_command(place, &group)
            .args([PROGRAM, "--user", "--log-target=console"])
            .env_clear()
            .envs([("PATH", "/usr/bin:/usr/sbin"), ("HOME", &place.text(""))])
            .envs([
                ("XDG_RUNTIME_DIR", &runtime),
                ("NOTIFY_SOCKET", &place.text("ready")),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(place.at("manager")).expect("a file"))
            .spawn()
            .expect("systemd starts");
        let mut manager = Self {
            group,
            runtime,
            child,
        };
        ready
            .set_read_timeout(Some(Duration::from_secs(1)))
            .expect("a time");
        let mut buffer = [0; 4096];
        loop {
            let ended = manager.child.try_wait().expect("ours");
            assert!(ended.is_none(), "{ended:?}: {}", place.read("manager"));
            // Nothing for a second: it may have ended.
            let count = ready.recv(&mut buffer).unwrap_or(0);
            let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
            if text.lines().any(|line| line == "READY=1") {
                return Some(manager);
            }
        }
    }

    /// A shell line that runs as the user, in the manager's own group.
    fn types(&self, place: &TestDir, line: &str) -> Finished {
        let path = format!("{}:/usr/bin", place.at("bin").display());
        let mut command = owners_command(place, &self.group.join("init.scope"));
        command
            .args(["sh", "-c", line])
            .current_dir(place.at("output"))
            .env_clear();
        command.envs([("PATH", path.as_str()), ("XDG_RUNTIME_DIR", &self.runtime)]);
        command.env("HOME", place.text("home"));
        finish(piped(&mut command), &[], Duration::from_mins(1))
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let killed = fs::write(self.group.join("cgroup.kill"), "1");
        let ended = self.child.wait();
        if killed.is_err() || ended.is_err() {
            eprintln!("the manager: {killed:?}, {ended:?}");
        }
        remove(&self.group);
    }
}

/// Removes a group with those below it, in all of which nothing runs.
fn remove(group: &Path) {
    for entry in fs::read_dir(group).expect("a group").flatten() {
        if entry.path().is_dir() {
            remove(&entry.path());
        }
    }
    if let Err(error) = fs::remove_dir(group) {
        eprintln!("{}: {error}", group.display());
    }
}

/// The programs where a search path finds them, side by side.
fn install(place: &TestDir) {
    place.dir("bin");
    place.dir("home");
    for name in ["purple", "purple-exec"] {
        let copied = Command::new("cp")
            .arg(binary(name))
            .arg(place.at("bin"))
            .status();
        assert!(
            copied.is_ok_and(|status| status.success()),
            "{name} can be copied"
        );
    }
}

/// What stands between the first two backticks of a text.
fn quoted(text: &str) -> &str {
    text.split('`')
        .nth(1)
        .unwrap_or_else(|| panic!("no command in: {text}"))
}

const LIMITS: &str = "resources: {pids_limit: 20, memory_limit_bytes: 64M, cpu_limit: 1}";

fn the_command_that_a_refusal_names(place: &TestDir) {
    install(place);
    let plan = Policy::new(place).section(LIMITS).compile(place);
    let plan = plan.display();
    if place.who.is_root() {
        // Root needs no group that a user was given.
        let run = Run::new(place, Path::new(&place.text("plan.bin")), &["true"]);
        let done = run.option(&["--cgroup", "/tmp"]).finish();
        assert!(!done.stderr.contains("systemd-run"), "{done}");
        return;
    }
    let Some(manager) = Manager::start(place, "the_command_that_a_refusal_names") else {
        return;
    };
    // What people type first, in a group that other processes are in.
    let words = format!("--report report {plan} -- sh -c 'cat /proc/self/cgroup'");
    let refused = manager.types(place, &format!("purple-exec {words}"));
    assert_eq!(refused.code(), 125, "{refused}");
    let before = quoted(&refused.stderr);
    assert!(before.starts_with("systemd-run "), "{refused}");
    let done = manager.types(place, &format!("{before} purple-exec {words}"));
    assert_eq!(
        (done.code(), done.out().as_str()),
        (0, "0::/\n"),
        "{done}\n{}",
        place.read("manager")
    );
    let report: Value = serde_json::from_str(&place.read("output/report")).expect("JSON");
    let values = json!([
        "cpu.max 100000 100000",
        "memory.max 67108864",
        "memory.oom.group 1",
        "memory.swap.max 0",
        "pids.max 20"
    ]);
    assert_eq!(report["receipt"]["cgroup"], values, "{report}");
}

fn the_command_that_the_doctor_names(place: &TestDir) {
    install(place);
    let Some(manager) = Manager::start(place, "the_command_that_the_doctor_names") else {
        return;
    };
    let cgroup = |done: &Finished| {
        let report: Value = serde_json::from_str(&done.out()).expect("JSON");
        let checks = report["checks"].as_array().expect("a list");
        checks
            .iter()
            .find(|check| check["id"] == "cgroup")
            .expect("a check")
            .clone()
    };
    let first = manager.types(place, "purple doctor --json");
    let found = cgroup(&first);
    if place.who.is_root() {
        assert_eq!(found["state"], "ok", "{found}");
        return;
    }
    assert_eq!(found["state"], "missing", "{found}");
    let fix = found["fix"].as_str().expect("what to type");
    let done = manager.types(place, &format!("{} --json", quoted(fix)));
    assert_eq!(
        (done.code(), &cgroup(&done)["state"]),
        (0, &json!("ok")),
        "{done}"
    );
}

fn the_command_of_the_handbook_with_a_record(place: &TestDir) {
    install(place);
    let Some(manager) = Manager::start(place, "the_command_of_the_handbook_with_a_record") else {
        return;
    };
    let log = place.text("home/audit.log");
    let audit = format!("audit: {{enabled: true, detail_level: [syscall], log_path: {log:?}}}");
    let policy = Policy::new(place).section(LIMITS).section(&audit);
    place.file("policy.yaml", policy.text());
    let line = "systemd-run --user --scope -p Delegate=yes purple run --policy ../policy.yaml -- sh -c 'exit 3'";
    let done = manager.types(place, line);
    assert_eq!(done.code(), 3, "{done}\n{}", place.read("manager"));
    let log = place.read("home/audit.log");
    let records = log.lines().collect::<Vec<_>>();
    let [start, end] = records.as_slice() else {
        panic!("its start and its end: {log}")
    };
    assert!(start.contains("\"sandbox_start\""), "{start}");
    let record: Value = serde_json::from_str(end).expect("JSON");
    let values = record["receipt"]["cgroup"].to_string();
    assert!(values.contains("pids.max 20"), "{record}");
    // purple was in a group beside the run's. It goes with the scope, once the manager has seen the end.
    let start = Instant::now();
    let scopes = || {
        fs::read_dir(manager.group.join("app.slice"))
            .into_iter()
            .flatten()
            .flatten()
    };
    while scopes().any(|entry| entry.path().is_dir()) {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{:?}",
            scopes().collect::<Vec<_>>()
        );
        std::thread::yield_now();
    }
}
