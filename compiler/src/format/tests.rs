//! What formatting does to policies, and that it never changes or loses anything.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use super::{comments_of, format};
use crate::diagnostics::Sink;
use crate::parse::parse;
use crate::source::Source;
use crate::validate::meaning;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::Path;

fn formatted(text: &str) -> Option<String> {
    let mut sink = Sink::new();
    let out = format(&Source::new("test.yaml", text), &mut sink);
    out.unwrap_or_else(|fault| panic!("{fault}:\n{text}"))
}

fn meant(text: &str) -> serde_json::Value {
    let mut sink = Sink::new();
    let document = parse(&Source::new("test.yaml", text), &mut sink).expect("the text is YAML");
    meaning(&document)
}

#[track_caller]
fn becomes(text: &str, expected: &str) {
    assert_eq!(formatted(text).as_deref(), Some(expected), "{text}");
    assert_eq!(formatted(expected).as_deref(), Some(expected), "twice");
}

#[test]
fn keys_have_the_order_of_the_schema() {
    becomes(
        "network: {isolated: true}\nname: a\nfilesystem:\n  working_dir: /x\n  zzz: 1\n  scratch_paths: [/x]\n",
        "name: a\n\nfilesystem:\n  scratch_paths: [/x]\n  working_dir: /x\n  zzz: 1\n\nnetwork: {isolated: true}\n",
    );
    becomes(
        "environment:\n  set:\n    B: x\n    A: z\n",
        "environment:\n  set:\n    B: x\n    A: z\n",
    );
}

#[test]
fn older_spellings_get_their_preferred_names() {
    becomes(
        "resources: {timeout: 5, memory_limit: 1G}\n",
        "resources: {memory_limit_bytes: 1G, session_timeout_seconds: 5}\n",
    );
    becomes(
        "syscalls:\n  advanced_rules:\n  - {syscall: a, action: deny, conditions: [{arg: 0, op: lte, value: 1}]}\n",
        "syscalls:\n  advanced_rules:\n    - {syscall: a, action: deny, conditions: [{arg: 0, op: le, value: 1}]}\n",
    );
    // Both at once are an error that is not hidden.
    becomes(
        "resources: {timeout: 5, session_timeout_seconds: 6}\n",
        "resources: {session_timeout_seconds: 6, timeout: 5}\n",
    );
    // The word is renamed where it is an operator, not where it is something else.
    becomes("network: {timeout: 5}\nname: neq\n", "name: neq\nnetwork: {timeout: 5}\n");
}

#[test]
fn quotes_stand_where_they_are_needed() {
    becomes(
        "name: \"a\"\ndescription: 'it''s: \"x\"'\nsyscalls: {allow: ['read', \"0777\", 'on', \"a, b\", '443', \".\"]}\nenvironment: {set: {'A': \"1\", B: 'x y', \"no\": '2027-01-01', E: 2027-01-01}}\n",
        "name: a\ndescription: 'it''s: \"x\"'\nsyscalls: {allow: [read, \"0777\", \"on\", \"a, b\", \"443\", \".\"]}\nenvironment: {set: {A: \"1\", B: x y, \"no\": 2027-01-01, E: 2027-01-01}}\n",
    );
    becomes(
        "environment:\n  set:\n    A: \"2027-01-01\"\n    B: 2027-01-01\n    C: 0x1F\n    D: True\n",
        "environment:\n  set:\n    A: \"2027-01-01\"\n    B: 2027-01-01\n    C: 0x1F\n    D: true\n",
    );
}

#[test]
fn comments_stay_with_what_they_belong_to() {
    becomes(
        "# about the file\n\n# about the network\nnetwork:   # here\n  # first\n  isolated: true # why\n  # last of the network\n# about the name\nname: a\n# the end\n",
        "# about the file\n\n# about the name\nname: a\n\n# about the network\nnetwork:  # here\n  # first\n  isolated: true  # why\n  # last of the network\n# the end\n",
    );
    becomes(
        "syscalls:\n  allow: [read, # a\n    # b\n    write # c\n    # d\n  ] # e\n",
        "syscalls:\n  allow:  # e\n    - read  # a\n    # b\n    - write  # c\n    # d\n",
    );
    becomes(
        "filesystem:\n  immutable_paths:\n  - # dash\n    # above\n    sandbox_path: /a\n    host_path: /b\n",
        "filesystem:\n  immutable_paths:\n    # dash\n    - host_path: /b\n      # above\n      sandbox_path: /a\n",
    );
    becomes("name:\n  # between\n  a\n", "# between\nname: a\n");
    becomes(
        "description: |  # head\n  text\n# after\nname: a\n",
        "# after\nname: a\n\ndescription: |  # head\n  text\n",
    );
}

