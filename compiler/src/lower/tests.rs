//! What is decided here, and the verifier's rules about it: each is broken once.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod keys;

use super::{INSIDE, OUTSIDE_FOR_ROOT, lower};
use crate::diagnostics::Sink;
use crate::ir::network::{Connection, Destination, Direction, Extent, Host, Link, Reason};
use crate::ir::{Action, Attributes, CapabilitySets, Filter, Ir, Namespace, verify};
use crate::parse;
use crate::quantity::Protocol;
use crate::resolve::resolve;
use crate::source::Source;
use crate::syscalls::Arch;
use crate::validate::validate;
use core::time::Duration;

/// The IR of a policy without errors, which keeps the verifier's rules.
pub(super) fn lowered(text: &str) -> Ir {
    let (ir, sink) = lowered_with_findings(text);
    assert_eq!(verify(&ir), Ok(()));
    assert!(!sink.has_errors());
    ir
}

/// The IR of a policy, and what was found.
pub(super) fn lowered_with_findings(text: &str) -> (Ir, Sink) {
    let source = Source::new("p", text);
    let mut sink = Sink::new();
    let mut document = parse::parse(&source, &mut sink).unwrap();
    let policy = validate(&mut document, &mut sink).unwrap();
    let mut sources = source.clone().into();
    let hosts = crate::hosts::gather(&policy, &document, None, &mut sources, &mut sink);
    let resolved = resolve(
        &policy,
        &[Arch::X86_64],
        None,
        &hosts,
        None,
        &document,
        &mut sink,
    );
    let ir = lower(&resolved, &mut sink);
    (ir, sink)
}

/// What the verifier says of the IR of a policy after a change.
fn broken(text: &str, change: impl FnOnce(&mut Ir)) -> String {
    let mut ir = lowered(text);
    change(&mut ir);
    verify(&ir).unwrap_err().0
}

const CAPABLE: &str = "name: a\ncapabilities: {add: [CAP_NET_BIND_SERVICE]}\n";
const LISTED: &str = "name: a\nnetwork: {isolated: false, allowed_outgoing_ports: [443, 80-90]}\n";

#[test]
fn the_process_breaks_no_rule_and_each_rule_bites() {
    let name = "name: a\n";
    assert_eq!(
        broken(name, |ir| ir.process.user.inside = 0),
        "the program is root"
    );
    assert_eq!(
        broken(name, |ir| ir.process.group.outside_for_root = 0),
        "the program is root"
    );
    for kind in Namespace::ALL {
        let said = broken(name, |ir| {
            ir.process.namespaces.remove(&kind);
        });
        assert_eq!(said, "the sandbox shares a namespace");
    }
    let together = "capabilities and namespaces of the program's own do not go together";
    let holding = |text, mask| {
        broken(text, |ir| {
            ir.process.capabilities = CapabilitySets::same(mask);
        })
    };
    assert_eq!(holding(name, 1), together);
    assert_eq!(holding(CAPABLE, 0), together);
    let ambient = broken(name, |ir| ir.process.capabilities.ambient = 1);
    assert_eq!(ambient, together);
    let without_user = broken(CAPABLE, |ir| {
        ir.process.inner_namespaces.remove(&Namespace::User);
    });
    assert_eq!(without_user, together);
    let grace = "there is no grace, or no host name";
    assert_eq!(broken(name, |ir| ir.process.grace = Duration::ZERO), grace);
    assert_eq!(
        broken(name, |ir| ir.process.host_name = "a".repeat(65)),
        grace
    );
    let limit = "a limit is above what it can be raised to";
    assert_eq!(broken(name, |ir| ir.process.limits[0].soft = 1), limit);
    let twice = broken(name, |ir| ir.process.limits.push(ir.process.limits[0]));
    assert_eq!(twice, "two limits of core");
}

