//! `nf_tables`: a table, its chains and its rules as netlink messages (`linux/netfilter/nf_tables.h`).

use super::netlink::{Messages, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, Payload};

/// The subsystem in a message's type (`linux/netfilter/nfnetlink.h`).
const NFTABLES: u16 = 10;
const BATCH_BEGIN: u16 = 16;
const BATCH_END: u16 = 17;

/// Messages of the subsystem.
const NEWTABLE: u16 = 0;
const NEWCHAIN: u16 = 3;
const NEWRULE: u16 = 6;

/// `NFPROTO_INET`: IPv4 and IPv6 in one table.
const INET: u8 = 1;

/// The one table.
const TABLE: &str = "purple";

/// Verdicts (`linux/netfilter.h`, `linux/netfilter/nf_tables.h`).
const DROP: u32 = 0;
const ACCEPT: u32 = 1;
const JUMP: u32 = (-3_i32).cast_unsigned();

/// The register of verdicts, and those that rules compute in.
const VERDICT: u32 = 0;
const ONE: u32 = 1;
const TWO: u32 = 2;

/// Headers that a payload is loaded from.
const NETWORK: u32 = 1;
const TRANSPORT: u32 = 2;

/// A rule set that is being written.
pub(super) struct Ruleset {
    messages: Messages,
}

/// Where a base chain hangs: the hook's number (`linux/netfilter.h`), its priority, and whether what no rule decides passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hook {
    pub(super) number: u32,
    pub(super) priority: i32,
    pub(super) passes: bool,
}

/// The expressions of one rule.
#[derive(Debug, Default)]
pub(super) struct Rule {
    expressions: Payload,
}

impl Ruleset {
    /// Begins a batch with the table, which must not be there.
    pub(super) fn new() -> Self {
        let mut messages = Messages::default();
        messages.add(BATCH_BEGIN, 0, Payload::after(&[0, 0, 0, 10]));
        let mut made = Self { messages };
        made.add(
            NEWTABLE,
            NLM_F_CREATE | NLM_F_EXCL,
            Payload::after(&HEAD).text(1, TABLE).number(2, 0),
        );
        made
    }

    fn add(&mut self, message: u16, flags: u16, payload: Payload) {
        self.messages.add(NFTABLES << 8 | message, flags, payload);
    }

    /// Adds a chain; without a hook one that others jump to.
    pub(super) fn chain(&mut self, name: &str, hook: Option<Hook>) {
        let mut payload = Payload::after(&HEAD).text(1, TABLE).text(3, name);
        if let Some(hook) = hook {
            let place = Payload::default()
                .number(1, hook.number)
                .number(2, hook.priority.cast_unsigned());
            let policy = if hook.passes { ACCEPT } else { DROP };
            payload = payload.nest(4, &place).number(5, policy).text(7, "filter");
        }
        self.add(NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, payload);
    }

    /// Adds a rule at the end of a chain, with a comment in its user data: type 0, length, and the text with its NUL
    /// (`NFTNL_UDATA_RULE_COMMENT`, which `nft list ruleset` prints).
    pub(super) fn rule(&mut self, chain: &str, comment: &str, rule: &Rule) {
        let length = u8::try_from(comment.len().saturating_add(1)).unwrap_or(u8::MAX);
        let mut data = vec![0, length];
        data.extend(comment.as_bytes());
        data.push(0);
        let payload = Payload::after(&HEAD)
            .text(1, TABLE)
            .text(2, chain)
            .nest(4, &rule.expressions)
            .bytes(7, &data);
        self.add(NEWRULE, NLM_F_CREATE | NLM_F_APPEND, payload);
    }

    /// Ends the batch. Linux before 6.10 never answers its end, so that the last message in it asks for the answer.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.messages.acknowledge();
        let end = Payload::after(&[0, 0, 0, 10]);
        self.messages.add(BATCH_END, 0, end);
        self.messages.into_bytes()
    }
}

/// `struct nfgenmsg`: family, version, resource.
const HEAD: [u8; 4] = [INET, 0, 0, 0];

impl Rule {
    fn expression(self, name: &str, data: &Payload) -> Self {
        let one = Payload::default().text(1, name).nest(2, data);
        Self {
            expressions: self.expressions.nest(1, &one),
        }
    }

    /// `NFT_META_NFPROTO`: the packet is of this family.
    pub(super) fn family(self, is_six: bool) -> Self {
        self.meta(15).equal(&[if is_six { 10 } else { 2 }])
    }

    /// `NFT_META_L4PROTO`: the packet is of this protocol.
    pub(super) fn protocol(self, number: u8) -> Self {
        self.meta(16).equal(&[number])
    }

    /// `NFT_META_MARK`: the packet has this mark, which is in the machine's order.
    pub(super) fn mark(self, mark: u32) -> Self {
        self.meta(3).equal(&mark.to_le_bytes())
    }

    /// Gives the packet this mark.
    pub(super) fn marked(self, mark: u32) -> Self {
        let loaded = self.load(ONE, &mark.to_le_bytes());
        loaded.expression("meta", &Payload::default().number(2, 3).number(3, ONE))
    }

