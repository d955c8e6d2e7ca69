//! Packets as they are written, and as hostile bytes.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use super::{Packet, Unreachable, datagram, fragments};
use crate::noise::Noise;
use rustix::io::Errno;

/// The sum over a transport header with its checksum in it, which is all ones when it is right.
fn sum_v4(packet: &[u8], pseudo: bool) -> u32 {
    let mut words = packet[20..].to_vec();
    if pseudo {
        words.resize(words.len().next_multiple_of(2), 0);
        words.extend(&packet[12..20]);
        words.extend([0, packet[9]]);
        words.extend(u16::try_from(packet.len() - 20).unwrap().to_be_bytes());
    }
    words.resize(words.len().next_multiple_of(2), 0);
    let mut sum: u32 = words
        .chunks(2)
        .map(|two| u32::from(two[0]) << 8 | u32::from(two[1]))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum
}

fn syn_v4() -> Vec<u8> {
    let mut syn = vec![0x45, 0, 0, 44, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0];
    syn.extend([10, 77, 0, 2, 203, 0, 113, 5]);
    syn.extend([0x9c, 0x40, 0x01, 0xbb, 0, 0, 0, 9, 0, 0, 0, 0]);
    syn.extend([0x60, 2, 0xff, 0xff, 0xab, 0xcd, 0, 0, 2, 4, 5, 0xb4]);
    syn
}

fn syn_v6() -> Vec<u8> {
    let mut syn = vec![0x60, 0, 0, 0, 0, 20, 6, 64];
    syn.extend("fd77::2".parse::<std::net::Ipv6Addr>().unwrap().octets());
    syn.extend(
        "2001:db8::5"
            .parse::<std::net::Ipv6Addr>()
            .unwrap()
            .octets(),
    );
    syn.extend([0x9c, 0x40, 0x01, 0xbb, 0, 0, 0, 9, 0, 0, 0, 0]);
    syn.extend([0x50, 2, 0xff, 0xff, 0, 0, 0, 0]);
    syn
}

#[test]
fn a_syn_is_read_and_sent_again_with_its_checksum() {
    let bytes = syn_v4();
    let packet = Packet::read(&bytes).unwrap();
    assert_eq!(packet.from, "10.77.0.2:40000".parse().unwrap());
    assert_eq!(packet.to, "203.0.113.5:443".parse().unwrap());
    assert!(packet.opens() && packet.is_tcp());
    let again = packet.again().unwrap();
    assert_eq!(sum_v4(&again, true), 0xffff);
    let mut without = again.clone();
    without[36..38].copy_from_slice(&bytes[36..38]);
    assert_eq!(without, bytes);
}

#[test]
fn data_in_a_syn_is_left_out() {
    let mut bytes = syn_v4();
    let alone = Packet::read(&bytes).unwrap().again().unwrap();
    bytes[2..4].copy_from_slice(&1000_u16.to_be_bytes());
    bytes.extend([7; 84]);
    assert_eq!(Packet::read(&bytes).unwrap().again().unwrap(), alone);
    let mut bytes = syn_v6();
    let alone = Packet::read(&bytes).unwrap().again().unwrap();
    assert_eq!(alone[4..6], [0, 20]);
    bytes.extend([7; 84]);
    assert_eq!(Packet::read(&bytes).unwrap().again().unwrap(), alone);
}

#[test]
fn other_packets_do_not_open() {
    let mut bytes = syn_v4();
    for flags in [0x12, 0x10, 0x04, 0] {
        bytes[33] = flags;
        assert!(!Packet::read(&bytes).unwrap().opens(), "{flags:#x}");
    }
    let mut cut = syn_v4();
    cut.truncate(39);
    assert!(!Packet::read(&cut).unwrap().opens());
    // A routing header comes first: the addresses in the header are not where it ends.
    let mut routed = syn_v6();
    routed[6] = 43;
    assert!(!Packet::read(&routed).unwrap().opens());
}

#[test]
fn a_reset_answers_the_syn() {
    let syn = syn_v4();
    let reset = Packet::read(&syn).unwrap().reset().unwrap();
    let read = Packet::read(&reset).unwrap();
    assert_eq!(read.from, "203.0.113.5:443".parse().unwrap());
    assert_eq!(read.to, "10.77.0.2:40000".parse().unwrap());
    assert_eq!(&reset[24..34], &[0, 0, 0, 0, 0, 0, 0, 10, 0x50, 0x14]);
    assert_eq!(sum_v4(&reset, true), 0xffff);
    let syn = syn_v6();
    let reset = Packet::read(&syn).unwrap().reset().unwrap();
    let read = Packet::read(&reset).unwrap();
    assert_eq!(read.from, "[2001:db8::5]:443".parse().unwrap());
    assert_eq!(reset.len(), 60);
}

