//! Quantities: what each text means, and the exact text that an error points at.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use super::{QuantityError, address, address_block, port, rate, size};
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
        ("18446744073709551615", u64::MAX),
        ("16777215T", 16_777_215 << 40),
    ] {
        assert_eq!(size(text), Ok(bytes), "{text}");
        assert_eq!(rate(text), Ok(bytes), "{text}");
    }
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
    let under = text.get(error.range.clone()).expect("the range is inside the text");
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
        ("16777216T", "16777216T", "the size does not fit in 64 bits"),
        ("18446744073709551616", "18446744073709551616", "the size does not fit in 64 bits"),
        ("12 M x", " x", "` x` does not belong here"),
        ("G", "G", "`G` does not belong here"),
        ("100MBps", "MBps", "`MBps` is not a unit"),
        ("100M/s", "/s", "`/s` does not belong here"),
        ("é", "é", "`é` does not belong here"),
    ] {
        assert_eq!(wrong(text, size(text)), (under.to_owned(), message.to_owned()), "{text}");
    }
    assert_eq!(wrong("1M/h", rate("1M/h")).0, "/h");
}

#[test]
fn ports() {
    assert_eq!(port("443"), Ok(443));
    assert_eq!(port("65535"), Ok(65535));
    for (text, under, message) in [
        ("0", "0", "`0` is not a port"),
        ("65536", "65536", "`65536` is not a port"),
        ("-1", "-", "a negative number is not accepted"),
        ("80-90", "-90", "a range of ports is not accepted yet"),
        ("53/udp", "/udp", "a protocol after a port is not accepted yet"),
        ("http", "http", "`http` does not belong here"),
        ("", "", "the text is empty"),
    ] {
        assert_eq!(wrong(text, port(text)), (under.to_owned(), message.to_owned()), "{text}");
    }
}

#[test]
fn addresses() {
    assert_eq!(address("1.1.1.1"), Ok("1.1.1.1".parse().expect("an address")));
    assert_eq!(address("::1"), Ok("::1".parse().expect("an address")));
    assert_eq!(address_block("10.0.0.0/8").map(|block| block.prefix), Ok(8));
    assert_eq!(address_block("0.0.0.0/0").map(|block| block.prefix), Ok(0));
    assert_eq!(address_block("::/0").map(|block| block.prefix), Ok(0));
    assert_eq!(address_block("2001:db8::/32").map(|block| block.prefix), Ok(32));
    assert_eq!(address_block("::1").map(|block| block.prefix), Ok(128));
    for (text, under, message) in [
        ("1.1.1", "1.1.1", "`1.1.1` is not an IP address"),
        ("1.1.1.256", "1.1.1.256", "`1.1.1.256` is not an IP address"),
        ("10.0.0.0/33", "/33", "`/33` is not a prefix length"),
        ("10.0.0.0/08", "/08", "`/08` is not a prefix length"),
        ("10.0.0.0/", "/", "`/` is not a prefix length"),
        ("10.0.0.1/8", "10.0.0.1/8", "`10.0.0.1/8` has bits set after its prefix"),
        ("example.org", "example.org", "`example.org` is not an IP address"),
    ] {
        assert_eq!(wrong(text, address_block(text)), (under.to_owned(), message.to_owned()));
    }
    assert_eq!(wrong("10.0.0.0/8", address("10.0.0.0/8")).0, "/8");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in "\\PC{0,12}") {
        for error in [size(&text).err(), rate(&text).err(), port(&text).err(), address_block(&text).err()]
            .into_iter()
            .flatten()
        {
            prop_assert!(text.get(error.range).is_some());
        }
    }

    #[test]
    fn numbers_mean_themselves(number in 1_u64..) {
        prop_assert_eq!(size(&number.to_string()), Ok(number));
    }
}
