//! The rules of a filtered network.
//!
//! A packet goes to an address of the sandbox's own, or to a blocked one, or to a port that an entry opens; every other packet is
//! refused. For a port that an entry opens, the helper decides by name and by address: the rules log the SYN of a new TCP
//! connection to the helper and drop it, and hand a datagram to the helper. No packet leaves the namespace.
//!
//! Only the prerouting hook can look up the helper's listeners. So the output hook marks a SYN that waits for the helper, and
//! the prerouting hook logs and drops it; without a listener it resets it.

use super::nft::{Hook, Rule, Ruleset};
use crate::ir::network::{
    ConnectionRule, Destination, Direction, Effect, RESOLVER_PORT, own_blocks,
};
use crate::quantity::Protocol;
use purple_plan::HOST_INSIDE;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The mark of a packet that the helper sends again.
const SENT_AGAIN: u32 = 0x77;
/// The mark of a SYN that waits for the helper.
const FOR_HELPER: u32 = 0x78;

/// The port of the sockets that flows are handed to.
pub(super) const TRANSPARENT_PORT: u16 = 9;

/// The nflog groups that held and denied packets are logged to.
pub(super) const HELD: u16 = 6;
pub(super) const DENIED: u16 = 5;

/// `IPPROTO_TCP` and `IPPROTO_UDP` (`linux/in.h`).
const TCP: u8 = 6;
const UDP: u8 = 17;

