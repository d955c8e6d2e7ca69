//! Many filtered sandboxes, and much by one: a few and a little for every change, and as many as `PURPLE_NETWORK_LOAD` says in
//! percent for the field tests (`scripts/field network-load` says 100).

use super::inside::{PYTHON, script};
use purple_tests::internet::Internet;
use purple_tests::policy::Policy;
use purple_tests::run::{Run, finish};
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use std::collections::VecDeque;
use std::fs;
use std::io::Read;
use std::process::Child;
use std::time::{Duration, Instant};

scenarios! {
    many_sandboxes_live_at_once
    much_goes_through_a_sandbox
}

const PEER: &str = include_str!("../probes/peer.py");
const MANY: &str = include_str!("../probes/many_connections.py");

const ADDRESS: &str = "203.0.113.5";

/// So many start at the same time: each waits 10 s for its helper, on a machine with few processors.
const STARTING: usize = 8;

/// The share of `whole` that `PURPLE_NETWORK_LOAD` names, in percent; 2 where it is not set.
fn part_of(whole: u64) -> u64 {
    let percent = std::env::var("PURPLE_NETWORK_LOAD");
    let percent = percent.map_or(2, |text| text.parse().expect("a number"));
    whole * percent / 100
}

fn plan(place: &TestDir) -> std::path::PathBuf {
    let _helper = purple_net(place);
    let section = format!("network: {{allow: [\"{ADDRESS}:1-65535\"]}}");
    Policy::new(place).section(&section).compile(place)
}

/// What a process and its children take of memory by themselves, in KiB: `Pss` of `proc_pid_smaps(5)`.
fn memory(process: &str) -> Option<u64> {
    let read = |file: &str| fs::read_to_string(format!("/proc/{process}/{file}"));
    let rollup = read("smaps_rollup").ok()?;
    let own = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let own = own.and_then(|line| line.split_whitespace().next()?.parse().ok());
    let children = read(&format!("task/{process}/children")).unwrap_or_default();
    // A child may have ended since.
    let children: u64 = children.split_whitespace().filter_map(memory).sum();
    Some(own.unwrap_or(0) + children)
}

fn many_sandboxes_live_at_once(place: &TestDir) {
    let Some(mut internet) = Internet::new("network_load-many_sandboxes_live_at_once") else {
        return;
    };
    internet.serve_in_the_world(&[PYTHON, "-ISc", PEER, ADDRESS, "2001:db8:113::5"]);
    let plan = plan(place);
    let connects = format!("exec 3<>/dev/tcp/{ADDRESS}/7007 && head -c 5 <&3 && read -r");
    let run = Run::new(place, &plan, &["bash", "-c", &connects])
        .wrapped_by_root(&["nsenter", &internet.host()]);
    let count = part_of(500);
    let start = Instant::now();
    let (mut starting, mut all) = (VecDeque::new(), Vec::new());
    for number in 0..count {
        starting.push_back(run.start());
        while starting.len() >= STARTING || (number + 1 == count && !starting.is_empty()) {
            let mut one = starting.pop_front().expect("there are some");
            let mut said = [0; 5];
            let out = one.stdout.as_mut().expect("a pipe");
            out.read_exact(&mut said).expect("each reaches the service");
            assert_eq!(&said, b"hello");
            all.push(one);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let memory = |one: &Child| memory(&one.id().to_string()).expect("smaps_rollup");
    let memory: u64 = all.iter().map(memory).sum();
    println!(
        "{count} sandboxes started in {seconds:.1} s, {} KiB each",
        memory / count
    );
    for one in all {
        let done = finish(one, b"\n", Duration::from_mins(1));
        assert!(done.good().is_empty());
    }
    // That none is left over is what every scenario looks at.
}

fn much_goes_through_a_sandbox(place: &TestDir) {
    let Some(mut internet) = Internet::new("network_load-much_goes_through_a_sandbox") else {
        return;
    };
    internet.serve_in_the_world(&[PYTHON, "-ISc", PEER, ADDRESS, "2001:db8:113::5"]);
    let (plan, text) = (plan(place), script(MANY));
    for (what, count) in [
        ("bytes", part_of(10 << 30)),
        ("short", part_of(10_000)),
        ("burst", 5_000),
    ] {
        let words = count.to_string();
        let command = [PYTHON, "-ISc", &text, ADDRESS, what, &words];
        let done = Run::new(place, &plan, &command)
            .wrapped_by_root(&["nsenter", &internet.host()])
            .limit(Duration::from_mins(3))
            .finish();
        let facts = done.facts();
        assert_eq!(facts["found"], count, "{what}: {facts}");
        println!("{what}: {count} in {} s", facts["seconds"]);
    }
}
