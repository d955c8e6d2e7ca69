//! Values as people type them.

use purplec::syscalls::Arch;

/// A value: numbers and constants, with `|` between them; or the part that is neither.
pub(super) fn parse(arch: Arch, text: &str) -> Result<u64, &str> {
    text.split('|').map(str::trim).try_fold(0, |value, part| {
        Ok(value | constant(arch, part).ok_or(part)?)
    })
}

/// Whether a part was meant as a constant's name.
pub(super) fn is_name(part: &str) -> bool {
    part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

/// One number, or one constant of an architecture.
fn constant(arch: Arch, text: &str) -> Option<u64> {
    number(text).or_else(|| purplec::syscalls::constants::constant(arch, text))
}

/// A number: decimal, `0x`, `0o` or `0b`, with a minus for what a register holds then.
pub(super) fn number(text: &str) -> Option<u64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, digits.get(2..)?),
        Some("0o" | "0O") => (8, digits.get(2..)?),
        Some("0b" | "0B") => (2, digits.get(2..)?),
        _ => (10, digits),
    };
    // The standard library would take a sign here.
    if !digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    Some(if negative {
        value.wrapping_neg()
    } else {
        value
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_every_spelling() {
        for (text, value) in [
            ("7", Some(7)),
            ("0x1F", Some(31)),
            ("0o17", Some(15)),
            ("0b101", Some(5)),
            ("-100", Some(u64::MAX - 99)),
            ("0x41|2 | 0o100", Some(0x43)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("0x", None),
            ("+1", None),
            ("--1", None),
            ("0x-1", None),
            ("1|", None),
            ("O_WRONGLY", None),
        ] {
            assert_eq!(parse(Arch::X86_64, text).ok(), value, "{text}");
        }
    }
}