/// The batch. An entry's number is that of its record in the plan, `numbered` in the same order.
pub(super) fn rules(numbered: &[Numbered<'_>]) -> Vec<u8> {
    let mut set = Ruleset::new();
    let hook = |number, priority, passes| Hook {
        number,
        priority,
        passes,
    };
    // NF_INET_LOCAL_OUT, NF_INET_LOCAL_IN and NF_INET_PRE_ROUTING, there before the routing decision
    // (NF_IP_PRI_MANGLE, linux/netfilter_ipv4.h).
    set.chain("output", Some(hook(3, 0, false)));
    set.chain("input", Some(hook(1, 0, false)));
    set.chain("prerouting", Some(hook(0, -150, true)));
    set.chain("for_helper", None);
    set.chain("held", None);
    set.chain("logged", None);
    set.chain("refused", None);
    held_and_refused(&mut set);
    for (address, prefix) in own() {
        for chain in ["prerouting", "output", "input"] {
            set.rule(
                chain,
                "own",
                &Rule::default().destined(&address, prefix).accept(),
            );
        }
    }
    let waits = Rule::default().mark(FOR_HELPER).jump("held");
    set.rule("prerouting", "held", &waits);
    for (is_six, loopback) in loopbacks() {
        for protocol in [TCP, UDP] {
            let flow = Rule::default().family(is_six).protocol(protocol);
            let handed = flow.handed_to(&loopback, TRANSPARENT_PORT).accept();
            set.rule("prerouting", "to the helper", &handed);
        }
    }
    for protocol in [TCP, UDP] {
        let flow = Rule::default().protocol(protocol).accept();
        set.rule("input", "to the helper", &flow);
    }
    set.rule(
        "output",
        "sent again",
        &Rule::default().mark(SENT_AGAIN).accept(),
    );
    set.rule("output", "under way", &Rule::default().under_way().accept());
    gateway(&mut set, numbered);
    for (number, entry) in entries(numbered, Effect::Block) {
        if let Destination::Addresses(block) = entry.destination {
            let to = Rule::default().destined(&octets(block.first()), block.prefix);
            let prefix = number.to_string();
            let refused = to.counted().logged(DENIED, Some(&prefix)).jump("refused");
            set.rule("output", &format!("rule {number}"), &refused);
        }
    }
    for (number, entry) in entries(numbered, Effect::Allow) {
        opened(&mut set, number, entry);
    }
    let refused = Rule::default().counted().logged(DENIED, Some("-"));
    set.rule("output", "default", &refused.jump("refused"));
    set.into_bytes()
}

/// An entry of the policy, or a service of the host, with its number in the plan.
#[derive(Debug, Clone, Copy)]
pub(super) enum Numbered<'n> {
    Entry(u32, &'n ConnectionRule),
    Service(u32, u16),
}

fn entries<'n>(
    numbered: &[Numbered<'n>],
    effect: Effect,
) -> impl Iterator<Item = (u32, &'n ConnectionRule)> {
    numbered.iter().filter_map(move |one| match *one {
        Numbered::Entry(number, entry)
            if entry.effect == effect && entry.direction == Direction::Out =>
        {
            Some((number, entry))
        }
        _ => None,
    })
}

/// What the other chains jump to.
fn held_and_refused(set: &mut Ruleset) {
    let marked = Rule::default().marked(FOR_HELPER).accept();
    set.rule("for_helper", "held", &marked);
    for (is_six, loopback) in loopbacks() {
        let flow = Rule::default().family(is_six).protocol(TCP);
        let handed = flow.handed_to(&loopback, TRANSPARENT_PORT);
        set.rule("held", "held", &handed.jump("logged"));
    }
    // A rule of its own: the error for a rule does not say which of its expressions the kernel lacks.
    set.rule("logged", "held", &Rule::default().logged(HELD, None).drop());
    set.rule("held", "no helper", &Rule::default().protocol(TCP).reset());
    set.rule("held", "no helper", &Rule::default().drop());
    // An ICMP answer would let connect(2) wait a second.
    set.rule("refused", "refused", &Rule::default().protocol(TCP).reset());
    set.rule("refused", "refused", &Rule::default().unreachable());
}

/// Where the resolver and the host's services are: nothing else of the policy is about it.
fn gateway(set: &mut Ruleset, numbered: &[Numbered<'_>]) {
    let address = octets(HOST_INSIDE);
    let to = |protocol| Rule::default().destined(&address, 32).protocol(protocol);
    // Where no name is looked up, it answers that the name does not exist.
    let port = RESOLVER_PORT;
    let tcp = to(TCP).ports(port, port).counted().jump("for_helper");
    set.rule("output", "resolver", &tcp);
    let udp = to(UDP).ports(port, port).counted().accept();
    set.rule("output", "resolver", &udp);
    for one in numbered {
        if let Numbered::Service(number, port) = *one {
            let service = to(TCP).ports(port, port).counted().jump("for_helper");
            set.rule("output", &format!("rule {number}"), &service);
        }
    }
    let closed = Rule::default().destined(&address, 32).counted();
    let closed = closed.logged(DENIED, Some("-")).jump("refused");
    set.rule("output", "default", &closed);
}

/// The connections of an entry, as far as addresses and ports say: those to names are to any address.
fn opened(set: &mut Ruleset, number: u32, entry: &ConnectionRule) {
    for (protocol, code) in [(Protocol::Tcp, TCP), (Protocol::Udp, UDP)] {
        if !entry.ports.are_for(protocol) {
            continue;
        }
        let to = match &entry.destination {
            Destination::Addresses(block) => {
                Rule::default().destined(&octets(block.first()), block.prefix)
            }
            Destination::Names(_) | Destination::Public | Destination::Anywhere => Rule::default(),
        };
        let open = to.protocol(code).ports(entry.ports.first, entry.ports.last);
        let open = open.counted();
        let open = match protocol {
            Protocol::Tcp => open.jump("for_helper"),
            Protocol::Udp => open.accept(),
        };
        set.rule("output", &format!("rule {number}"), &open);
    }
}

/// The loopback address of each family, where the helper's sockets are.
fn loopbacks() -> [(bool, Vec<u8>); 2] {
    [
        (false, octets(IpAddr::V4(Ipv4Addr::LOCALHOST))),
        (true, octets(IpAddr::V6(Ipv6Addr::LOCALHOST))),
    ]
}

/// The sandbox's own addresses.
fn own() -> impl Iterator<Item = (Vec<u8>, u8)> {
    own_blocks().map(|block| (octets(block.first()), block.prefix))
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
