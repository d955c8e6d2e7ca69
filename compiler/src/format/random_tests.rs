//! Random policies with comments everywhere: formatting them loses nothing and changes nothing.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it relies on"
)]

use super::comments_of;
use super::tests::{formatted, meant, policies};
use proptest::prelude::*;
use std::fmt::Write as _;

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
        format!(
            "# c{}{}",
            self.comments,
            if self.comments.is_multiple_of(5) {
                " x: [#'\""
            } else {
                ""
            }
        )
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
        let plain = [
            "a",
            "/usr",
            "1",
            "0x1f",
            "true",
            "two words",
            "a#b",
            "x:y",
            "~",
            "neq",
            ".",
        ];
        let quoted = [
            "'it''s'",
            "\"a # b\"",
            "'0777'",
            "\"tab\\t\"",
            "''",
            "'a: b'",
            "\"on\"",
        ];
        let choice = usize::from(self.choose(18));
        plain
            .iter()
            .chain(&quoted)
            .nth(choice)
            .copied()
            .unwrap_or("a")
            .to_owned()
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
                let header = ["|", ">", "|-", ">-", "|+", ">+", "|2-"][usize::from(self.choose(7))];
                let anchor = self.anchor();
                write!(self.out, " {anchor}{header}").expect("a string");
                self.line_end();
                let pad = if header == "|2-" {
                    " ".repeat(indent + 2)
                } else {
                    pad
                };
                let lines = [
                    format!("{pad}text # no comment\n\n{pad}  more\n{pad}end"),
                    format!("{pad}word"),
                    format!("{pad}true"),
                    format!("\n{pad}2027-01-31"),
                ];
                let lines = &lines[usize::from(self.choose(4))];
                writeln!(self.out, "{lines}").expect("a string");
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
                let anchor = if flow.starts_with('*') {
                    ""
                } else {
                    anchor.as_str()
                };
                flow.insert_str(0, anchor);
                write!(self.out, " {flow}").expect("a string");
                self.line_end();
            }
        }
    }
}

fn random(choices: &[u8]) -> String {
    let mut writer = Writer {
        choices: choices.iter(),
        out: String::new(),
        comments: 0,
        anchors: 0,
        names: 0,
    };
    writer.block(0, 0);
    // A file may end without a line feed.
    let end = writer.out.trim_end_matches('\n').len();
    if writer.choose(4) == 1 {
        writer.out.truncate(end);
    }
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
    assert!(
        read > 100 && comments > 500,
        "{read} of 200 can be read, {comments} comments"
    );
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