#[test]
fn the_line_for_editors_stays_on_top() {
    let line = "# yaml-language-server: $schema=x.json";
    becomes(
        &format!("{line}\n# about audit\naudit: {{}}\nname: a\n"),
        &format!("{line}\nname: a\n# about audit\naudit: {{}}\n"),
    );
}

#[test]
fn a_suppression_stays_on_its_line() {
    let names = "reboot, ".repeat(20);
    let text =
        format!("syscalls:\n  allow: [{names}bpf]  # purple: allow[baseline-opened] tracing\n");
    becomes(&text, &text);
    let below = "syscalls:\n  allow:\n    # purple: allow[baseline-opened] tracing\n    - bpf\n    - read  # purple: allow[x] y\n";
    becomes(below, below);
}

#[test]
fn anchors_and_aliases_are_kept() {
    becomes(
        "filesystem:\n  output_paths:\n  - &out\n    sandbox_path: /o\n    host_path: ./o\n  immutable_paths: [*out]\n",
        // An alias cannot come first: the order stays.
        "filesystem:\n  output_paths:\n    - &out\n      sandbox_path: /o\n      host_path: ./o\n  immutable_paths: [*out]\n",
    );
    becomes(
        "syscalls:\n  deny: &d   [a]\n  &k allow: *d\n",
        "syscalls:\n  deny: &d [a]\n  &k allow: *d\n",
    );
    becomes(
        "environment: {set: {A: &x '1', B: *x }}\n",
        "environment: {set: {A: &x \"1\", B: *x}}\n",
    );
}

#[test]
fn texts_of_several_lines() {
    becomes("description: one\n  two # c\nname: a\n", "name: a\n\ndescription: one\n  two  # c\n");
    becomes(
        "description: one\n   two\n   three\nname: a\n",
        "name: a\n\ndescription: one\n  two\n  three\n",
    );
    becomes("description: \"one\n   two\"\nname: a\n", "name: a\ndescription: one two\n");
    becomes(
        "description: >-\n      one\n      two\n\nname: a\n",
        "name: a\n\ndescription: >-\n  one\n  two\n",
    );
    becomes("description: |+\n  one\n\nname: a\n", "name: a\ndescription: \"one\\n\\n\"\n");
}

#[test]
fn other_shapes() {
    becomes("{name: a, audit: {}}\n", "name: a\naudit: {}\n");
    becomes("--- # c\nname: a\n...\n# d\n", "# c\nname: a\n# d\n");
    becomes(
        "\u{feff}name: a\r\naudit:\r\n  enabled:   true\r\n",
        "name: a\n\naudit:\n  enabled: true\n",
    );
    becomes("a: {b, c: }\n", "a: {b: null, c: null}\n");
    becomes("a:\n- - x\n  - w\n-\n- - - z\n", "a:\n  - - x\n    - w\n  -\n  - - - z\n");
    becomes("[a,b]\n", "- a\n- b\n");
    becomes("? a\n: b\n", "a: b\n");
    becomes("[]\n", "[]\n");
    becomes("[ # c\n]\n", "# c\n[]\n");
    becomes("&x # c\n# d\n\n- a\n", "# c\n# d\n\n- a\n");
    for text in ["a: [", "name: a\nname: b\n", "a: !x y\n", "# only\n", "a: on\n"] {
        assert_eq!(formatted(text), None, "{text}");
    }
}

