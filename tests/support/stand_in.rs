//! What stands beside the executor of a test in place of `purple-net`.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test without its files cannot go on"
)]

use crate::policy::Policy;
use crate::test_dir::{TestDir, binary};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

/// Puts the stand-in beside the executor. `does` says what it does otherwise than a good helper; nothing where it is empty.
pub fn stand_in(place: &TestDir, does: &str) -> PathBuf {
    let helper = place.at("purple-net");
    // A child copies, so that no process here ever has the program open for writing.
    let copied = Command::new("cp")
        .arg(binary("stand-in"))
        .arg(&helper)
        .status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "the stand-in can be copied"
    );
    tell(place, does);
    helper
}

/// Says what the stand-in of the next runs does.
pub fn tell(place: &TestDir, does: &str) {
    std::fs::write(place.at("stand-in"), does).expect("a file of its own");
}

/// A policy with a filtered network.
pub fn filtered(place: &TestDir) -> Policy {
    let network = "network:\n  mode: filtered\n  allow: [\"example.org:443\", \"192.0.2.0/24:80\"]\n  blocked_ips: [192.0.2.7]";
    Policy::new(place).section(network)
}

/// The SHA-256 of some bytes, as the stand-in counts it of the plan that it got.
pub fn hexadecimal_digest(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in purple_plan::sha256(bytes) {
        write!(text, "{byte:02x}").expect("a text has room");
    }
    text
}
