//! Quantities: what each text means, and the exact text that an error points at.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use super::{
    Date, LARGEST_RATE, LARGEST_SIZE, Ports, Protocol, QuantityError, address, address_block, date,
    duration, ports, rate, size,
};
use proptest::prelude::*;

#[test]
fn sizes() {
    for (text, bytes) in [
        ("1", 1),
        ("4096", 4096),
        ("4096B", 4096),
        ("512M", 512 << 20),
        ("2G", 2 << 30),
        ("1K", 1024),
        ("1k", 1024),
        ("1Ki", 1024),
        ("1KiB", 1024),
        ("1KB", 1000),
        ("3MB", 3_000_000),
        ("1 GiB", 1 << 30),
        ("1T", 1 << 40),
        ("1024T", LARGEST_RATE),
    ] {
        assert_eq!(size(text), Ok(bytes), "{text}");
        assert_eq!(rate(text), Ok(bytes), "{text}");
    }
}

/// A size that the kernel would round up to none is no limit at all.
#[test]
fn the_largest_are_the_kernels() {
    assert_eq!(size("8388607T"), Ok(LARGEST_SIZE));
    for text in [
        "9223370937343148033",
        "8388608T",
        "9223372036854775807",
        "9223372036854775809",
        "18446744073709551615",
        "16777215T",
    ] {
        let message = "the size is above 8388607T, the most that the kernel counts";
        assert_eq!(wrong(text, size(text)).1, message, "{text}");
        let message = "the rate is above 1024T, the most that the kernel counts";
        assert_eq!(wrong(text, rate(text)).1, message, "{text}");
    }
    assert!(rate("1125899906842625").is_err());
}

#[test]
fn rates() {
    for (text, bytes) in [
        ("100MBps", 100_000_000),
        ("100M/s", 100 << 20),
        ("100Mps", 100 << 20),
        ("1KiBps", 1024),
        ("7Bps", 7),
        ("100MB/s", 100_000_000),
    ] {
        assert_eq!(rate(text), Ok(bytes), "{text}");
        assert!(size(text).is_err(), "{text}");
    }
}

fn wrong<T>(text: &str, result: Result<T, QuantityError>) -> (String, String) {
    let error = result.err().expect("this text is not accepted");
    assert!(!error.help.is_empty(), "{text}: no help");
    let under = text
        .get(error.range.clone())
        .expect("the range is inside the text");
    (under.to_owned(), error.message)
}

#[test]
fn errors_point_at_the_text() {
    for (text, under, message) in [
        ("", "", "the text is empty"),
        ("12Q", "Q", "`Q` is not a unit"),
        ("12m", "m", "`m` is not a unit"),
        ("2gb", "gb", "`gb` is not a unit"),
        ("1.5G", ".5", "a fraction is not accepted"),
        ("-1", "-", "a negative number is not accepted"),
        ("+1", "+", "a sign is not accepted"),
        ("0", "0", "zero is not a limit"),
        ("0K", "0", "zero is not a limit"),
        (
            "16777216T",
            "16777216T",
            "the size is above 8388607T, the most that the kernel counts",
        ),
        (
            "18446744073709551616",
            "18446744073709551616",
            "the size is above 8388607T, the most that the kernel counts",
        ),
        ("12 M x", " x", "` x` does not belong here"),
        ("G", "G", "`G` does not belong here"),
        ("100MBps", "MBps", "`MBps` is not a unit"),
        ("100M/s", "/s", "`/s` does not belong here"),
        ("é", "é", "`é` does not belong here"),
    ] {
        assert_eq!(
            wrong(text, size(text)),
            (under.to_owned(), message.to_owned()),
            "{text}"
        );
    }
    assert_eq!(wrong("1M/h", rate("1M/h")).0, "/h");
}

