//! Threat 28: every system call of the setup made to fail, each one alone, and the command never
//! starts.
//!
//! Which calls there are is read from a run in which all of them succeed, so that a new one is
//! covered by itself.

use super::harmless::{BY_CHANCE, HARMLESS};
use super::tracer::{Call, Process, Traced, WRAPPER, trace};
use nix::errno::Errno;
use nix::unistd::{Uid, User};
use purple_tests::identity::skip;
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::stand_in::{filtered, stand_in};
use purple_tests::test_dir::TestDir;
use purplec::syscalls::{Arch, syscall_name};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

scenarios! {
    no_call_of_the_setup_may_fail
    no_call_of_the_payload_with_capabilities_may_fail
    no_call_for_subordinate_ids_may_fail
    no_call_that_fails_leaves_a_stub
    no_call_for_a_filtered_network_may_fail
}

/// What a process of the executor is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Supervisor,
    /// Holds a user namespace while an id-mapped mount is made of it.
    Holder,
    /// Becomes a helper of the host.
    Helper,
    Init,
    Payload,
}

pub(super) fn role(process: &Process, good: &Traced) -> Role {
    let payload = good.payload.as_ref().expect("the command started");
    match process {
        first if first.is_empty() => Role::Supervisor,
        it if it == payload => Role::Payload,
        it if payload.starts_with(it) => Role::Init,
        it if good.helpers.contains(it) => Role::Helper,
        _ => Role::Holder,
    }
}

/// A call that is made to fail.
#[derive(Debug, Clone)]
struct Fault {
    call: Call,
    errno: Errno,
    role: Role,
    name: &'static str,
}

/// What came of a failing call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Refused,
    Harmless,
    DidNotCome,
    Started,
    Strange,
}

fn no_call_of_the_setup_may_fail(place: &TestDir) {
    place.dir("output/below");
    let policy = Policy::new(place)
        .shows(&place.text("host"), "/output/below")
        .filesystem("scratch_paths: [/scratch]")
        .section("network: {isolated: true}")
        .section("resources: {session_timeout_seconds: 60}");
    let statuses = fail_each(place, &policy, &[], |_| true);
    assert!(statuses.contains(&125), "{statuses:?}");
}

fn no_call_of_the_payload_with_capabilities_may_fail(place: &TestDir) {
    let policy = Policy::new(place).section("capabilities: {add: [CAP_NET_BIND_SERVICE]}");
    let statuses = fail_each(place, &policy, &[], |role| role == Role::Payload);
    assert!(statuses.contains(&125), "{statuses:?}");
}

/// The supervisor's and init's, and those of the process that becomes the helper.
fn no_call_for_a_filtered_network_may_fail(place: &TestDir) {
    let _helper = stand_in(place, "");
    let statuses = fail_each(place, &filtered(place), &[], |role| role != Role::Payload);
    assert_eq!(statuses, BTreeSet::from([125]), "the executor refuses");
}

/// A user's only; and a tracer without root's rights would keep the helpers from theirs.
fn no_call_for_subordinate_ids_may_fail(place: &TestDir) {
    let listed = User::from_uid(Uid::from_raw(place.who.uid))
        .ok()
        .flatten()
        .is_some_and(|user| {
            let list = std::fs::read_to_string("/etc/subuid").unwrap_or_default();
            list.lines()
                .any(|line| line.starts_with(&format!("{}:", user.name)))
        });
    if place.who.is_root() {
        return;
    }
    if !listed || !Uid::effective().is_root() || !Path::new("/usr/bin/newuidmap").exists() {
        let reason = "it takes root and a user with subordinate ids; scripts/setup adds some";
        return skip("faults-no_call_for_subordinate_ids_may_fail", reason);
    }
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(place.at("output"), open).expect("its own directory");
    let policy = Policy::new(place);
    let statuses = fail_each(place, &policy, &["--subordinate-ids"], |role| {
        role != Role::Payload
    });
    assert!(statuses.contains(&125), "{statuses:?}");
}

