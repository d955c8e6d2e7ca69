//! Many sandboxes at once.

use purple_tests::place::Place;
use purple_tests::policy::Policy;
use purple_tests::run::{Run, finish};
use std::time::Duration;

scenarios! { fifty_at_once }

fn fifty_at_once(place: &Place) {
    let plan = Policy::new(place).compile(place);
    // Each waits for its input's end, so that all of them are there at the same time.
    let script = "echo $1 > /tmp/mine; echo $1 > /output/$1; cat; cat /tmp/mine; ls /tmp; set -- /proc/[0-9]*; echo $#";
    let children: Vec<_> = (0..50)
        .map(|number: u32| {
            Run::new(place, &plan, &["sh", "-c", script, "sh", &number.to_string()]).start()
        })
        .collect();
    for (number, child) in children.into_iter().enumerate() {
        let done = finish(child, format!("input {number}\n").as_bytes(), Duration::from_secs(60));
        // Its own file; init and the shell.
        assert_eq!(done.good(), format!("input {number}\n{number}\nmine\n2\n"));
        assert_eq!(place.read(&format!("output/{number}")), format!("{number}\n"));
    }
}
