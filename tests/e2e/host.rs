//! What the look at the host after each scenario finds.

use purple_tests::host::HostSnapshot;
use purple_tests::identity::{Identity, skip};
use purple_tests::test_dir::TestDir;
use std::fs::File;
use std::os::unix::fs::chown;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A user that no other test has, so that none finds this one's file.
const USER: u32 = 1_886_745_990;

#[test]
fn a_file_that_is_left_is_found_and_one_in_use_is_not() {
    let test = "host::a_file_that_is_left_is_found_and_one_in_use_is_not";
    if !nix::unistd::Uid::effective().is_root() {
        skip(test, "only root can give files away");
        return;
    }
    let place = TestDir::new(Identity {
        uid: USER,
        gid: USER,
    });
    let before = HostSnapshot::take(&place);
    let path = format!("/dev/shm/left-by-{}", place.name());
    let file = File::create(&path).expect("a file");
    chown(&path, Some(USER), Some(USER)).expect("root may");
    before.assert_unchanged();
    drop(file);
    let found = catch_unwind(AssertUnwindSafe(|| before.assert_unchanged()));
    std::fs::remove_file(&path).expect("it is there");
    let found = found.expect_err("no process holds it");
    let words = found.downcast_ref::<String>().expect("a message");
    assert!(words.contains(&path), "{words}");
    before.assert_unchanged();
}
