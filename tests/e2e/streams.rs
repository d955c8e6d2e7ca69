//! Standard input, output and error.

use purple_tests::policy::Policy;
use purple_tests::run::{Run, finish};
use purple_tests::test_dir::TestDir;
use std::io::Read;
use std::time::Duration;

scenarios! {
    input_and_output_pass_through
    large_output
    closed_streams
    reader_that_goes_away
    error_stream_that_is_closed
    report_with_everything_closed
}

fn input_and_output_pass_through(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let input: Vec<u8> = (0..1_u32 << 18).flat_map(u32::to_le_bytes).collect();
    let done = Run::new(place, &plan, &["sh", "-c", "cat; echo error >&2"])
        .input(&input)
        .finish();
    assert_eq!(done.stderr, "error\n");
    assert_eq!(done.code(), 0);
    assert!(done.stdout == input, "every byte comes through");
}

fn large_output(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let done = Run::new(place, &plan, &["head", "-c", "67108864", "/dev/zero"]).finish();
    assert_eq!((done.code(), done.stdout.len()), (0, 64 << 20));
}

fn closed_streams(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    for closing in ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"] {
        let wrapper = format!("exec \"$@\" {closing}");
        let script = "for fd in 0 1 2; do readlink /proc/self/fd/$fd; done > /output/streams; cat; echo out; echo err >&2; \
                      ls /proc/self/fd > /output/open";
        let run =
            Run::new(place, &plan, &["sh", "-c", script]).wrapped(&["sh", "-c", &wrapper, "sh"]);
        let done = run.finish();
        assert_eq!(done.code(), 0, "{closing}: {done}");
        let streams = place.read("output/streams");
        let lines: Vec<&str> = streams.lines().collect();
        for (line, mark) in lines.iter().zip(["<&-", "", "2>&-"]) {
            let closed = !mark.is_empty() && closing.split(' ').any(|one| one == mark);
            assert_eq!(*line == "/dev/null", closed, "{closing}: {streams}");
        }
        // The listing itself takes one more.
        assert_eq!(place.read("output/open"), "0\n1\n2\n3\n", "{closing}");
        let (out, error) = (
            closing.contains(" >&-") || closing == ">&-",
            closing.contains("2>&-"),
        );
        assert_eq!(done.out().is_empty(), out, "{closing}: {done}");
        assert_eq!(done.stderr.is_empty(), error, "{closing}: {done}");
    }
}

fn reader_that_goes_away(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let mut child = Run::new(place, &plan, &["yes"]).start();
    let mut out = child.stdout.take().expect("a pipe");
    assert!(out.read_exact(&mut [0; 4096]).is_ok());
    drop(out);
    let done = finish(child, &[], Duration::from_secs(20));
    assert_eq!((done.code(), done.stderr.as_str()), (128 + 13, ""));
}

fn error_stream_that_is_closed(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let wrapper = ["sh", "-c", "exec \"$@\" 2>&-", "sh"];
    let done = Run::new(place, &plan, &["no-such-command"])
        .wrapped(&wrapper)
        .finish();
    assert_eq!((done.code(), done.stderr.as_str()), (127, ""));
}

fn report_with_everything_closed(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let wrapper = ["sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"];
    let done = Run::new(place, &plan, &["sh", "-c", "echo out; exit 4"])
        .wrapped(&wrapper)
        .report()
        .finish();
    assert_eq!(done.code(), 4);
    assert_eq!(done.report.expect("a report")["exit_code"], 4);
}