#[test]
fn ports_and_ranges() {
    let both = |first, last, protocol| {
        Ok(Ports {
            first,
            last,
            protocol,
        })
    };
    assert_eq!(ports("443"), both(443, 443, None));
    assert_eq!(ports("65535"), both(65535, 65535, None));
    assert_eq!(ports("53/udp"), both(53, 53, Some(Protocol::Udp)));
    assert_eq!(
        ports("8000-8100/tcp"),
        both(8000, 8100, Some(Protocol::Tcp))
    );
    assert_eq!(ports("1-65535"), both(1, 65535, None));
    assert_eq!(ports("80-80"), both(80, 80, None));
    for (text, under, message) in [
        ("0", "0", "`0` is not a port"),
        ("65536", "65536", "`65536` is not a port"),
        ("8000-70000", "70000", "`70000` is not a port"),
        ("0-80", "0", "`0` is not a port"),
        ("90-80", "90-80", "the range begins above its end"),
        ("90-80/tcp", "90-80", "the range begins above its end"),
        ("-1", "-", "a negative number is not accepted"),
        ("80-", "80-", "`80-` is not complete"),
        ("80-90-100", "-100", "`-100` does not belong here"),
        ("53/icmp", "/icmp", "`/icmp` is not a protocol with ports"),
        ("53/TCP", "/TCP", "`/TCP` is not a protocol with ports"),
        ("53/", "/", "`/` is not a protocol with ports"),
        ("http", "http", "`http` does not belong here"),
        ("80:90", ":90", "`:90` does not belong here"),
        ("", "", "the text is empty"),
    ] {
        assert_eq!(
            wrong(text, ports(text)),
            (under.to_owned(), message.to_owned()),
            "{text}"
        );
    }
    assert_eq!(
        ports("53/TCP").map_err(|error| error.help),
        Err("did you mean `/tcp`?".to_owned())
    );
}

#[test]
fn durations() {
    for (text, seconds) in [
        ("1", 1),
        ("90", 90),
        ("90s", 90),
        ("15m", 900),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("2d", 172_800),
        ("1d1h1m1s", 90_061),
        ("0h5m", 300),
        ("90m", 5400),
    ] {
        assert_eq!(duration(text), Ok(seconds), "{text}");
    }
    for (text, under, message) in [
        ("", "", "the text is empty"),
        ("0", "0", "zero is not a time"),
        ("0h0m", "0h0m", "zero is not a time"),
        ("-5s", "-", "a negative number is not accepted"),
        ("1.5h", ".5", "a fraction is not accepted"),
        (
            "30m1h",
            "1h",
            "the units go from the largest to the smallest, each once",
        ),
        (
            "1h1h",
            "1h",
            "the units go from the largest to the smallest, each once",
        ),
        ("1h30", "30", "`30` has no unit"),
        ("100ms", "ms", "`ms` is not a unit of time"),
        ("5min", "min", "`min` is not a unit of time"),
        ("2w", "w", "`w` is not a unit of time"),
        ("1h:30m", ":30m", "`:30m` does not belong here"),
        ("soon", "soon", "`soon` does not belong here"),
        (
            "18446744073709551616",
            "18446744073709551616",
            "the time does not fit in 64 bits",
        ),
        (
            "18446744073709551615h",
            "18446744073709551615h",
            "the time does not fit in 64 bits",
        ),
    ] {
        assert_eq!(
            wrong(text, duration(text)),
            (under.to_owned(), message.to_owned()),
            "{text}"
        );
    }
    assert_eq!(
        duration("5min").map_err(|error| error.help),
        Err("write `m`".to_owned())
    );
}

