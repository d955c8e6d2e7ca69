//! What stands beside the executor of a test: `purple-net`, or what takes its place.
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
    let helper = copied(place, "stand-in");
    tell(place, does);
    helper
}

/// Puts the real helper beside the executor.
pub fn purple_net(place: &TestDir) -> PathBuf {
    copied(place, "purple-net")
}

/// Puts the real helper where the stand-in finds it.
pub fn real_helper(place: &TestDir) {
    let _helper = copied_to(place, "purple-net", "real-purple-net");
}

fn copied(place: &TestDir, program: &str) -> PathBuf {
    copied_to(place, program, "purple-net")
}

fn copied_to(place: &TestDir, program: &str, name: &str) -> PathBuf {
    let helper = place.at(name);
    // A child copies, so that no process here ever has the program open for writing.
    let copied = Command::new("cp")
        .arg(binary(program))
        .arg(&helper)
        .status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "{program} can be copied"
    );
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
