//! Threats 2 and 3: descriptors that lead out.

use super::attack::{WITHOUT_LANDLOCK, found, outside};
use purple_tests::inside::{PYTHON, python};
use purple_tests::policy::Policy;
use purple_tests::run::{Run, bare};
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs::{Permissions, set_permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

scenarios! { a_working_directory_through_a_descriptor a_directory_passed_over_a_socket }

/// An earlier run leaves a link to a descriptor where the next run starts, and whoever starts that
/// has a directory open.
fn a_working_directory_through_a_descriptor(place: &TestDir) {
    symlink("/proc/self/fd/9", place.at("output/door")).expect("a link");
    let wrapper = ["sh", "-c", "exec 9<host; exec \"$@\"", "sh"];
    let enter = ["sh", "-c", "cd output/door && cat secret"];
    assert_eq!(
        bare(place, &[&wrapper[..], &enter].concat()).good(),
        "of the host\n"
    );

    let policy = Policy::new(place).starts_in("/output/door");
    let plan = policy.compile(place);
    let line = policy.line_of("working_dir");
    for let_go in [&[][..], &WITHOUT_LANDLOCK] {
        let run = Run::new(place, &plan, &["cat", "secret"])
            .option(let_go)
            .wrapped(&wrapper);
        let done = run.finish();
        let said = format!("working directory: /output/door: ENOENT (policy line {line})\n");
        assert_eq!(done.code(), 125, "{done}");
        assert!(
            done.stderr.ends_with(&said) && done.out().is_empty(),
            "{done}"
        );
    }
}

/// Gives everybody who connects a directory of the host, three times.
const PEER: &str = include_str!("../probes/directory_over_a_socket.py");

/// Somebody outside hands a directory in. Nothing in it can be opened, made or removed.
fn a_directory_passed_over_a_socket(place: &TestDir) {
    set_permissions(place.dir("passed"), Permissions::from_mode(0o777)).expect("its own");
    for name in ["file", "spare", "extra"] {
        let file = place.file(&format!("passed/{name}"), "of the host\n");
        set_permissions(file, Permissions::from_mode(0o666)).expect("its own");
    }
    let mut peer = Command::new(PYTHON);
    peer.args(["-c", PEER])
        .current_dir(place.at(""))
        .stdout(Stdio::piped());
    let mut peer = peer.spawn().expect("python");
    let mut out = BufReader::new(peer.stdout.take().expect("a pipe"));
    assert!(
        out.read_line(&mut String::new())
            .is_ok_and(|length| length > 0)
    );

    let text = include_str!("../probes/use_a_passed_directory.py");
    let all = |what: &str| json!({"read": what, "write": what, "up": what, "make": what, "mkdir": what, "rename": what, "unlink": what});
    let plan = Policy::new(place).compile(place);
    let inside = found(&python(place, &plan, text));
    let free = outside(place, text);
    assert_eq!(free, all("ok"));
    assert_eq!(inside, all("EACCES"), "Landlock holds");
    // That it is Landlock and nothing else: without it, what its owner may do goes.
    let let_go = found(&python(place, &plan, text).option(&WITHOUT_LANDLOCK));
    assert_eq!(
        (&let_go["read"], &let_go["write"]),
        (&json!("ok"), &json!("ok")),
        "{let_go}"
    );
    assert!(peer.wait().expect("the peer ends").success());
}