#[test]
fn attributes_of_steps_break_no_rule_and_each_rule_bites() {
    let text = "name: a\nfilesystem:\n  output_paths: [{host_path: ., sandbox_path: /o}]\n";
    let said = |wanted: fn(&Action) -> bool, attributes: Attributes, optional: bool| {
        broken(text, |ir| {
            let step = ir.steps.iter_mut().find(|step| wanted(&step.action));
            let step = step.unwrap();
            (step.attributes, step.optional) = (attributes, optional);
        })
    };
    let fixed = Attributes {
        read_only: true,
        no_suid: true,
        no_dev: true,
        no_exec: true,
    };
    let open = Attributes::NONE;
    let link = |action: &Action| matches!(action, Action::Symlink(_));
    let protect = |action: &Action| matches!(action, Action::Protect { .. });
    let bind = |action: &Action| matches!(action, Action::Bind { .. });
    let mask = |action: &Action| *action == Action::Mask;
    let proc = |action: &Action| *action == Action::Proc;
    let seal = |action: &Action| *action == Action::Seal;
    assert!(said(link, fixed, false).ends_with("is no mount and has attributes"));
    assert!(said(protect, fixed, true).ends_with("may be left out"));
    let writable = Attributes {
        read_only: false,
        ..fixed
    };
    assert!(said(protect, writable, false).ends_with("can be written to"));
    assert!(said(bind, open, false).ends_with("allows set-user-id or device files"));
    let executable = Attributes {
        no_exec: false,
        ..fixed
    };
    assert!(said(mask, executable, true).ends_with("allows programs"));
    assert!(said(proc, executable, false).ends_with("allows programs"));
    assert_eq!(
        said(seal, open, false),
        "the last step does not seal the root"
    );
}

#[test]
fn the_network_breaks_no_rule_and_each_rule_bites() {
    let order = broken(LISTED, |ir| ir.network.entries[0].ports.first = 0);
    assert!(order.ends_with("are not in order from 1"), "{order}");
    let blocked = "name: a\nnetwork: {isolated: false, blocked_ips: [192.0.2.0/24]}\n";
    let form = broken(blocked, |ir| {
        let entry = ir.network.entries.last_mut().unwrap();
        let Destination::Addresses(block) = &mut entry.destination else {
            unreachable!("it blocks addresses")
        };
        block.prefix = 8;
    });
    assert!(form.ends_with("has another form"), "{form}");
    assert_eq!(
        broken(LISTED, |ir| ir.network.link = Link::Loopback),
        "a wider network is wanted than there is, and nothing says so"
    );
    assert_eq!(
        broken(LISTED, |ir| ir.network.extent = Extent::Loopback),
        "a filtered network ends at the loopback interface"
    );
    let service = "name: a\nnetwork: {host_services: [80]}\n";
    assert_eq!(
        broken(service, |ir| {
            ir.network.link = Link::Host;
            ir.process.namespaces.remove(&Namespace::Network);
        }),
        "something of the host is reached without a filtered network"
    );
    let isolated = "name: a\nnetwork: {isolated: true, allowed_outgoing_ports: [443]}\n";
    assert_eq!(
        broken(isolated, |ir| ir.landlock.ports[0].last = 444),
        "Landlock has other TCP ports than `allow out`"
    );
    let bound = "name: a\nnetwork: {isolated: false, allowed_incoming_ports: [443]}\n";
    assert_eq!(
        broken(bound, |ir| ir.landlock.ports[0].last = 444),
        "Landlock has other TCP ports than `allow in`"
    );
}

#[test]
fn the_ids_inside_are_those_of_the_account_inside() {
    let ir = lowered("name: a\n");
    let accounts = ir.steps.iter().find(|step| step.target == "/etc/passwd");
    let Action::File { content, .. } = &accounts.unwrap().action else {
        unreachable!("it is a file")
    };
    let (user, group) = (ir.process.user, ir.process.group);
    assert!(content.starts_with(&format!("agent:x:{}:{}:", user.inside, group.inside)));
    assert_eq!(
        (user.inside, user.outside_for_root),
        (INSIDE, OUTSIDE_FOR_ROOT)
    );
}

/// The verdict on a connection to or from an address, and the text that decides.
fn verdict(text: &str, direction: Direction, address: &str, port: u16) -> (Reason, String) {
    let ir = lowered(text);
    let found = ir.network.verdict(&Connection {
        direction,
        protocol: Protocol::Tcp,
        host: Host::Address(address.parse().unwrap()),
        port,
    });
    let source = Source::new("p", text);
    let said = found.origin.map(|span| source.slice(span).to_owned());
    (found.why, said.unwrap_or_default())
}