/// The policies that there are: the profiles, those that people wrote, and the cases of the tests.
fn policies() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a root");
    let mut found = Vec::new();
    for folder in ["policies", "tests/spec/corpus", "tests/spec/cases"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if let Ok(text) = std::fs::read_to_string(&path) {
                found.push((path.to_string_lossy().into_owned(), text));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_policy_that_can_be_read_is_formatted() {
    let mut count = 0;
    for (name, text) in policies() {
        let Some(out) = formatted(&text) else { continue };
        count += 1;
        assert_eq!(meant(&out), meant(&text), "{name}");
        assert_eq!(comments_of(&out), comments_of(&text), "{name}");
        assert_eq!(formatted(&out), Some(out), "{name}");
    }
    assert!(count > 60, "{count}");
}

#[test]
fn the_shipped_profiles_are_formatted() {
    let shipped = policies().into_iter().filter(|(name, _)| name.contains("/policies/"));
    let mut count = 0;
    for (name, text) in shipped {
        assert!(text.starts_with("# yaml-language-server: $schema="), "{name}");
        assert_eq!(formatted(&text), Some(text), "{name}: run `purplec fmt`");
        count += 1;
    }
    assert!(count > 0);
}

/// Writes a policy in every way that YAML has, with comments everywhere, as bytes choose.
struct Writer<'c> {
    choices: std::slice::Iter<'c, u8>,
    out: String,
    comments: usize,
    anchors: usize,
    names: usize,
}

impl Writer<'_> {
    fn choose(&mut self, of: u8) -> u8 {
        self.choices.next().map_or(0, |choice| choice % of)
    }

    fn comment(&mut self) -> String {
        self.comments += 1;
        format!("# c{}{}", self.comments, if self.comments % 5 == 0 { " x: [#'\"" } else { "" })
    }

    /// Lines between two entries.
    fn between(&mut self, indent: usize) {
        match self.choose(9) {
            0 => self.out.push('\n'),
            1 | 2 => {
                let comment = self.comment();
                let column = match self.choose(3) {
                    0 => indent,
                    1 => usize::from(self.choose(9)),
                    _ => indent + 2,
                };
                writeln!(self.out, "{}{comment}", " ".repeat(column)).expect("a string");
                self.between(indent);
            }
            _ => {}
        }
    }

    fn line_end(&mut self) {
        if self.choose(4) == 1 {
            let comment = self.comment();
            write!(self.out, "  {comment}").expect("a string");
        }
        self.out.push('\n');
    }

    fn scalar(&mut self) -> String {
        let plain = ["a", "/usr", "1", "0x1f", "true", "two words", "a#b", "x:y", "~", "neq", "."];
        let quoted = ["'it''s'", "\"a # b\"", "'0777'", "\"tab\\t\"", "''", "'a: b'", "\"on\""];
        let choice = usize::from(self.choose(18));
        plain.iter().chain(&quoted).nth(choice).copied().unwrap_or("a").to_owned()
    }

    fn anchor(&mut self) -> String {
        if self.choose(6) == 1 {
            self.anchors += 1;
            return format!("&n{} ", self.anchors);
        }
        String::new()
    }

    fn key(&mut self) -> String {
        const KNOWN: [&str; 12] = [
            "network",
            "name",
            "syscalls",
            "resources",
            "timeout",
            "isolated",
            "allow",
            "filesystem",
            "immutable_paths",
            "host_path",
            "op",
            "memory_limit",
        ];
        self.names += 1;
        let known = KNOWN.get(usize::from(self.choose(24))).copied();
        known.map_or_else(|| format!("k{}", self.names), str::to_owned)
    }

    fn flow(&mut self, depth: usize) -> String {
        let gap = |writer: &mut Self| match writer.choose(8) {
            1 => format!(" {}\n      ", writer.comment()),
            2 => format!("\n      {}\n      ", writer.comment()),
            3 => "\n      ".to_owned(),
            _ => " ".to_owned(),
        };
        match if depth > 3 { 9 } else { self.choose(10) } {
            0..=2 => {
                let mut out = format!("[{}", gap(self));
                for _ in 0..self.choose(4) {
                    write!(out, "{},{}", self.flow(depth + 1), gap(self)).expect("a string");
                }
                out + "]"
            }
            3 | 4 => {
                let mut out = format!("{{{}", gap(self));
                let mut seen = Vec::new();
                for _ in 0..self.choose(4) {
                    let key = self.key();
                    if seen.contains(&key) {
                        continue;
                    }
                    let value = self.flow(depth + 1);
                    write!(out, "{key}: {value}{}, {}", gap(self), gap(self)).expect("a string");
                    seen.push(key);
                }
                out + "}"
            }
            5 if self.anchors > 0 => {
                format!("*n{} ", 1 + usize::from(self.choose(3)) % self.anchors)
            }
            _ => self.scalar(),
        }
    }

    fn block(&mut self, indent: usize, depth: usize) {
        let pad = " ".repeat(indent);
        let list = depth > 0 && self.choose(3) == 0;
        let mut seen = Vec::new();
        for number in 0..=self.choose(5) {
            if depth > 0 || number > 0 || self.choose(2) == 0 {
                self.between(indent);
            }
            let start = if list {
                "-".to_owned()
            } else {
                let key = self.key();
                if seen.contains(&key) {
                    continue;
                }
                seen.push(key.clone());
                format!("{key}:")
            };
            self.out.push_str(&pad);
            self.out.push_str(&start);
            self.value(indent, depth);
        }
        if seen.is_empty() && !list {
            writeln!(self.out, "{pad}last: 1").expect("a string");
        }
        self.between(indent);
    }

    fn value(&mut self, indent: usize, depth: usize) {
        let inner = indent + 2;
        let pad = " ".repeat(inner);
        match if depth > 3 { 9 } else { self.choose(12) } {
            0..=3 => {
                let anchor = self.anchor();
                write!(self.out, " {anchor}").expect("a string");
                self.line_end();
                let further = usize::from(self.choose(2));
                self.block(inner + further, depth + 1);
            }
            4 => {
                let header = ["|", ">", "|-", ">-", "|+"][usize::from(self.choose(5))];
                write!(self.out, " {header}").expect("a string");
                self.line_end();
                writeln!(self.out, "{pad}text # no comment\n\n{pad}  more\n{pad}end")
                    .expect("a string");
            }
            5 => {
                write!(self.out, " several\n{pad}lines").expect("a string");
                self.line_end();
            }
            6 => {
                let comment = self.comment();
                let anchor = self.anchor();
                writeln!(self.out, " {anchor}{comment}\n{pad}{comment}b\n{pad}under")
                    .expect("a string");
            }
            7 => self.line_end(),
            _ => {
                let anchor = self.anchor();
                let mut flow = self.flow(0);
                // An alias has no anchor.
                let anchor = if flow.starts_with('*') { "" } else { anchor.as_str() };
                flow.insert_str(0, anchor);
                write!(self.out, " {flow}").expect("a string");
                self.line_end();
            }
        }
    }
}

