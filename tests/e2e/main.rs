//! The real compiler and the real executor, run as root and as an ordinary user. Each scenario is
//! followed by a look at the host, which must be as it was.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

/// Makes two tests of each scenario: one where root starts the sandboxes, one where an ordinary
/// user does.
macro_rules! scenarios {
    ($($name:ident)+) => {
        $(mod $name {
            #[test]
            fn as_root() {
                let test = concat!(module_path!(), "::as_root");
                crate::scenario(purple_tests::identity::Identity::root, test, super::$name);
            }

            #[test]
            fn as_user() {
                let test = concat!(module_path!(), "::as_user");
                crate::scenario(purple_tests::identity::Identity::user, test, super::$name);
            }
        })+
    };
}

mod attacks;
mod capabilities;
mod devices;
mod doctor;
mod files;
mod guards;
mod inside;
mod kernel;
mod landlock;
mod layers;
mod limits;
mod network;
mod outcome;
mod owners;
mod parallel;
mod plans;
mod processes;
mod profiles;
mod programs;
mod refusals;
mod report;
mod signals;
mod streams;
mod stubs;
mod surface;
mod syscalls;
mod terminal;
mod verdicts;

use purple_tests::host::HostSnapshot;
use purple_tests::identity::Identity;
use purple_tests::place::Place;

/// Runs a scenario in a place of its own, then looks at the host.
fn scenario(who: fn(&str) -> Option<Identity>, test: &str, story: fn(&Place)) {
    if let Some(who) = who(test) {
        let place = Place::new(who);
        let host = HostSnapshot::take(&place);
        story(&place);
        host.assert_unchanged();
    }
}
