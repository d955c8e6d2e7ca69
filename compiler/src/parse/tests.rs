//! The tree, its places, and the texts that are refused.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use super::{Document, MAX_DEPTH, MAX_NODES, decode, parse};
use crate::cpu_time::cpu_time;
use crate::diagnostics::{MAX_PER_CODE, Sink};
use crate::source::Source;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// The document and what was found, as code and underlined text.
fn read(text: &str) -> (Option<Document>, Vec<(&'static str, String)>) {
    let source = Source::new("test.yaml", text);
    let mut sink = Sink::new();
    let document = parse(&source, &mut sink);
    let found = sink.into_sorted();
    let under = |finding: &crate::diagnostics::Diagnostic| {
        assert!(finding.span.end <= source.text.len(), "{finding:?}");
        (finding.code, source.slice(finding.span).to_owned())
    };
    (document, found.iter().map(under).collect())
}

fn found(text: &str) -> Vec<(&'static str, String)> {
    read(text).1
}

fn clean(text: &str) -> Document {
    let (document, found) = read(text);
    assert_eq!(found, [], "{text:?}");
    document.expect("a text without findings has a document")
}

fn one(text: &str, code: &'static str, under: &str) {
    assert_eq!(found(text), [(code, under.to_owned())], "{text:?}");
}

#[test]
fn every_key_and_value_knows_its_bytes() {
    let text = "# é日本\nname: \"日本語\"\r\nlist:\r\n  - é # c\r\n  - 'b'\r\nmap: {k: [1, 2], l: x }\r\nblock: |\r\n  one\r\n  two\r\n\r\nlast: plain text  # end\r\n";
    let source = Source::new("test.yaml", text);
    let mut sink = Sink::new();
    let document = parse(&source, &mut sink).expect("a document");
    for (pointer, key, value) in [
        ("/name", "name", "\"日本語\""),
        ("/list", "list", "- é # c\r\n  - 'b'"),
        ("/list/0", "é", "é"),
        ("/list/1", "'b'", "'b'"),
        ("/map", "map", "{k: [1, 2], l: x }"),
        ("/map/k", "k", "[1, 2]"),
        ("/map/k/1", "2", "2"),
        ("/map/l", "l", "x"),
        ("/block", "block", "|\r\n  one\r\n  two"),
        ("/last", "last", "plain text"),
        ("/last/deeper/0", "last", "plain text"),
    ] {
        assert_eq!(source.slice(document.span(pointer)), value, "{pointer}");
        assert_eq!(source.slice(document.key_span(pointer)), key, "{pointer}");
    }
    assert_eq!(
        source.slice(document.span("/missing")),
        source.slice(document.span(""))
    );
}

#[test]
fn a_part_of_a_scalar_has_a_place() {
    let text = "a: \"12Q\"\nb: '10.0.0.1/40'\nc: 5X\nd: \"1\\x51\"\n";
    let source = Source::new("test.yaml", text);
    let document = clean(text);
    for (pointer, part, under) in [
        ("/a", 2..3, "Q"),
        ("/b", 8..11, "/40"),
        ("/c", 1..2, "X"),
        ("/d", 1..2, "\"1\\x51\""),
        ("/a", 0..99, "\"12Q\""),
    ] {
        assert_eq!(source.slice(document.part_span(pointer, part)), under);
    }
}

#[test]
fn values_are_what_yaml_says() {
    let text = "a: &x [1, 0x1f, 0o3, -2.5, ~, 'on', \"t\\tb\"]\nb: *x\n\"c d\": >\n  one\n  two\ne: {}\n'true': TRUE\n";
    let list = json!([1, 31, 3, -2.5, null, "on", "t\tb"]);
    assert_eq!(
        clean(text).to_json(),
        json!({"a": list, "b": list, "c d": "one two\n", "e": {}, "true": true})
    );
}

#[test]
fn what_yaml_has_and_a_policy_has_not() {
    one("a: 1\nb: 2\na: 3\n", "duplicate-key", "a");
    one("a: 1\n'a': 3\n", "duplicate-key", "'a'");
    one("b: {a: 1}\na:\n  <<: {x: 1}\n", "merge-key", "<<");
    one("a: !env HOME\n", "yaml-tag", "!env");
    one("a: !!str 1\n", "yaml-tag", "!!str");
    one("a: !x {b: 1}\n", "yaml-tag", "!x");
    one("a: &b !x [1]\n", "yaml-tag", "!x");
    one("a: 1\n---\nb: 2\n", "several-documents", "---");
    one(
        "a: 1\n...\n%YAML 1.2\n---\nb: 2\n",
        "several-documents",
        "%YAML 1.2",
    );
    one("%YAML 1.1\n---\na: 1\n", "yaml-directive", "%YAML 1.1");
    one("[a]: 1\n", "key-not-text", "[a]");
    one("? {a: 1}\n: 1\n", "key-not-text", "{a: 1}");
    one("x: &k 1\n*k : 1\n", "key-not-text", "*k");
    one("1: a\n", "key-not-text", "1");
    one("~: a\n", "key-not-text", "~");
    one("a: *b\n", "undefined-alias", "*b");
    one("a: [*.b.org:443, c]\n", "yaml-syntax", "*.b.org:443");
    one("a:\n- *\n", "yaml-syntax", "*");
    one("a: &b [*b]\n", "recursive-alias", "*b");
    one("a: &b 1\nc: &b 2\nd: *b\n", "duplicate-anchor", "&b 2");
    assert_eq!(
        clean("&k a: 1\nb: *k\n").to_json(),
        json!({"a": 1, "b": "a"})
    );
}

#[test]
fn empty_texts() {
    for text in ["# nothing\n", "\n\n", "---\n", "---\n...\n", " "] {
        one(text, "empty-document", "");
    }
    assert_eq!(clean("''").to_json(), json!(""));
}

#[test]
fn ambiguous_scalars_are_underlined() {
    for text in ["on", "no", "0777", "0b11", "1_000", ".inf", ".nan", "1:30"] {
        one(&format!("a: {text} # c\n"), "ambiguous-scalar", text);
        one(&format!("{text}: a\n"), "ambiguous-scalar", text);
        clean(&format!("a: \"{text}\"\n"));
    }
    one(
        "a: 18446744073709551616\n",
        "number-too-large",
        "18446744073709551616",
    );
}

#[test]
fn hidden_characters_are_found() {
    one("a: x\u{202e}y\n", "invisible-character", "\u{202e}");
    one(
        "# \u{2066}\u{2067}\na: b\n",
        "invisible-character",
        "\u{2066}\u{2067}",
    );
    one("a: x\u{200b}\n", "invisible-character", "\u{200b}");
    one("a: \u{feff}x\n", "invisible-character", "\u{feff}");
    one("a: x\0y\n", "control-character", "\0");
    one("a: \u{85}x\n", "control-character", "\u{85}");
    one("a: \u{9b}31m\n", "control-character", "\u{9b}");
    one("a: \u{2028}x\n", "control-character", "\u{2028}");
    one("a: x\rb: z\n", "carriage-return", "\r");
    one("a: \"x\\0y\"\n", "control-character", "\"x\\0y\"");
    one("a: \"x\\u202ey\"\n", "invisible-character", "\"x\\u202ey\"");
    one("a: \"x\\ry\"\n", "carriage-return", "\"x\\ry\"");
    assert_eq!(clean("a: \"x\\ty\\n\"\n").to_json(), json!({"a": "x\ty\n"}));
}

#[test]
fn encodings_and_line_ends() {
    one("\u{feff}a: 1\nb: {c: 2}\n", "byte-order-mark", "\u{feff}");
    one("a: 1\r\nb: 2\r\n", "windows-line-endings", "\r\n");
    for (bytes, at) in [
        (&b"a: 1\nb: \xff\n"[..], (2, 4)),
        (b"\xff\xfea\0", (1, 1)),
        (b"a: \xc3", (1, 4)),
        (
            "é: x\u{10ffff}"
                .as_bytes()
                .split_last()
                .expect("not empty")
                .1,
            (1, 5),
        ),
    ] {
        let mut sink = Sink::new();
        let source = decode("test.yaml", bytes.to_vec(), &mut sink);
        let found = sink.into_sorted();
        let first = found.first().expect("a finding");
        let position = source.position(first.span.start);
        assert_eq!(
            (first.code, position.line, position.column),
            ("invalid-utf8", at.0, at.1)
        );
    }
}

#[test]
fn tabs() {
    one("a:\n\tb: 1\n", "tab-indentation", "\t");
    one("a:\n  \t\tb: 1\n", "tab-indentation", "\t\t");
    one("a: 1\n\t\nb: 2\n", "tab-indentation", "\t");
    clean("a: 1\t# c\nb: |\n  x\n  \ty\nc: \"x\n\t y\"\n");
}

#[test]
fn syntax_errors_have_places() {
    for (text, at) in [
        ("a: b: c\n", 4),
        ("a: [1, 2\nb: 3\n", 10),
        ("a: 'x\n", 6),
        ("a: 1\n b: 2\n", 7),
        ("a: @x\n", 3),
        ("a: \"\\q\"\n", 4),
        ("a: 日本: x\n", 9),
    ] {
        let source = Source::new("test.yaml", text);
        let mut sink = Sink::new();
        assert!(parse(&source, &mut sink).is_none(), "{text}");
        let found = sink.into_sorted();
        let place: Vec<_> = found.iter().map(|one| (one.code, one.span.start)).collect();
        assert_eq!(place, [("yaml-syntax", at)], "{text}: {found:?}");
    }
}

#[test]
fn everything_before_a_syntax_error_is_reported() {
    let found = found("a: on\na: 2\nb: [\n");
    let codes: Vec<_> = found.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, ["ambiguous-scalar", "duplicate-key", "yaml-syntax"]);
}

