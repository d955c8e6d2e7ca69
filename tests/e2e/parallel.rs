//! Many sandboxes at once.

use purple_tests::policy::Policy;
use purple_tests::run::{Run, finish};
use purple_tests::test_dir::TestDir;
use std::time::Duration;

scenarios! { fifty_at_once }

/// Set `PURPLE_CROWD` for another number of sandboxes.
fn crowd() -> u32 {
    std::env::var("PURPLE_CROWD").map_or(50, |text| text.parse().expect("a number"))
}

fn fifty_at_once(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    // Each waits for its input's end, so that all of them are there at the same time.
    let script = "echo $1 > /tmp/mine; echo $1 > /output/$1; cat; cat /tmp/mine; ls /tmp; set -- /proc/[0-9]*; echo $#";
    let children: Vec<_> = (0..crowd())
        .map(|number| {
            Run::new(
                place,
                &plan,
                &["sh", "-c", script, "sh", &number.to_string()],
            )
            .start()
        })
        .collect();
    for (number, child) in children.into_iter().enumerate() {
        let done = finish(
            child,
            format!("input {number}\n").as_bytes(),
            Duration::from_mins(5),
        );
        // Its own file; init and the shell.
        assert_eq!(done.good(), format!("input {number}\n{number}\nmine\n2\n"));
        assert_eq!(
            place.read(&format!("output/{number}")),
            format!("{number}\n")
        );
    }
}
