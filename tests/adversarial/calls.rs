//! Threats 12 to 16: the system calls that a program has no business with, and other ways to them.

use super::attack::{attack, outside, stopped};
use purple_tests::identity::skip;
use purple_tests::inside::{facts_under, python};
use purple_tests::policy::Policy;
use purple_tests::run::{Run, finish};
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::time::Duration;

scenarios! {
    other_entry_points
    nested_user_namespaces
    io_uring
    io_uring_without_a_network
    calls_into_the_kernel
    another_sandboxes_supervisor
    high_bits_that_the_kernel_drops
}

/// The exit status of a program that SIGSYS ended.
const BAD_CALL: i32 = 128 + 31;

/// Machine code that makes a 32-bit call: number and three arguments in, the result out.
const INT80: &str = include_str!("../probes/int80.py");

fn other_entry_points(place: &TestDir) {
    // 16 is AF_NETLINK.
    let calls = [
        "I386_getpid, 0, 0, 0",
        "I386_ptrace, 0, 0, 0",
        "I386_unshare, CLONE_NEWUSER, 0, 0",
        "I386_socket, 16, 3, 0",
    ];
    let plan = Policy::new(place).compile(place);
    for call in calls {
        let text = format!("{INT80}show(it=by_int80({call}))");
        assert_eq!(outside(place, &text), json!({"it": "ok"}), "{call}");
        let done = python(place, &plan, &text).finish();
        assert_eq!(
            (done.code(), done.out().as_str()),
            (BAD_CALL, ""),
            "{call}: {done}"
        );
    }
    // x32 numbers have bit 30 set; 41 is socket there too.
    let text = "show(it=syscall(X32_BIT | SYS_socket, 16, 3, 0))";
    let done = python(place, &plan, text).finish();
    assert_eq!((done.code(), done.out().as_str()), (BAD_CALL, ""), "{done}");
    if outside(place, text) != json!({"it": "ok"}) {
        skip("calls::other_entry_points-x32", "this kernel has no x32");
    }
    // Where the policy opens the other interface, the verdict is the native one.
    let policy = Policy::new(place).syscalls(&["default_deny: false", "architectures: [x86]"]);
    let text = format!("{INT80}{}", include_str!("../probes/calls_by_int80.py"));
    let found = facts_under(place, &policy, &text);
    let expected = json!({"unix": "ok", "netlink": "EPERM", "vsock": "EPERM", "ptrace": "EPERM", "unshare": "EPERM",
        "multiplexed": "EPERM"});
    assert_eq!(found, expected);
}

/// The namespace, and what there is to do as root of it.
fn nested_user_namespaces(place: &TestDir) {
    let text = include_str!("../probes/nested_user_namespaces.py");
    let test = "calls::nested_user_namespaces";
    attack(place, &Policy::new(place), test, text, &["EPERM", "ENOSPC"]);
    // The namespace's own limit holds where the filter lets everything through.
    let open = "allow: [unshare, mount, fsopen]";
    let policy = Policy::new(place).syscalls(&["default_deny: false", open]);
    attack(place, &policy, test, text, &["ENOSPC"]);
}

fn io_uring(place: &TestDir) {
    let text = "show(setup=syscall(SYS_io_uring_setup, 4, bytes(120)))";
    attack(
        place,
        &Policy::new(place),
        "calls::io_uring",
        text,
        &["EPERM"],
    );
}

/// A ring connects without any call that a filter sees: what holds is that there is no network.
fn io_uring_without_a_network(place: &TestDir) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let text = format!(
        "PORT = {port}\n{}",
        include_str!("../probes/ring_connects.py")
    );
    let calls = "allow: [io_uring_setup, io_uring_enter]";
    let policy = Policy::new(place).syscalls(&["default_deny: false", calls]);
    attack(
        place,
        &policy,
        "calls::io_uring_without_a_network",
        &text,
        &["ECONNREFUSED"],
    );
}

/// Each with arguments that the kernel takes, or that do no harm.
fn calls_into_the_kernel(place: &TestDir) {
    let text = include_str!("../probes/calls_into_the_kernel.py");
    let test = "calls::calls_into_the_kernel";
    attack(place, &Policy::new(place), test, text, &["EPERM"]);
}

/// By its process id, as the one who started it may.
fn another_sandboxes_supervisor(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let mut child = Run::new(place, &plan, &["sh", "-c", "echo ready; cat"]).start();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    assert!(
        out.read_line(&mut String::new())
            .is_ok_and(|length| length > 0)
    );
    let text = format!(
        "PID = {}\n{}",
        child.id(),
        include_str!("../probes/attack_a_process.py")
    );
    let free = outside(place, &text);
    let inside = python(place, &plan, &text).finish().facts();
    let test = "calls::another_sandboxes_supervisor";
    stopped(place, test, &free, &inside, &["ESRCH", "EPERM", "ENOENT"]);
    assert_eq!(finish(child, b"", Duration::from_secs(20)).code(), 0);
}

fn high_bits_that_the_kernel_drops(place: &TestDir) {
    let text = include_str!("../probes/high_bits.py");
    let test = "calls::high_bits_that_the_kernel_drops";
    attack(place, &Policy::new(place), test, text, &["EPERM"]);
}