    /// The packet goes to an address of this block; `address` is as wide as those of its family.
    pub(super) fn destined(self, address: &[u8], prefix: u8) -> Self {
        let is_six = address.len() == 16;
        let offset = if is_six { 24 } else { 16 };
        let width = u32::try_from(address.len()).unwrap_or(0);
        let loaded = self.family(is_six).payload(NETWORK, offset, width);
        let mask: Vec<u8> = (0..address.len())
            .map(|at| {
                let before = u8::try_from(at.saturating_mul(8)).unwrap_or(u8::MAX);
                let left = prefix.saturating_sub(before).min(8);
                !u8::MAX.checked_shr(left.into()).unwrap_or(0)
            })
            .collect();
        if mask.iter().all(|&byte| byte == u8::MAX) {
            return loaded.equal(address);
        }
        loaded.masked(&mask).equal(address)
    }

    /// The port that the packet goes to lies between these.
    pub(super) fn ports(self, first: u16, last: u16) -> Self {
        let loaded = self.payload(TRANSPORT, 2, 2);
        if first == last {
            return loaded.equal(&first.to_be_bytes());
        }
        // NFT_RANGE_EQ
        let from = Payload::default().bytes(1, &first.to_be_bytes());
        let to = Payload::default().bytes(1, &last.to_be_bytes());
        let data = Payload::default().number(1, ONE).number(2, 0);
        loaded.expression("range", &data.nest(3, &from).nest(4, &to))
    }

    /// The packet is of TCP and does not begin a connection: of SYN and ACK it has not SYN alone.
    pub(super) fn under_way(self) -> Self {
        let flags = self.protocol(6).payload(TRANSPORT, 13, 1).masked(&[0x12]);
        flags.compare(1, &[0x02])
    }

    /// Counts the packet. No count is given, so that what is read back later still has all that was sent.
    pub(super) fn counted(self) -> Self {
        self.expression("counter", &Payload::default())
    }

    /// Logs the packet to an nflog group at once, with its first bytes.
    pub(super) fn logged(self, group: u16, prefix: Option<&str>) -> Self {
        let mut data = Payload::default().short(1, group);
        if let Some(prefix) = prefix {
            data = data.text(2, prefix);
        }
        self.expression("log", &data.number(3, 128).short(4, 1))
    }

    /// Hands the flow to a transparent socket on this port of the family's loopback address. Where there is none, the rule does
    /// not match.
    pub(super) fn handed_to(self, loopback: &[u8], port: u16) -> Self {
        let family = if loopback.len() == 16 { 10 } else { 2 };
        let loaded = self.load(ONE, loopback).load(TWO, &port.to_be_bytes());
        let data = Payload::default().number(1, family);
        loaded.expression("tproxy", &data.number(2, ONE).number(3, TWO))
    }

    /// Answers with a TCP reset, `NFT_REJECT_TCP_RST`.
    pub(super) fn reset(self) -> Self {
        self.expression("reject", &Payload::default().number(1, 1))
    }

    /// Answers that the port is unreachable, in the packet's own family: `NFT_REJECT_ICMPX_UNREACH`.
    pub(super) fn unreachable(self) -> Self {
        let data = Payload::default().number(1, 2).bytes(2, &[1]);
        self.expression("reject", &data)
    }

    pub(super) fn accept(self) -> Self {
        self.verdict(&Payload::default().number(1, ACCEPT))
    }

    pub(super) fn drop(self) -> Self {
        self.verdict(&Payload::default().number(1, DROP))
    }

    pub(super) fn jump(self, chain: &str) -> Self {
        self.verdict(&Payload::default().number(1, JUMP).text(2, chain))
    }

    fn verdict(self, verdict: &Payload) -> Self {
        let value = Payload::default().nest(2, verdict);
        self.expression(
            "immediate",
            &Payload::default().number(1, VERDICT).nest(2, &value),
        )
    }

    fn load(self, register: u32, value: &[u8]) -> Self {
        let value = Payload::default().bytes(1, value);
        self.expression(
            "immediate",
            &Payload::default().number(1, register).nest(2, &value),
        )
    }

    fn meta(self, key: u32) -> Self {
        self.expression("meta", &Payload::default().number(2, key).number(1, ONE))
    }

    fn payload(self, base: u32, offset: u32, length: u32) -> Self {
        let data = Payload::default().number(1, ONE).number(2, base);
        self.expression("payload", &data.number(3, offset).number(4, length))
    }

    fn masked(self, mask: &[u8]) -> Self {
        let length = u32::try_from(mask.len()).unwrap_or(0);
        let data = Payload::default()
            .number(1, ONE)
            .number(2, ONE)
            .number(3, length);
        let kept = Payload::default().bytes(1, mask);
        let flipped = Payload::default().bytes(1, &vec![0; mask.len()]);
        self.expression("bitwise", &data.nest(4, &kept).nest(5, &flipped))
    }

    fn equal(self, value: &[u8]) -> Self {
        self.compare(0, value)
    }

    /// `NFT_CMP_EQ` (0) or `NFT_CMP_NEQ` (1).
    fn compare(self, operator: u32, value: &[u8]) -> Self {
        let value = Payload::default().bytes(1, value);
        let data = Payload::default().number(1, ONE).number(2, operator);
        self.expression("cmp", &data.nest(3, &value))
    }
}