fn quickly<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = cpu_time();
    let result = work();
    let taken = cpu_time().saturating_sub(start);
    // The texts below take minutes where a cap is missing.
    assert!(taken < Duration::from_secs(10), "{what}: {taken:?}");
    result
}

#[test]
fn hostile_texts_are_refused_quickly() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let aliases = format!("*a{}, ", level - 1).repeat(9);
        assert!(writeln!(bomb, "a{level}: &a{level} [{aliases}]").is_ok());
    }
    let mut nested = String::from("a0: &a0 [x]\n");
    for level in 1..100 {
        assert!(writeln!(nested, "a{level}: &a{level} [*a{}]", level - 1).is_ok());
    }
    let keys: String = (0..60_000).fold(String::new(), |all, at| all + &format!("k{at}: 1\n"));
    let anchors: String = (0..60_000).fold(String::new(), |all, at| all + &format!("- &k{at} 1\n"));
    for (text, code) in [
        ("[".repeat(1 << 20), "too-deep"),
        ("{".repeat(1 << 20), "too-deep"),
        ("- ".repeat(1 << 19), "too-deep"),
        ("? ".repeat(1 << 19), "too-deep"),
        ("[\n".repeat(1 << 19), "too-deep"),
        (
            format!("{}{}", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1)),
            "too-deep",
        ),
        (bomb, "too-many-values"),
        (nested, "too-deep"),
        (
            format!("a: [{}]", "x,".repeat(MAX_NODES + 1)),
            "too-many-values",
        ),
        ("x".repeat((1 << 20) + 1), "input-too-large"),
        ("\0".repeat(1 << 20), "control-character"),
        ("a\u{202e}".repeat(1 << 18), "invisible-character"),
        ("\t\n".repeat(1 << 19), "tab-indentation"),
        ("%TAG !a! b\n".repeat(90_000), "yaml-directive"),
        (
            format!("a: 1\n...\n{}", "%TAG !a! b\n".repeat(90_000)),
            "several-documents",
        ),
        ("---\n".repeat(1 << 18), "several-documents"),
        (format!("{keys}k1: 2\n"), "duplicate-key"),
        ("a: 1\n".repeat(1 << 17), "duplicate-key"),
        (format!("{anchors}- *none\n"), "undefined-alias"),
        ("&a ".repeat(1 << 18), "yaml-syntax"),
        ("!".repeat(1 << 20), "yaml-tag"),
        ("\"".repeat((1 << 20) - 1), "yaml-syntax"),
        ("*".repeat(1 << 20), "yaml-syntax"),
        ("a: b: ".repeat(1 << 17), "yaml-syntax"),
    ] {
        let start: String = text.chars().take(12).collect();
        let codes: Vec<_> = quickly(&start, || found(&text))
            .into_iter()
            .map(|(code, _)| code)
            .collect();
        assert!(codes.contains(&code), "{start:?}: {codes:?}");
        assert!(
            codes.len() <= 4 * MAX_PER_CODE,
            "{start:?}: {}",
            codes.len()
        );
    }
    let deep = format!("{}x{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    clean(&deep);
    quickly("a long name", || {
        clean(&format!("{}: x\n", "n".repeat(1000)))
    });
    quickly("a long value", || {
        clean(&format!("a: {}\n", "n".repeat(64 << 10)))
    });
    quickly("many keys", || clean(&keys));
}

