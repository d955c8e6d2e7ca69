//! Scenarios: stories in a place of their own, after each of which the host must be as it was.

use crate::host::HostSnapshot;
use crate::identity::Identity;
use crate::test_dir::TestDir;

/// Makes two tests of each scenario: one where root starts the sandboxes, one where an ordinary
/// user does.
#[macro_export]
macro_rules! scenarios {
    ($($name:ident)+) => {
        $(mod $name {
            #[test]
            fn as_root() {
                let test = concat!(module_path!(), "::as_root");
                $crate::scenario::run($crate::identity::Identity::root, test, super::$name);
            }

            #[test]
            fn as_user() {
                let test = concat!(module_path!(), "::as_user");
                $crate::scenario::run($crate::identity::Identity::user, test, super::$name);
            }
        })+
    };
}

/// Runs a scenario in a place of its own, then looks at the host. Does nothing where `who` finds
/// no user to start it.
pub fn run(who: fn(&str) -> Option<Identity>, test: &str, story: fn(&TestDir)) {
    // Without the name of the executable.
    let name = test.split_once("::").map_or(test, |(_, name)| name);
    if let Some(who) = who(name) {
        let place = TestDir::new(who);
        let host = HostSnapshot::take(&place);
        story(&place);
        host.assert_unchanged();
    }
}