#[test]
fn an_icmp_error_quotes_the_packet() {
    let syn = syn_v4();
    let error = Packet::read(&syn)
        .unwrap()
        .unreachable(Unreachable::Host)
        .unwrap();
    assert_eq!(&error[9..10], &[1]);
    assert_eq!(&error[20..22], &[3, 10]);
    assert_eq!(&error[28..68], &syn[..40]);
    assert_eq!(sum_v4(&error, false), 0xffff);
    let syn = syn_v6();
    let error = Packet::read(&syn)
        .unwrap()
        .unreachable(Unreachable::Port)
        .unwrap();
    assert_eq!(&error[40..42], &[1, 4]);
    assert_eq!(&error[48..108], &syn[..60]);
}

#[test]
fn errors_outside_have_their_names_inside() {
    assert_eq!(
        Unreachable::of(Errno::NETUNREACH),
        Some(Unreachable::Network)
    );
    assert_eq!(Unreachable::of(Errno::HOSTUNREACH), Some(Unreachable::Host));
    assert_eq!(
        Unreachable::of(Errno::ACCESS),
        Some(Unreachable::Prohibited)
    );
    assert_eq!(Unreachable::of(Errno::CONNREFUSED), None);
    assert_eq!(Unreachable::of(Errno::TIMEDOUT), None);
}

#[test]
fn what_the_loopback_interface_is_too_small_for_is_sent_in_two() {
    let (from, to) = (
        "[2001:db8::5]:53".parse().unwrap(),
        "[fd77::2]:4000".parse().unwrap(),
    );
    let fits = datagram(from, to, &vec![7; 65_488]).unwrap();
    assert_eq!((fits.len(), fragments(&fits)), (65_536, None));
    let longest = datagram(from, to, &vec![7; 65_527]).unwrap();
    let [first, second] = fragments(&longest).unwrap();
    for (part, place) in [(&first, 1_u16), (&second, 32_768)] {
        assert_eq!(part[..4], longest[..4]);
        assert_eq!(
            usize::from(u16::from_be_bytes([part[4], part[5]])),
            part.len() - 40
        );
        assert_eq!(part[6], 44, "a fragment follows");
        assert_eq!(part[7..40], longest[7..40]);
        assert_eq!(part[40..42], [17, 0], "of a datagram");
        assert_eq!(part[42..44], place.to_be_bytes());
        assert_eq!(part[44..48], longest[44..48]);
    }
    assert_eq!([&first[48..], &second[48..]].concat(), longest[40..]);
    assert_eq!(
        fragments(&vec![0; 70_000]).map(|parts| parts[0].len()),
        Some(48 + 32_768)
    );
}

#[test]
fn datagrams_up_to_the_longest() {
    let (from, to) = (
        "10.77.0.1:53".parse().unwrap(),
        "10.77.0.2:999".parse().unwrap(),
    );
    for length in [0, 1, 2, 3, 1000, 65507] {
        let bytes = datagram(from, to, &vec![7; length]).unwrap();
        let read = Packet::read(&bytes).unwrap();
        assert!(read.is_udp());
        assert_eq!((read.from, read.to), (from, to));
        assert_eq!(bytes.len(), 28 + length);
        assert_eq!(sum_v4(&bytes, true), 0xffff, "{length}");
    }
    assert_eq!(datagram(from, to, &vec![7; 65508]), None);
    assert_eq!(datagram(from, "[::1]:1".parse().unwrap(), b""), None);
}

#[test]
fn any_bytes_are_read_or_refused() {
    let mut noise = Noise::new(2);
    for round in 0..20_000 {
        let mut bytes = if round % 2 == 0 { syn_v4() } else { syn_v6() };
        noise.spoil(&mut bytes);
        let Some(packet) = Packet::read(&bytes) else {
            continue;
        };
        if packet.opens() {
            assert!(
                packet
                    .again()
                    .is_none_or(|again| again.len() <= bytes.len())
            );
            assert!(packet.reset().is_some());
        }
        assert!(
            packet
                .unreachable(Unreachable::Host)
                .is_some_and(|error| error.len() < 200)
        );
    }
}
