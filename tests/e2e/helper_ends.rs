//! The real helper, killed and delayed: at each step of its start, while it carries, and when the command has ended. A helper
//! that stays stopped in its start is silent, as one in `filtered.rs`.

use super::inside::{PYTHON, script};
use purple_tests::internet::Internet;
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run, finish};
use purple_tests::stand_in::{purple_net, real_helper, stand_in, tell};
use purple_tests::test_dir::TestDir;
use purple_tests::wait::wait_until;
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

scenarios! {
    killed_at_any_step_of_its_start
    delayed_at_any_step_of_its_start
    killed_while_it_carries
    stopped_for_good_while_it_carries
    what_a_program_sends_last_arrives
}

const PEER: &str = include_str!("../probes/peer.py");
const ENDS: &str = include_str!("../probes/when_the_helper_ends.py");
const ASKS: &str = include_str!("../probes/ask_the_peer.py");
const LAST: &str = include_str!("../probes/send_and_end.py");

/// Addresses of the peer, and those that answer nothing.
const ADDRESSES: [&str; 4] = [
    "203.0.113.5",
    "2001:db8:113::5",
    "203.0.113.90",
    "2001:db8:113::90",
];

fn open(place: &TestDir) -> Policy {
    Policy::new(place).section(
        "network:
  dns_servers: [203.0.113.53]
  allow:
    - www.example.org
    - \"203.0.113.0/24:1-65535\"
    - \"203.0.113.0/24:1-65535/udp\"
    - \"[2001:db8:113::]/48:1-65535\"
    - \"[2001:db8:113::]/48:1-65535/udp\"",
    )
}

/// An internet in which the peer answers; `None` where it cannot be made.
fn internet_with_peer(test: &str) -> Option<Internet> {
    let mut internet = Internet::new(test)?;
    let [four, six, ..] = ADDRESSES;
    internet.serve_in_the_world(&[PYTHON, "-ISc", PEER, four, six]);
    Some(internet)
}

/// What is said where the helper has ended while the command ran.
const LOST: &str =
    "purple-exec: network: purple-net has ended before the command; it had no network any more\n";

/// The command has a network, and says what answers.
const CONNECTS: &str =
    "touch /output/started; exec 3<>/dev/tcp/203.0.113.5/80 && echo >&3 && head -1 <&3";

/// A command that connects, with the real helper under the stand-in's control.
struct Controlled {
    done: Finished,
    started: bool,
    /// How many steps its helper made to its end, where nothing was done to it.
    steps: Option<usize>,
}

const WORKS: &str = "203.0.113.5 80\n";

impl Controlled {
    /// Does something at a step.
    fn run(place: &TestDir, internet: &Internet, plan: &Path, action: &str, step: usize) -> Self {
        tell(place, &format!("{action} at step {step}"));
        let done = Run::new(place, plan, &["bash", "-c", CONNECTS])
            .wrapped_by_root(&["nsenter", &internet.host()])
            .report()
            .finish();
        let (started, steps) = (place.at("output/started"), place.at("steps"));
        let counted = fs::read_to_string(&steps).ok();
        if counted.is_some() {
            fs::remove_file(steps).expect("it is there");
        }
        Self {
            done,
            started: fs::remove_file(started).is_ok(),
            steps: counted.map(|text| text.parse().expect("a number")),
        }
    }

    #[track_caller]
    fn works(&self) {
        assert_eq!((self.done.good().as_str(), self.started), (WORKS, true));
    }
}

/// Does something at a step and looks at what comes of it, until there are no more: at every other one, for root and for the
/// user in turn.
fn at_each_step(
    place: &TestDir,
    internet: &Internet,
    action: &str,
    look: &mut dyn FnMut(Controlled),
) {
    let _stand_in = stand_in(place, "");
    real_helper(place);
    let plan = open(place).compile(place);
    for step in (usize::from(place.who.is_root())..).step_by(2) {
        let one = Controlled::run(place, internet, &plan, action, step);
        if one.steps.is_some() {
            one.works();
            assert!(step > 20, "{step} steps");
            return;
        }
        look(one);
    }
}

fn killed_at_any_step_of_its_start(place: &TestDir) {
    let Some(internet) = Internet::new("helper_ends-killed_at_any_step_of_its_start") else {
        return;
    };
    let refusal = "purple-exec: network: purple-net has ended before it was ready\n";
    let (mut refused, mut later) = (0, 0);
    at_each_step(
        place,
        &internet,
        "killed",
        &mut |Controlled { done, started, .. }| {
            if done.code() == 125 {
                assert_eq!((done.stderr.as_str(), started), (refusal, false));
                refused += 1;
                return;
            }
            // It was ready: the command starts, and nothing opens.
            assert!(started, "{done}");
            assert_eq!((done.code(), done.out().as_str()), (1, ""), "{done}");
            assert!(done.stderr.contains("Connection refused"), "{done}");
            assert!(done.stderr.ends_with(LOST), "{done}");
            let report = done.report.expect("a report");
            assert_eq!(report["network"]["helper_whole"], false);
            later += 1;
        },
    );
    assert!(refused > 10, "{refused} refused, {later} later");
}

fn delayed_at_any_step_of_its_start(place: &TestDir) {
    let Some(internet) = Internet::new("helper_ends-delayed_at_any_step_of_its_start") else {
        return;
    };
    at_each_step(place, &internet, "delayed", &mut |one| one.works());
}