/// One after the other: they stand in one place on the host.
fn no_call_that_fails_leaves_a_stub(place: &TestDir) {
    let project = place.dir("project");
    let policy = Policy::new(place).keeps(&place.text("project"), "/tree", &["a/b", "c/", "d"]);
    let plan = policy.compile(place);
    let left = || {
        std::fs::read_dir(&project)
            .expect("its own directory")
            .count()
    };
    let (good, _started) = run(place, &plan, &[], 0);
    let good = trace(&mut good.command(), None);
    assert_eq!(
        (good.status, good.said.as_str(), left()),
        (0, "", 0),
        "without a fault it runs"
    );
    // These do not fail (umask(2), close(2)); a program with checks ends at once when they do.
    let fails = |call: &Call| !["umask", "close"].contains(&name(call));
    let ours = |call: &&Call| role(&call.process, &good) == Role::Supervisor && fails(call);
    let calls: Vec<Call> = good.calls.iter().filter(ours).cloned().collect();
    let mut refused = 0;
    for (fault, number) in faults(&calls, &good).iter().zip(1..) {
        let (run, started) = run(place, &plan, &[], number);
        let traced = trace(&mut run.command(), Some((&fault.call, fault.errno)));
        if started.exists() {
            // What fails in the end may leave one, which the next run takes away.
            let (again, _started) = self::run(place, &plan, &[], 0);
            assert_eq!(
                (trace(&mut again.command(), None).status, left()),
                (0, 0),
                "{fault:?}"
            );
        } else {
            assert_eq!(left(), 0, "{fault:?}: {}", traced.said);
            refused += 1;
        }
    }
    for wanted in ["mknodat", "fcntl", "openat2"] {
        assert!(calls.iter().any(|call| name(call) == wanted), "no {wanted}");
    }
    println!("{refused} runs were refused, and no stub was left");
    assert!(refused > 0);
}

pub(super) fn name(call: &Call) -> &'static str {
    let name = syscall_name(Arch::X86_64, u32::try_from(call.number).expect("a number"));
    name.expect("a call that the table has")
}

/// A run of `touch` that can be traced, and the file that is there if it ran.
pub(super) fn run<'p>(
    place: &'p TestDir,
    plan: &Path,
    options: &[&str],
    number: usize,
) -> (Run<'p>, PathBuf) {
    let report = place.text(&format!("report-{number}"));
    let name = format!("started-{number}");
    let run = Run::new(place, plan, &["touch", &format!("/output/{name}")]);
    let run = run
        .wrapped(&WRAPPER)
        .option(&["--report", &report])
        .option(options);
    (run, place.at(&format!("output/{name}")))
}

/// Fails each call of the setup that a process of these roles makes, and looks what comes of it. The
/// exit statuses are those of the runs that were refused.
fn fail_each(
    place: &TestDir,
    policy: &Policy,
    options: &[&str],
    wanted: fn(Role) -> bool,
) -> BTreeSet<i32> {
    let plan = policy.compile(place);
    let (good, started) = run(place, &plan, options, 0);
    let good = trace(&mut good.command(), None);
    assert_eq!(
        (good.status, good.said.as_str()),
        (0, ""),
        "without a fault it runs"
    );
    assert!(started.exists());
    let whole = receipt(place, 0);
    let calls = good
        .calls
        .iter()
        .filter(|call| wanted(role(&call.process, &good)));
    let faults = faults(&calls.cloned().collect::<Vec<_>>(), &good);

    // Run 0 was the good one.
    let next = AtomicUsize::new(1);
    let work = || {
        let mut seen = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(fault) = faults.get(number - 1) else {
                return seen;
            };
            let (run, started) = run(place, &plan, options, number);
            let traced = trace(&mut run.command(), Some((&fault.call, fault.errno)));
            let verdict = verdict(fault, &traced, started.exists());
            // A supervisor that ends while it watches writes none, and everything inside ends with it.
            let is_gone = fault.role == Role::Supervisor && report_is_empty(place, number);
            if verdict == Verdict::Harmless && !is_gone {
                assert_eq!(
                    receipt(place, number),
                    whole,
                    "after {fault:?} a layer is missing"
                );
            }
            seen.push((fault, verdict, traced));
        }
    };
    let found = std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.map(|worker| worker.join().expect("no panic"))
    });
    let found: Vec<_> = found.into_iter().flatten().collect();
    judge(place, &found, &faults);
    let refused = found
        .iter()
        .filter(|(_, verdict, _)| *verdict == Verdict::Refused);
    refused.map(|(_, _, traced)| traced.status).collect()
}

