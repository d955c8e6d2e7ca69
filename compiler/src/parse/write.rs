//! Text as it is written in a policy, so that every reader of YAML takes it for that text.

use super::events::Style;
use super::scalar::{ambiguity, resolve};
use crate::diagnostics::is_hidden;
use std::fmt::Write as _;

/// Text as one line of YAML that may stand anywhere, in brackets too: as it is where that is
/// enough, in quotes otherwise.
pub fn written(text: &str) -> String {
    if needs_quotes(text) || text.contains([',', '[', ']', '{', '}', ':']) {
        quoted(text)
    } else {
        text.to_owned()
    }
}

/// Whether text without quotes would be read as something else, or by some readers only, or not at
/// all. In brackets and braces, `,`, `:`, brackets and braces need them too.
pub(crate) fn needs_quotes(text: &str) -> bool {
    let not_text = || !resolve(text, Style::Plain).is_string() || ambiguity(text).is_some();
    let indicator = |first: char| "-?:,[]{}#&*!|>'\"%@`=<~".contains(first);
    text.is_empty()
        || text.starts_with(indicator)
        // A fraction without digits to YAML 1.1.
        || text == "."
        || text.starts_with("...")
        || text.ends_with(':')
        || [": ", " #", ":\t"].iter().any(|inner| text.contains(inner))
        || text.trim() != text
        || text.chars().any(|character| character == '\n' || character == '\t')
        || text.chars().any(is_hidden)
        || not_text()
}

/// Text in double quotes; in single ones where that saves every escape.
pub(crate) fn quoted(text: &str) -> String {
    let printable = !text
        .chars()
        .any(|character| is_hidden(character) || character.is_control());
    if printable && !text.contains(['"', '\\']) {
        return format!("\"{text}\"");
    }
    if printable {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ if is_hidden(character) || character.is_control() => {
                // Writing to a string cannot fail.
                if write!(out, "\\U{:08X}", u32::from(character)).is_err() {
                    out.push('?');
                }
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Sink;
    use crate::parse::parse;
    use crate::source::Source;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<serde_json::Value> {
        let mut sink = Sink::new();
        let document = parse(&Source::new("t", text), &mut sink)?;
        (!sink.has_errors()).then(|| document.to_json())
    }

    #[test]
    fn what_reads_otherwise_gets_quotes() {
        for text in [
            "", "1", "1.5", "0x1f", "true", "null", "~", "on", "no", "0777", "1_000", "1:30", ".",
            "a: b", "a #b", "- a", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", "'a", "\"a", " a",
            "a ", "a:", "<<", "=", "---", "...", ".inf", "{a}", "[a]",
        ] {
            assert!(needs_quotes(text), "{text:?}");
        }
        for text in [
            "a", "read", "/usr/bin", "./out", "1.1.1.1", "a b", "a's", "a:b", "a#b", "é",
        ] {
            assert!(!needs_quotes(text), "{text:?}");
        }
        assert_eq!(written("a\"b\\c"), "a\"b\\c");
        assert_eq!(quoted("a\"b's"), "'a\"b''s'");
        assert_eq!(quoted("a\n\u{1}"), "\"a\\n\\U00000001\"");
    }

    proptest! {
        /// What is written is what is read, in block and in brackets.
        #[test]
        fn is_read_back(text in r#"[ -~é\n]{0,12}|[-:#,\[\]{}&*!|>'"%@ a0.]{0,6}"#) {
            let in_brackets = format!("k: [{}]\n", written(&text));
            prop_assert_eq!(read(&in_brackets), Some(serde_json::json!({"k": [text]})));
            let alone = if needs_quotes(&text) { quoted(&text) } else { text.clone() };
            let in_block = format!("k: {alone}\n");
            prop_assert_eq!(read(&in_block), Some(serde_json::json!({"k": text})));
            let as_key = format!("{}: 1\n", written(&text));
            prop_assert_eq!(read(&as_key), Some(serde_json::json!({text: 1})));
        }
    }
}