#[test]
fn dates() {
    assert_eq!(
        date("2027-01-31").map(|day| day.to_string()),
        Ok("2027-01-31".to_owned())
    );
    assert_eq!(date("1970-01-01").map(Date::number), Ok(0));
    assert_eq!(date("2000-03-01").map(Date::number), Ok(11_017));
    assert!(date("2028-02-29").is_ok(), "a leap year");
    for (text, under, message) in [
        ("", "", "the text is empty"),
        ("2027-13-01", "13", "there is no month 13"),
        ("2027-00-01", "00", "there is no month 00"),
        ("2027-02-29", "29", "2027-02 has no day 29"),
        ("2100-02-29", "29", "2100-02 has no day 29"),
        ("2027-04-31", "31", "2027-04 has no day 31"),
        ("2027-1-31", "1", "the month has 2 digits; found `1`"),
        ("31-01-2027", "31", "the year has 4 digits; found `31`"),
        ("1969-01-01", "1969", "the year 1969 is long over"),
        ("2027-01", "2027-01", "`2027-01` is not complete"),
        ("2027/01/31", "/01/31", "`/01/31` does not belong here"),
        (
            "2027-01-31T10:00",
            "T10:00",
            "`T10:00` does not belong here",
        ),
        ("tomorrow", "tomorrow", "`tomorrow` does not belong here"),
    ] {
        assert_eq!(
            wrong(text, date(text)),
            (under.to_owned(), message.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn addresses() {
    assert_eq!(
        address("1.1.1.1"),
        Ok("1.1.1.1".parse().expect("an address"))
    );
    assert_eq!(address("::1"), Ok("::1".parse().expect("an address")));
    assert_eq!(address_block("10.0.0.0/8").map(|block| block.prefix), Ok(8));
    assert_eq!(address_block("0.0.0.0/0").map(|block| block.prefix), Ok(0));
    assert_eq!(address_block("::/0").map(|block| block.prefix), Ok(0));
    assert_eq!(
        address_block("2001:db8::/32").map(|block| block.prefix),
        Ok(32)
    );
    assert_eq!(address_block("::1").map(|block| block.prefix), Ok(128));
    for (text, under, message) in [
        ("1.1.1", "1.1.1", "`1.1.1` is not an IP address"),
        ("1.1.1.256", "1.1.1.256", "`1.1.1.256` is not an IP address"),
        ("10.0.0.0/33", "/33", "`/33` is not a prefix length"),
        ("10.0.0.0/08", "/08", "`/08` is not a prefix length"),
        ("10.0.0.0/", "/", "`/` is not a prefix length"),
        (
            "10.0.0.1/8",
            "10.0.0.1/8",
            "`10.0.0.1/8` has bits set after its prefix",
        ),
        (
            "example.org",
            "example.org",
            "`example.org` is not an IP address",
        ),
        ("010.0.0.1", "010.0.0.1", "`010.0.0.1` is not an IP address"),
        (
            "fe80::1%eth0",
            "fe80::1%eth0",
            "`fe80::1%eth0` is not an IP address",
        ),
        ("[::1]:53", "[::1]:53", "`[::1]:53` is not an IP address"),
        (
            "::ffff:10.0.0.1/104",
            "::ffff:10.0.0.1/104",
            "`::ffff:10.0.0.1/104` has bits set after its prefix",
        ),
    ] {
        assert_eq!(
            wrong(text, address_block(text)),
            (under.to_owned(), message.to_owned())
        );
    }
    assert_eq!(wrong("10.0.0.0/8", address("10.0.0.0/8")).0, "/8");
    for (text, canonical) in [
        ("2001:DB8:0:0::0001", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("192.0.2.1/32", "192.0.2.1"),
    ] {
        let shown = address_block(text).map(|block| block.to_string());
        assert_eq!(shown, Ok(canonical.to_owned()), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in "\\PC{0,12}") {
        let errors = [
            size(&text).err(),
            rate(&text).err(),
            ports(&text).err(),
            duration(&text).err(),
            date(&text).err(),
            address_block(&text).err(),
        ];
        for error in errors.into_iter().flatten() {
            prop_assert!(text.get(error.range).is_some());
        }
    }

    #[test]
    fn what_is_printed_is_read_back(
        first in 1_u16.., length in 0_u16..1000, protocol in 0_usize..3, seconds in 0_u64..253_402_300_800,
        address: [u8; 16], prefix in 0_u8..=128,
    ) {
        let protocol = [None, Some(Protocol::Tcp), Some(Protocol::Udp)].get(protocol).copied().flatten();
        let written = Ports { first, last: first.saturating_add(length), protocol };
        prop_assert_eq!(ports(&written.to_string()), Ok(written));
        let day = Date::from_unix(seconds).expect("before the year 10000");
        prop_assert_eq!(date(&day.to_string()), Ok(day));
        prop_assert_eq!(u64::from(day.number()), seconds / 86400);
        let address = std::net::Ipv6Addr::from(address);
        let bits = address.to_bits() & u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
        let text = format!("{}/{prefix}", std::net::Ipv6Addr::from_bits(bits));
        let block = address_block(&text).map_err(|error| TestCaseError::fail(error.message))?;
        prop_assert_eq!(address_block(&block.to_string()), Ok(block));
    }

    #[test]
    fn numbers_mean_themselves(number in 1..=LARGEST_SIZE) {
        prop_assert_eq!(size(&number.to_string()), Ok(number));
    }

    #[test]
    fn numbers_above_the_largest_are_refused(number in LARGEST_SIZE + 1..) {
        let refused = size(&number.to_string()).map_err(|error| error.message);
        let message = "the size is above 8388607T, the most that the kernel counts";
        prop_assert_eq!(refused, Err(message.to_owned()));
    }
}