fn report_is_empty(place: &TestDir, number: usize) -> bool {
    fs::metadata(place.at(&format!("report-{number}"))).is_ok_and(|file| file.len() == 0)
}

/// What was in force in a run, by its report. The file by which Landlock was probed may differ.
pub(super) fn receipt(place: &TestDir, number: usize) -> Value {
    let report: Value =
        serde_json::from_str(&place.read(&format!("report-{number}"))).expect("JSON");
    let mut receipt = report["receipt"].clone();
    // Without a way to IPv6 outside there is none inside.
    if let Some(network) = receipt["network"].as_object_mut() {
        let found = (network["ipv6"].take(), network["routes_read_back"].take());
        let expected = [(json!(true), json!(5)), (json!(false), json!(3))];
        assert!(expected.contains(&found), "{report}");
    }
    let seen = receipt["landlock"]["probe"].take();
    assert!(seen == "EPERM" || seen == "EACCES", "{report}");
    receipt
}

/// Every call with EPERM, and the first of each kind with ENOSYS, as a kernel without it says.
fn faults(calls: &[Call], good: &Traced) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for call in calls {
        let role = role(&call.process, good);
        let name = name(call);
        let mut push = |errno| {
            faults.push(Fault {
                call: call.clone(),
                errno,
                role,
                name,
            });
        };
        push(Errno::EPERM);
        if seen.insert((role, call.number)) {
            push(Errno::ENOSYS);
        }
    }
    faults
}

fn verdict(fault: &Fault, traced: &Traced, started: bool) -> Verdict {
    let refused = (125..=127).contains(&traced.status) || traced.status > 128;
    match (traced.failed, started || traced.payload.is_some()) {
        (false, _) => Verdict::DidNotCome,
        (true, true) if harmless(fault).is_some() => Verdict::Harmless,
        (true, true) => Verdict::Started,
        (true, false) if refused => Verdict::Refused,
        (true, false) => Verdict::Strange,
    }
}

fn harmless(fault: &Fault) -> Option<usize> {
    HARMLESS.iter().position(|&(role, name, errno, _)| {
        let is_named = role == fault.role && name == fault.name;
        is_named
            && (name != "wait4" || fault.call.of_any_child)
            && errno.is_none_or(|errno| errno == fault.errno)
    })
}

fn judge(place: &TestDir, found: &[(&Fault, Verdict, Traced)], faults: &[Fault]) {
    let count = |wanted| {
        found
            .iter()
            .filter(|(_, verdict, _)| *verdict == wanted)
            .count()
    };
    println!(
        "{} faults in {} calls as {}: {} refused, {} harmless, {} did not come",
        faults.len(),
        faults
            .iter()
            .filter(|fault| fault.errno == Errno::EPERM)
            .count(),
        if place.who.is_root() { "root" } else { "user" },
        count(Verdict::Refused),
        count(Verdict::Harmless),
        count(Verdict::DidNotCome),
    );
    assert_eq!(found.len(), faults.len());
    for (role, name, ..) in HARMLESS {
        let made = |by: Role| {
            faults
                .iter()
                .any(|fault| fault.role == by && fault.name == *name)
        };
        let there = faults.iter().any(|fault| fault.role == *role);
        let chance = BY_CHANCE.contains(&(*role, *name));
        assert!(
            !there || chance || made(*role),
            "{role:?} makes no {name} any more"
        );
    }
    let wrong: Vec<String> = found
        .iter()
        .filter(|(fault, verdict, _)| match verdict {
            Verdict::Refused | Verdict::Harmless => false,
            Verdict::DidNotCome => !BY_CHANCE.contains(&(fault.role, fault.name)),
            Verdict::Started | Verdict::Strange => true,
        })
        .map(|(fault, verdict, traced)| {
            let Fault {
                call,
                errno,
                role,
                name,
            } = fault;
            let Traced {
                status,
                said,
                payload,
                ..
            } = traced;
            let nth = call.nth;
            format!("{verdict:?}: {role:?} {name} {nth} {errno}: {payload:?} {status} {said}")
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        found.len(),
        wrong.join("\n")
    );
}
