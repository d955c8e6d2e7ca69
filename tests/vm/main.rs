//! The real programs under other kernels: Debian's own and the newest, with real control groups.
//!
//!   vm [WORD]...
//!
//! Boots each kernel that `scripts/kernels` has fetched in a virtual machine of which this program is
//! process 1, runs there every scenario of which the name has one of the words in it, as root and as
//! an ordinary user, and prints what came of each.
//!
//! To add a scenario, write a function that takes a [`TestDir`](purple_tests::test_dir::TestDir), as the
//! end-to-end tests do, and name it in the list at the end of its file. It fails by panicking. What the
//! machine holds beside the programs under test stands in `image.rs`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

/// The scenarios of a file: their names and what they do.
macro_rules! scenarios {
    ($($name:ident)+) => {
        pub(crate) const SCENARIOS: &[crate::Scenario] = &[$((
            concat!(module_path!(), "::", stringify!($name)),
            $name,
        )),+];
    };
}

mod doctor;
mod faults;
mod groups;
mod image;
mod inside;
mod leftovers;
mod limits;
mod machine;
mod network;
#[path = "../e2e/reached.rs"]
mod reached;
mod start;
mod systemd;
#[path = "../adversarial/tracer.rs"]
mod tracer;

use purple_tests::test_dir::TestDir;
use std::process::ExitCode;

/// The name of a scenario, and what it does.
type Scenario = (&'static str, fn(&TestDir));

/// Every file of scenarios.
const SCENARIOS: [&[Scenario]; 8] = [
    start::SCENARIOS,
    network::SCENARIOS,
    reached::SCENARIOS,
    limits::SCENARIOS,
    leftovers::SCENARIOS,
    faults::SCENARIOS,
    doctor::SCENARIOS,
    systemd::SCENARIOS,
];

/// Who starts the sandboxes of a scenario, as names and arguments say it.
const WHO: [&str; 2] = ["as_root", "as_user"];

/// What went wrong with the machine, in words.
type Fault = String;

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let words = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    match words.as_slice() {
        _ if std::process::id() == 1 => inside::run(),
        ["--scenario", name, who] => inside::scenario(name, who),
        words => machine::test(words),
    }
}

/// Every test: a scenario and who starts its sandboxes.
fn tests() -> impl Iterator<Item = (Scenario, &'static str)> {
    let scenarios = SCENARIOS.iter().flat_map(|file| file.iter());
    scenarios.flat_map(|scenario| WHO.map(|who| (*scenario, who)))
}

/// The name of a test.
fn name((scenario, _): Scenario, who: &str) -> String {
    format!("{}::{who}", scenario.trim_start_matches("vm::"))
}