#[test]
fn each_verdict_has_the_line_that_decides() {
    use Direction::{In, Out};
    let is = |text: &str, direction, address: &str, port, why, said: &str| {
        let expected = (why, said.to_owned());
        assert_eq!(verdict(text, direction, address, port), expected, "{text}");
    };
    let isolated = "name: a\nnetwork: {isolated: true, dns_servers: []}\n";
    is("name: a\n", Out, "192.0.2.1", 443, Reason::Extent, "");
    is(isolated, Out, "192.0.2.1", 443, Reason::Extent, "isolated");
    is(isolated, Out, "127.0.0.1", 443, Reason::Allowed, "");
    is(isolated, In, "::1", 443, Reason::Allowed, "");
    is(LISTED, Out, "192.0.2.1", 443, Reason::Allowed, "443");
    is(LISTED, Out, "192.0.2.1", 85, Reason::Allowed, "80-90");
    is(
        LISTED,
        Out,
        "192.0.2.1",
        22,
        Reason::Unlisted,
        "allowed_outgoing_ports",
    );
    // The sandbox's own addresses are reached without an entry, private ones only by one.
    is(LISTED, Out, "127.0.0.1", 22, Reason::Own, "");
    is(
        LISTED,
        Out,
        "10.0.0.1",
        443,
        Reason::Unlisted,
        "allowed_outgoing_ports",
    );
    // Nothing leads in from outside but a port that is listed.
    is(LISTED, In, "192.0.2.1", 443, Reason::Unlisted, "");
    is(LISTED, In, "127.0.0.1", 443, Reason::Allowed, "");
    let both = "name: a\nnetwork: {isolated: false, allowed_incoming_ports: [80], \
                blocked_ips: [\"::ffff:192.0.2.0/120\"]}\n";
    is(both, In, "203.0.113.1", 80, Reason::Allowed, "80");
    is(
        both,
        In,
        "203.0.113.1",
        81,
        Reason::Unlisted,
        "allowed_incoming_ports",
    );
    is(
        both,
        Out,
        "192.0.2.7",
        80,
        Reason::Blocked,
        "\"::ffff:192.0.2.0/120\"",
    );
    is(
        both,
        Out,
        "::ffff:192.0.2.7",
        80,
        Reason::Blocked,
        "\"::ffff:192.0.2.0/120\"",
    );
    assert_eq!(lowered(both).network.extent, Extent::Everywhere);
}

#[test]
fn a_filter_enforces_its_meaning_and_its_probe_shows_it() {
    let recorded = "name: a\naudit: {enabled: true, detail_level: [syscall]}\n";
    let ir = lowered(recorded);
    let filter = &ir.filters[0];
    assert_eq!(filter.enforced, filter.meaning.with_notification());
    assert!(ir.to_string().contains("filter x86_64 errors notified\n"));
    let filter = lowered("name: a\n").filters.remove(0);
    assert_eq!(filter.enforced, filter.meaning);
    let silent = lowered("name: a\nsyscalls: {on_deny: kill}\n");
    assert_eq!(silent.filters[0].probe, None);
    assert!(silent.to_string().contains("\n  probe none\n"));

    let after = |text, change: fn(&mut Filter)| broken(text, |ir| change(&mut ir.filters[0]));
    let other = "x86_64: another meaning is enforced";
    let enforced = after("name: a\n", |filter| {
        filter.enforced = filter.meaning.with_notification();
    });
    assert_eq!(enforced, other);
    let enforced = after(recorded, |filter| filter.enforced = filter.meaning.clone());
    assert_eq!(enforced, other);
    let wrong = "x86_64: the probe gets another answer";
    let errno = after("name: a\n", |filter| {
        filter.probe.as_mut().unwrap().errno += 1;
    });
    assert_eq!(errno, wrong);
    // read
    let allowed = after("name: a\nsyscalls: {default_deny: false}\n", |filter| {
        filter.probe.as_mut().unwrap().nr = 0;
    });
    assert_eq!(allowed, wrong);
}

#[test]
fn the_listing_shows_what_is_decided() {
    let listing = lowered(LISTED).to_string();
    for line in [
        "user 1000 outside 1886745200 for root",
        "namespaces cgroup ipc mount network pid user uts",
        "inner_namespaces none",
        "host_name purple",
        "umask 0022",
        "session new",
        "limit core 0 0",
        "grace 5000 ms",
        "capabilities bounding 0x0 inheritable 0x0 permitted 0x0 effective 0x0 ambient 0x0",
        "filter x86_64 errors returned",
        "  probe 166 umount2 0x0 0xffffffff 0x0 0x0 0x0 0x0 errno(EPERM)",
        "network filtered wanted everywhere",
        "network allow out public addresses and names 443",
        "network allow out public addresses and names 80-90",
        "network allow in 127.0.0.0/8 every port",
        "proc /proc nosuid nodev noexec",
        "read_only /proc/sys ro nosuid nodev noexec optional",
        "seal / ro",
    ] {
        assert!(listing.lines().any(|one| one == line), "{line}\n{listing}");
    }
}
