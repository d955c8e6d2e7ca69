//! What a plain scalar means: YAML 1.2's core schema, and the spellings that other readers take
//! otherwise.

use super::events::Style;
use serde_json::{Number, Value};

/// The value of a scalar. A quoted or block scalar is text; a plain one may be more.
pub fn resolve(text: &str, style: Style) -> Value {
    if style != Style::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    if leading_zero(text) {
        return Value::String(text.to_owned());
    }
    integer(text)
        .map(Value::Number)
        .or_else(|| float(text).map(Value::Number))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Why a plain scalar is not accepted as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ambiguity {
    /// `on`, `yes`, ...: true or false to YAML 1.1 readers, text to YAML 1.2 readers.
    Truth(bool),
    /// `0777`: 511 to YAML 1.1 readers, text to YAML 1.2 readers.
    LeadingZero,
    /// `0b11`: 3 to some readers.
    Binary,
    /// `1_000`: 1000 to YAML 1.1 readers.
    Underscore,
    /// `.inf`, `.nan`: no policy value is infinite.
    NotFinite,
    /// `1:30`: 90 to YAML 1.1 readers.
    Sexagesimal,
    /// An integer beyond 64 bits, which readers round or wrap.
    TooLarge,
}

/// Whether readers of YAML disagree about a plain scalar.
pub(super) fn ambiguity(text: &str) -> Option<Ambiguity> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return Some(Ambiguity::Truth(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return Some(Ambiguity::Truth(false));
        }
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(
        unsigned,
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN"
    ) {
        return Some(Ambiguity::NotFinite);
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    if leading_zero(text) {
        return Some(Ambiguity::LeadingZero);
    }
    let all = |part: &str, allowed: fn(&u8) -> bool| {
        !part.is_empty() && part.as_bytes().iter().all(allowed)
    };
    if let Some(digits) = unsigned.strip_prefix("0b") {
        return all(digits, |b| matches!(b, b'0' | b'1' | b'_')).then_some(Ambiguity::Binary);
    }
    let plain_digits = |part: &str| all(part, u8::is_ascii_digit);
    if let Some((first, rest)) = unsigned.split_once(':') {
        let (rest, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
        let sixties = rest
            .split(':')
            .all(|part| part.len() <= 2 && plain_digits(part));
        let sexagesimal = sixties && plain_digits(first) && all(fraction, u8::is_ascii_digit);
        return sexagesimal.then_some(Ambiguity::Sexagesimal);
    }
    let joined = unsigned.replace('_', "");
    if joined.len() != unsigned.len() && (is_number(&joined) || leading_zero(&joined)) {
        return Some(Ambiguity::Underscore);
    }
    if integer(text).is_none() && is_integer(unsigned) {
        return Some(Ambiguity::TooLarge);
    }
    None
}

/// Whether a text can be written without quotes anywhere and is read as the same text: one word of
/// the letters, digits and signs that mean nothing to YAML.
pub(crate) fn is_plain_text(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric() || matches!(first, '/' | '.'))
        && text
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "/._-+".contains(one))
        && ambiguity(text).is_none()
        && resolve(text, Style::Plain).is_string()
}

/// `0777`: digits only, the first of several a zero.
fn leading_zero(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    is_integer(text) || float(text).is_some()
}

fn is_integer(unsigned: &str) -> bool {
    let (digits, radix) = radix(unsigned);
    !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix))
}

fn radix(unsigned: &str) -> (&str, u32) {
    [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| unsigned.strip_prefix(prefix).map(|rest| (rest, radix)))
        .unwrap_or((unsigned, 10))
}

/// A 64-bit integer: decimal, `0x`, `0o` or `0b`, with an optional sign.
fn integer(text: &str) -> Option<Number> {
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !is_integer(unsigned) {
        return None;
    }
    let (digits, radix) = radix(unsigned);
    if negative {
        i64::from_str_radix(&format!("-{digits}"), radix)
            .ok()
            .map(Number::from)
    } else {
        u64::from_str_radix(digits, radix).ok().map(Number::from)
    }
}

/// A finite decimal fraction or power.
fn float(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if text.starts_with("+-") || text.starts_with("++") {
        return None;
    }
    unsigned.parse::<f64>().ok().and_then(Number::from_f64)
}

#[cfg(test)]
#[path = "scalar_tests.rs"]
mod tests;