/// The helper of a run: a child of the executor.
fn helper_of(executor: u32) -> u32 {
    let children = fs::read_to_string(format!("/proc/{executor}/task/{executor}/children"));
    let children = children.expect("it runs");
    let name = |id: &&str| {
        let name = fs::read_to_string(format!("/proc/{id}/comm"));
        name.is_ok_and(|name| name == "purple-net\n")
    };
    let found = children.split_whitespace().find(name);
    found.and_then(|id| id.parse().ok()).expect("a helper")
}

fn killed_while_it_carries(place: &TestDir) {
    let Some(internet) = internet_with_peer("helper_ends-killed_while_it_carries") else {
        return;
    };
    let [_, _, hole_4, hole_6] = ADDRESSES;
    for address in [hole_4, hole_6] {
        let _said = internet.in_the_world(&["ip", "route", "add", "blackhole", address]);
    }
    let _helper = purple_net(place);
    let text = script(ENDS);
    let command: Vec<&str> = [PYTHON, "-ISc", &text]
        .into_iter()
        .chain(ADDRESSES)
        .collect();
    let run = Run::new(place, &open(place).compile(place), &command)
        .wrapped_by_root(&["nsenter", &internet.host()])
        .report();
    let mut running = run.start();
    let mut said = [0; 6];
    let out = running.stdout.as_mut().expect("a pipe");
    out.read_exact(&mut said).expect("it says that it is ready");
    assert_eq!(&said, b"ready\n");
    let helper = helper_of(running.id()).to_string();
    let _said = internet.on_the_host(&["kill", "-KILL", &helper]);
    wait_until("the helper has ended", || {
        !Path::new("/proc").join(&helper).exists()
    });
    let done = finish(running, b"", Duration::from_mins(1));
    assert_eq!((done.code(), done.stderr.as_str()), (0, LOST), "{done}");
    let mut expected = json!({"name": "not found soon"});
    for family in [4, 6] {
        for (what, comes) in [
            // No end, which would say that all has come.
            ("quiet", "ECONNRESET"),
            ("busy", "ECONNRESET"),
            ("new", "ECONNREFUSED soon"),
            ("datagram", "ECONNREFUSED soon"),
            // When its SYN is sent again.
            ("being made", "ECONNREFUSED in time"),
        ] {
            expected[format!("{what} {family}")] = json!(comes);
        }
    }
    let found: Value = serde_json::from_str(&done.out()).expect("facts");
    assert_eq!(found, expected);
    let report = fs::read_to_string(place.at("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["network"]["helper_whole"], false);
    assert_eq!(
        report["network"]["rules_generation"],
        report["receipt"]["network"]["rules_generation"]
    );
}

/// A helper that is stopped and never continued answers nothing: the command's own end and its time limit hold all the same, and
/// nothing of the run is left.
fn stopped_for_good_while_it_carries(place: &TestDir) {
    let Some(internet) = internet_with_peer("helper_ends-stopped_for_good_while_it_carries") else {
        return;
    };
    let _helper = purple_net(place);
    let policy = open(place).section("resources: {session_timeout_seconds: 4}");
    let plan = policy.compile(place);
    for (then, status) in [
        // Nothing answers the SYN, which the kernel sends again for two minutes (tcp_syn_retries, tcp(7)).
        ("exec 3<>/dev/tcp/203.0.113.5/80", 124),
        // An address that no entry names is refused by the kernel's rules, which need no helper.
        ("exec 3<>/dev/tcp/198.18.0.1/80 || exit 7", 7),
    ] {
        let command = format!("echo ready; read -r; {then}");
        let run = Run::new(place, &plan, &["bash", "-c", &command])
            .wrapped_by_root(&["nsenter", &internet.host()])
            .report();
        let mut running = run.start();
        let mut said = [0; 6];
        let out = running.stdout.as_mut().expect("a pipe");
        out.read_exact(&mut said).expect("it says that it is ready");
        let helper = helper_of(running.id()).to_string();
        let _said = internet.on_the_host(&["kill", "-STOP", &helper]);
        let start = Instant::now();
        let done = finish(running, b"\n", Duration::from_mins(1));
        assert_eq!(done.code(), status, "{then}: {done}");
        // The limit, the grace after it, and what the executor waits for the report.
        assert!(start.elapsed() < Duration::from_secs(20), "{then}");
        wait_until("the helper has ended", || {
            !Path::new("/proc").join(&helper).exists()
        });
        let report = fs::read_to_string(place.at("report.json")).expect("a report");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        assert_eq!(report["network"]["counted"], Value::Null, "{then}");
        fs::remove_file(place.at("report.json")).expect("it is there");
    }
}

fn what_a_program_sends_last_arrives(place: &TestDir) {
    let Some(internet) = internet_with_peer("helper_ends-what_a_program_sends_last_arrives") else {
        return;
    };
    let [four, ..] = ADDRESSES;
    let _helper = purple_net(place);
    let plan = open(place).compile(place);
    for length in [0, 1, 100_000, 3_000_000] {
        let key = format!("{length:08}");
        let (host, words) = (internet.host(), length.to_string());
        let done = Run::new(place, &plan, &[PYTHON, "-ISc", LAST, four, &key, &words])
            .wrapped_by_root(&["nsenter", &host])
            .finish();
        assert_eq!(done.good(), "");
        for (asked, expected) in [
            (key.clone(), format!("{length} then the end\n")),
            (format!("{key} by datagram"), "came\n".to_owned()),
        ] {
            let said = internet.on_the_host(&[PYTHON, "-ISc", ASKS, four, &asked]);
            assert_eq!(said, expected, "{asked}");
        }
    }
}