fn random(choices: &[u8]) -> String {
    let mut writer =
        Writer { choices: choices.iter(), out: String::new(), comments: 0, anchors: 0, names: 0 };
    writer.block(0, 0);
    writer.out
}

#[test]
fn the_random_texts_are_policies_of_every_shape() {
    let (mut read, mut comments) = (0, 0);
    for seed in 0..200_u32 {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let choices: Vec<u8> = (0..300)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state.to_le_bytes()[1]
            })
            .collect();
        let text = random(&choices);
        if formatted(&text).is_some() {
            read += 1;
            comments += comments_of(&text).len();
        }
    }
    assert!(read > 100 && comments > 500, "{read} of 200 can be read, {comments} comments");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// `format` itself compares meaning and comments and formats twice: a fault is a failure here.
    #[test]
    fn nothing_is_lost_and_nothing_changes(choices in prop::collection::vec(any::<u8>(), 0..400)) {
        let text = random(&choices);
        if let Some(out) = formatted(&text) {
            prop_assert_eq!(meant(&out), meant(&text), "{}", text);
            prop_assert_eq!(comments_of(&out), comments_of(&text), "{}", text);
            let ends_well = out.ends_with('\n') && !out.ends_with("\n\n");
            prop_assert!(ends_well && !out.contains("\n\n\n") && !out.contains(" \n"), "{}", out);
        }
    }

    /// The same for real policies into which comments and other pieces are put anywhere.
    #[test]
    fn real_policies_with_pieces_put_in(
        which in any::<prop::sample::Index>(),
        pieces in prop::collection::vec((any::<prop::sample::Index>(), 0..8_usize), 0..6),
    ) {
        let all = policies();
        let (_, text) = &all[which.index(all.len())];
        let mut text = text.clone();
        for (place, piece) in pieces {
            let piece = ["\n# c\n", "  # c\n", "\n\n", " ", "\n    # c\n", "[a]", "&x ", "\n- "][piece];
            let at = text.floor_char_boundary(place.index(text.len() + 1));
            text.insert_str(at, piece);
        }
        formatted(&text);
    }
}
