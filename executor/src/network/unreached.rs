//! Whether programs inside have tried to reach a network that is not there.

use crate::files::read;
use crate::text::{lines, words};
use rustix::fs::CWD;

/// Whether the kernel has counted an attempt in this network namespace (`Documentation/networking/snmp_counter.rst`):
/// an address without a route, or a datagram to a closed port, as one to the resolver that is not there.
pub(crate) fn is_counted() -> bool {
    let mut buffer = [0; 4096];
    let counters = read(CWD, c"/proc/net/snmp", &mut buffer).unwrap_or(&[]);
    counts(counters, b"Ip:", 12) || counts(counters, b"Udp:", 2)
}

/// Whether a counter is not 0: of a protocol's two lines the second has the numbers.
fn counts(counters: &[u8], protocol: &[u8], place: usize) -> bool {
    let numbers = lines(counters)
        .filter(|line| line.starts_with(protocol))
        .nth(1);
    let counter = numbers.and_then(|line| words(line).nth(place));
    counter.is_some_and(|counter| counter != b"0")
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn the_counters_of_the_kernel() {
        const NONE: &[u8] = b"Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos \
            InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout\nIp: 2 64 8 0 0 0 0 0 8 8 2 0 0\n\
            Udp: InDatagrams NoPorts InErrors\nUdp: 7 0 0\nUdpLite: InDatagrams NoPorts\nUdpLite: 0 5\n";
        const NAMES: [(&[u8], usize, &str); 2] =
            [(b"Ip:", 12, "OutNoRoutes"), (b"Udp:", 2, "NoPorts")];
        for (protocol, place, name) in NAMES {
            assert!(!counts(NONE, protocol, place), "{name}");
            assert!(!counts(b"", protocol, place) && !counts(b"Ip: 1\nIp: 2\n", protocol, place));
        }
        let mut one = *b"Ip: a\nIp: 2 64 8 0 0 0 0 0 8 8 2 1 0\nUdp: a\nUdp: 7 3 0\n";
        for (protocol, place, name) in NAMES {
            assert!(counts(&one, protocol, place), "{name}");
        }
        one.fill(b'\n');
        assert!(!counts(&one, b"Ip:", 12));
    }
}
