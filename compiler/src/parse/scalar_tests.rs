//! Scalars against `serde_yaml` as the oracle.

use super::{Ambiguity, ambiguity, resolve};
use crate::parse::events::Style;
use proptest::prelude::*;
use serde_json::Value;

fn agrees(text: &str) {
    // What the oracle takes for the marks around a document is no scalar.
    if ambiguity(text).is_some() || text.starts_with("---") || text.starts_with("...") {
        return;
    }
    let Ok(theirs) = serde_yaml::from_str::<Value>(text) else {
        return;
    };
    if matches!(theirs, Value::Array(_) | Value::Object(_)) {
        return;
    }
    let ours = resolve(text, Style::Plain);
    assert!(ours == theirs, "{text:?}: ours {ours:?}, oracle {theirs:?}");
}

#[test]
fn agrees_with_the_oracle_on_chosen_scalars() {
    for text in [
        "0",
        "-0",
        "+0",
        "1",
        "-1",
        "+1",
        "0o3",
        "0x1f",
        "-0x1f",
        "+0x1f",
        "0o",
        "0x",
        "0xg",
        "1.5",
        "-1.5",
        ".5",
        "5.",
        "1e3",
        "1e400",
        "-.5",
        "e5",
        "1e",
        "null",
        "Null",
        "~",
        "true",
        "True",
        "tRue",
        "nul",
        "18446744073709551615",
        "-9223372036854775808",
        "2G",
        "100MBps",
        "inf",
        "nan",
        "infinity",
        "NaN",
        "+",
        "-",
        "+-1",
        "++1",
        "--1",
        "0X1F",
        "1.2.3.4",
        "00x1",
        "1__",
        "0.0",
        "-0.0",
        "00.5",
        "01.5",
    ] {
        agrees(text);
    }
}

#[test]
fn names_each_ambiguity() {
    for (text, expected) in [
        ("on", Ambiguity::Truth(true)),
        ("NO", Ambiguity::Truth(false)),
        ("0777", Ambiguity::LeadingZero),
        ("-012", Ambiguity::LeadingZero),
        ("0b11", Ambiguity::Binary),
        ("1_000", Ambiguity::Underscore),
        ("0x_ff", Ambiguity::Underscore),
        ("1_0.5", Ambiguity::Underscore),
        (".inf", Ambiguity::NotFinite),
        ("-.INF", Ambiguity::NotFinite),
        (".nan", Ambiguity::NotFinite),
        ("1:30", Ambiguity::Sexagesimal),
        ("190:20:30", Ambiguity::Sexagesimal),
        ("20:30.5", Ambiguity::Sexagesimal),
        ("18446744073709551616", Ambiguity::TooLarge),
        ("-9223372036854775809", Ambiguity::TooLarge),
        ("0x10000000000000000", Ambiguity::TooLarge),
    ] {
        assert_eq!(ambiguity(text), Some(expected), "{text}");
    }
    for text in [
        "0", "1000", "0o3", "0x1f", "2G", "fe80::1", "one", "true", "1.1.1.1", "a_b", "",
    ] {
        assert_eq!(ambiguity(text), None, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_oracle(text in "[-+]?(0[xob])?[0-9a-fA-F_.:eExob]{0,21}") {
        agrees(&text);
    }

    #[test]
    fn agrees_with_the_oracle_on_words(text in "[a-zA-Z0-9~.+-]{0,6}") {
        agrees(&text);
    }
}
