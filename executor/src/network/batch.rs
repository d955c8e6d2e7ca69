//! Sending a batch of the plan, and seeing that the kernel has taken all of it.

use super::message::Messages;
use super::netlink::{Netlink, STEP};
use crate::message::{Refused, refuse};
use purple_plan::{NetBatch, NetBatchKind};
use rustix::io::Errno;

/// What expressions of rules take of the kernel (`net/netfilter/nft_*.c`), by the attribute that has an expression's name
/// (`NFTA_EXPR_NAME`): its length, its kind, and the name.
const EXPRESSIONS: [(&[u8], &str); 4] = [
    (b"\x0b\0\x01\0tproxy\0", "CONFIG_NFT_TPROXY"),
    (b"\x08\0\x01\0log\0", "CONFIG_NFT_LOG"),
    (b"\x0b\0\x01\0reject\0", "CONFIG_NFT_REJECT_INET"),
    (b"\x07\0\x01\0ct\0", "CONFIG_NFT_CT"),
];

/// Sends a batch; the kernel answers as often as the plan says, and with no error.
pub(super) fn send(
    netlink: &Netlink,
    batch: &NetBatch<'_>,
    buffer: &mut [u8],
) -> Result<(), Refused> {
    let what = name(batch.kind);
    netlink.send(batch.bytes).map_err(|errno| match errno {
        Errno::MSGSIZE | Errno::NOBUFS => {
            let advice = " are more than the host lets a user send at once: list less, or as root `sysctl net.core.wmem_max=4194304`";
            refuse!(STEP, what, advice)
        }
        _ => refuse!(STEP, "sending ", what, errno),
    })?;
    let strange = |errno| refuse!(STEP, "the answer to ", what, errno);
    let mut left = batch.acknowledgements;
    while left > 0 {
        let mut answers = netlink.answer(buffer).map_err(strange)?;
        for answer in answers.by_ref() {
            left = match (answer.error(), left.checked_sub(1)) {
                (Some(Ok(())), Some(left)) => left,
                (Some(Err(errno)), _) => return Err(refused(batch, answer.sequence, errno)),
                _ => return Err(strange(Errno::BADMSG)),
            };
        }
        if !answers.are_read() {
            return Err(strange(Errno::BADMSG));
        }
    }
    Ok(())
}

/// Says what the kernel does not take, and what it may lack.
fn refused(batch: &NetBatch<'_>, sequence: u32, errno: Errno) -> Refused {
    const NOT_TAKEN: &str = "the kernel does not take message ";
    const NEEDS: &str = "; it needs ";
    let (what, number) = (name(batch.kind), u64::from(sequence));
    if batch.kind != NetBatchKind::Rules || errno == Errno::PERM {
        return refuse!(STEP, NOT_TAKEN, number, " of ", what, errno);
    }
    let needs = missing(batch.bytes, sequence).unwrap_or("CONFIG_NF_TABLES_INET");
    let module = ", built in or as a module that can be loaded";
    refuse!(
        STEP, NOT_TAKEN, number, " of ", what, NEEDS, needs, module, errno
    )
}

/// What the kernel may lack, by the expressions of a rule.
fn missing(batch: &[u8], sequence: u32) -> Option<&'static str> {
    let message = Messages(batch).find(|message| message.sequence == sequence)?;
    let has = |name: &[u8]| message.body.windows(name.len()).any(|part| part == name);
    let found = EXPRESSIONS.iter().find(|(name, _)| has(name));
    found.map(|(_, option)| *option)
}

pub(super) const fn name(kind: NetBatchKind) -> &'static str {
    match kind {
        NetBatchKind::Routes4 => "the IPv4 routes",
        NetBatchKind::Routes6 => "the IPv6 routes",
        NetBatchKind::Rules => "the rules",
    }
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn what_a_kernel_may_lack() {
        /// A rule with the sequence number 3 and one expression, by its name.
        fn rule(name: [u8; 8]) -> [u8; 40] {
            let mut bytes = *b"\x28\0\0\0\x06\x0a\x05\0\x03\0\0\0\0\0\0\0\x01\0\0\0\x14\0\x04\x80\x10\0\x01\x80\x0c\0\x01\0________";
            for (place, byte) in bytes.iter_mut().skip(32).zip(name) {
                *place = byte;
            }
            bytes
        }
        let tproxy = rule(*b"tproxy\0\0");
        // The name's length is that of eight bytes, two of them the end.
        assert_eq!(missing(&tproxy, 3), None);
        let mut exact = tproxy;
        exact[28] = 11;
        assert_eq!(missing(&exact, 3), Some("CONFIG_NFT_TPROXY"));
        assert_eq!(missing(&exact, 4), None, "another message");
        let mut other = rule(*b"meta\0\0\0\0");
        other[28] = 9;
        assert_eq!(missing(&other, 3), None);
    }
}