#[test]
fn offsets_are_those_of_the_file() {
    let origins = |bytes: &[u8]| -> Vec<usize> {
        let source = decode("test.yaml", bytes.to_vec(), &mut Sink::new());
        let places = source.text.char_indices().map(|(at, _)| at);
        places
            .chain([source.text.len()])
            .map(|at| source.origin(at))
            .collect()
    };
    assert_eq!(origins(b"a: b"), [0, 1, 2, 3, 4]);
    assert_eq!(origins("é: b".as_bytes()), [0, 2, 3, 4, 5]);
    assert_eq!(origins(b"a: [\xda]\r"), [0, 1, 2, 3, 4, 5, 6, 7]);
    // The bytes of one broken character have one mark.
    assert_eq!(origins(b"\xe2\x82x\xffy"), [0, 2, 3, 4, 5]);
    assert_eq!(origins(b"\xff\xfea\0\x3d\xd8\0\xde\x62\0"), [2, 4, 8, 10]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_ends_and_every_place_is_in_it(
        text in "([-a-z0-9?:,\\[\\]{}#&*!|>'\"%@`~.é日\u{202e}\u{feff} \t\r\n]|\\PC|: |- |\n  ){0,60}"
    ) {
        let source = Source::new("test.yaml", text.clone());
        let mut sink = Sink::new();
        if let Some(document) = parse(&source, &mut sink) {
            prop_assert!(source.text.get(document.span("").start..document.span("").end).is_some());
            drop(document.to_json());
        }
        for finding in sink.into_sorted() {
            prop_assert!(source.text.get(finding.span.start..finding.span.end).is_some(), "{:?}", finding);
            for related in finding.related {
                prop_assert!(source.text.get(related.span.start..related.span.end).is_some());
            }
        }
    }

    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let mut sink = Sink::new();
        let length = bytes.len();
        let source = decode("test.yaml", bytes, &mut sink);
        prop_assert!(source.origin(source.text.len()) <= length);
        drop(parse(&source, &mut sink));
        drop(crate::diagnostics::render::human(&source.into(), &sink.into_sorted()));
    }

    #[test]
    fn clean_documents_mean_what_the_oracle_says(
        text in "(a|b|c: |- |\\[1, x\\]|\\{k: v\\}|\n|\n  |'q'|\"\\\\n\"|0x1f|2.5|~|true|# c\n|: |x y|é){1,14}"
    ) {
        let (document, found) = read(&text);
        if let (Some(document), true) = (document, found.is_empty()) {
            let theirs: Result<Value, _> = serde_yaml::from_str(&text);
            if let Ok(theirs) = theirs {
                prop_assert_eq!(document.to_json(), theirs);
            }
        }
    }
}
