//! Standard input, output and error.

use purple_tests::inside::{PYTHON, python};
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
    input_that_is_not_read_is_left
    a_file_is_read_on_from_where_it_was_left
    order_of_output_and_error
    sockets_as_a_parent_makes_them
    devices_that_every_sandbox_has
    output_that_a_file_does_not_take
    what_is_opened_again_by_its_name
    a_program_cannot_move_the_position_back
    sockets_that_have_nothing_to_read
    what_has_no_position_is_refused
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

/// A loop of a shell reads line after line, and so may the programs that it starts.
const LOOP: &str = "while read -r line; do echo \"loop $line\"; \"$@\"; done";

fn input_that_is_not_read_is_left(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let run = |command: &[&str], input: &[u8]| {
        let run = Run::new(place, &plan, command);
        let run = run.wrapped(&["sh", "-c", LOOP, "sh"]).input(input);
        run.finish().good()
    };
    assert_eq!(run(&["true"], b"a\nb\n"), "loop a\nloop b\n");
    let one_line = ["sh", "-c", "read -r line; echo \"read $line\""];
    assert_eq!(
        run(&one_line, b"a\nb\nc\n"),
        "loop a\nread b\nloop c\nread \n"
    );
    let long = "x".repeat(6000);
    let input = format!("a\n{long}\nb\n");
    let length = ["sh", "-c", "read -r line; echo ${#line}"];
    assert_eq!(run(&length, input.as_bytes()), "loop a\n6000\nloop b\n0\n");
}

fn a_file_is_read_on_from_where_it_was_left(place: &TestDir) {
    drop(place.file("lines", "a\nb\nc\n"));
    let plan = Policy::new(place).compile(place);
    let script = format!("({LOOP}) < lines");
    let one_line = ["sh", "-c", "read -r line; echo \"read $line\""];
    let run = Run::new(place, &plan, &one_line).wrapped(&["sh", "-c", &script, "sh"]);
    assert_eq!(run.finish().good(), "loop a\nread b\nloop c\nread \n");
    // A file that has no name any more goes through a pipe.
    let script = format!("exec 5<lines; rm lines; ({LOOP}) <&5");
    let run = Run::new(place, &plan, &one_line).wrapped(&["sh", "-c", &script, "sh"]);
    assert_eq!(run.finish().good(), "loop a\nread b\nloop c\nread \n");
}

fn order_of_output_and_error(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let script = "for i in 1 2 3 4 5 6 7 8 9; do echo out$i; echo err$i >&2; done";
    let lines: Vec<String> = (1..10).map(|i| format!("out{i}\nerr{i}\n")).collect();
    let expected = lines.concat();
    for wrapper in ["exec \"$@\" 2>&1", "exec \"$@\" >both 2>&1"] {
        let run = Run::new(place, &plan, &["sh", "-c", script]);
        let done = run.wrapped(&["sh", "-c", wrapper, "sh"]).finish();
        let out = done.good();
        let out = if out.is_empty() {
            place.read("both")
        } else {
            out
        };
        assert_eq!(out, expected, "{wrapper}");
    }
}

/// Starts its arguments with sockets, as node.js and systemd do, and shows what came back.
const SOCKETS: &str = include_str!("../probes/start_with_sockets.py");

fn sockets_as_a_parent_makes_them(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let script = "cat; echo out; echo err >&2; exit 3";
    let run = Run::new(place, &plan, &["sh", "-c", script]).wrapped(&[PYTHON, "-c", SOCKETS]);
    let found = run.finish().facts();
    let expected = serde_json::json!({"status": 3, "bytes": 3 << 20, "same": true, "end": "out\n", "error": "err\n"});
    assert_eq!(found, expected);
}

fn devices_that_every_sandbox_has(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    for (redirection, command, expected) in [
        ("</dev/null", "cat; echo end", "end\n"),
        ("</dev/zero", "head -c 3 | tr '\\0' z", "zzz"),
        ("</dev/urandom", "head -c 70000 | wc -c", "70000\n"),
        ("2>/dev/null", "echo gone >&2; echo end", "end\n"),
        (
            "2>/dev/full",
            "if echo x >&2; then echo written; else echo full; fi",
            "full\n",
        ),
    ] {
        let wrapper = format!("exec \"$@\" {redirection}");
        let run = Run::new(place, &plan, &["sh", "-c", command]);
        let done = run.wrapped(&["sh", "-c", &wrapper, "sh"]).finish();
        assert_eq!(done.good(), expected, "{redirection}");
    }
}

/// The program has written it and gone well: that it is lost must show.
fn output_that_a_file_does_not_take(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let wrapper = "trap '' XFSZ; ulimit -f 8; exec \"$@\" >small";
    let run = Run::new(place, &plan, &["head", "-c", "20000", "/dev/zero"]);
    let done = run.wrapped(&["sh", "-c", wrapper, "sh"]).finish();
    let said = "purple-exec: start: a part of what went through descriptor 1 is lost: EFBIG\n";
    assert_eq!((done.code(), done.stderr.as_str()), (125, said));
}

fn what_is_opened_again_by_its_name(place: &TestDir) {
    drop(place.file("input", "input\n"));
    let plan = Policy::new(place).compile(place);
    let script = "cat /dev/stdin; echo out > /dev/stdout; echo err > /dev/stderr";
    for redirection in ["", "<input"] {
        let wrapper = format!("exec \"$@\" {redirection}");
        let run = Run::new(place, &plan, &["sh", "-c", script]);
        let run = run.wrapped(&["sh", "-c", &wrapper, "sh"]).input(b"input\n");
        let done = run.finish();
        let (out, error) = (done.out(), done.stderr.as_str());
        assert_eq!((out.as_str(), error), ("input\nout\n", "err\n"));
    }
}

/// Fills the pipe that is its own input.
const FILL: &str = include_str!("../probes/fill_ones_own_input.py");

/// A log that is open for reading and writing, at its end: what is there already stays.
fn a_program_cannot_move_the_position_back(place: &TestDir) {
    let lines = "a line of it\n".repeat(20_000);
    drop(place.file("log", &lines));
    let plan = Policy::new(place).compile(place);
    let wrapper = "exec 5<>log; cat <&5 >read; \"$@\" <&5 >&5 && echo after >&5";
    let run = python(place, &plan, FILL).wrapped(&["sh", "-c", wrapper, "sh"]);
    assert_eq!(run.finish().good(), "");
    let log = place.read("log");
    let added = log.strip_prefix(&lines);
    assert_eq!(added, Some("printed\nafter\n"), "{} bytes", log.len());
}

/// Starts its arguments with sockets that can be waited for and not be read from.
const ODD_SOCKETS: &str = include_str!("../probes/start_with_odd_sockets.py");

fn sockets_that_have_nothing_to_read(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let run = Run::new(place, &plan, &["sh", "-c", "echo ready; cat"]);
    let found = run.wrapped(&[PYTHON, "-c", ODD_SOCKETS]).finish().facts();
    let expected = serde_json::json!({"alone": [0, "ready\n", ""], "status": 0, "out": "ready\nband\n",
        "waits": true});
    assert_eq!(found, expected);
}

fn what_has_no_position_is_refused(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let run = Run::new(place, &plan, &["cat"]);
    let wrapper = ["sh", "-c", "exec \"$@\" </proc/self/ns/net", "sh"];
    let said = "start: descriptor 0 is a file that cannot be read from a position; --inherit-stdio hands it on \
                as it is";
    run.wrapped(&wrapper).finish().refused(125, said);
}
