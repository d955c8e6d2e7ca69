//! What is read, and where an error points.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::{FaultKind, parse};

/// The tree as text: parentheses show what was taken together.
fn shown(text: &str) -> String {
    parse(text).unwrap().to_string()
}

#[test]
fn what_is_taken_together() {
    for (text, expected) in [
        (
            "flags & O_ACCMODE == O_RDONLY",
            "flags & O_ACCMODE == O_RDONLY",
        ),
        ("flags&O_ACCMODE==O_RDONLY", "flags & O_ACCMODE == O_RDONLY"),
        (
            "domain in {AF_UNIX, AF_INET}",
            "domain in {AF_UNIX, AF_INET}",
        ),
        ("domain not in { 1 , 2 }", "domain not in {1, 2}"),
        ("cmd != TIOCSTI", "cmd != TIOCSTI"),
        ("a == 1 and b == 2 or c == 3", "a == 1 && b == 2 || c == 3"),
        (
            "a == 1 && (b == 2 || c == 3)",
            "a == 1 && (b == 2 || c == 3)",
        ),
        ("not a == 1", "!(a == 1)"),
        ("!a & X", "!(a & X)"),
        ("not not a == 1", "a == 1"),
        ("!(a == 1 or b == 2)", "!(a == 1 || b == 2)"),
        ("flags & (A|B) == A", "flags & (A|B) == A"),
        ("flags & A|B == A", "flags & A|B == A"),
        ("(flags & X) == 0", "flags & X == 0"),
        ("mode == S_ISUID | S_ISGID", "mode == S_ISUID|S_ISGID"),
        ("fd == -100", "fd == -0x64"),
        ("flags & ~(A|B) == 0", "flags & ~(A|B) == 0"),
        (
            "a == 0x1F || a == 0o17 || a == 0b11",
            "a == 0x1f || a == 0xf || a == 3",
        ),
        ("order == 1", "order == 1"),
        ("inode == 1 and android == 2", "inode == 1 && android == 2"),
        ("a\n  == 1", "a == 1"),
        ("((((a == 1))))", "a == 1"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
        assert_eq!(shown(expected), expected, "{text}");
    }
}

#[test]
fn errors_point_inside_the_text() {
    for (text, under, message) in [
        ("", "", "the condition is empty"),
        ("   ", "   ", "the condition is empty"),
        ("flags ==", "==", "something is missing after `==`"),
        ("flags & ", "&", "something is missing after `&`"),
        ("a == 1 and", "and", "something is missing after `and`"),
        ("a = 1", "=", "`=` does not compare"),
        ("a === 1", "=", "`=` does not belong here"),
        ("(a == 1", "(", "`(` is not closed"),
        ("a in {1, 2", "{", "`{` is not closed"),
        ("a == 1)", ")", "`)` does not belong here"),
        ("a in [1, 2]", "[", "`[` does not belong here"),
        ("a in {}", "{}", "the set is empty"),
        ("a == 1 b == 2", "b", "`b` does not belong here"),
        ("a == 1 AND b == 2", "AND", "`AND` does not belong here"),
        ("a == \"X\"", "\"", "`\"` does not belong here"),
        ("a + 1 == 2", "+", "`+` does not belong here"),
        ("a == 1 << 3", "<", "`<` does not belong here"),
        ("1 < a < 3", "<", "a comparison has two sides"),
        ("a == 0644", "0644", "`0644` begins with a zero"),
        ("a == 12ab", "12ab", "`12ab` is not a number"),
        ("a == 0x", "0x", "`0x` is not a number"),
        (
            "a == 18446744073709551616",
            "18446744073709551616",
            "`18446744073709551616` does not fit in 64 bits",
        ),
        ("a == --1", "--1", "a value may have only one sign"),
        ("a == é", "é", "`é` does not belong here"),
        ("a == 1;", ";", "`;` does not belong here"),
        ("and a == 1", "and", "`and` does not belong here"),
    ] {
        let fault = parse(text).err().unwrap();
        assert_eq!(
            (text.get(fault.range).unwrap(), fault.message.as_str()),
            (under, message),
            "{text}"
        );
        assert!(!fault.help.is_empty(), "{text}");
        assert_eq!(fault.kind, FaultKind::Syntax);
    }
}

#[test]
fn what_is_missing_between_two_values_is_reported() {
    let help = |text: &str| parse(text).err().unwrap().help;
    assert!(
        help("a in {1 2}").starts_with("a comma is missing"),
        "{}",
        help("a in {1 2}")
    );
    assert!(help("a == 1 && b in {X, Y Z}").starts_with("a comma is missing"));
    assert!(help("a == 1 b == 2").starts_with("join comparisons"));
    assert!(help("a in {1, 2} b == 2").starts_with("join comparisons"));
}

#[test]
fn what_would_keep_it_busy_is_refused() {
    for text in [
        "(".repeat(4000),
        format!("{}a == 1{}", "(".repeat(17), ")".repeat(17)),
        "a == 1 || ".repeat(500),
    ] {
        assert_eq!(parse(&text).err().unwrap().kind, FaultKind::Size);
    }
    assert!(parse(&format!("{}a == 1{}", "(".repeat(16), ")".repeat(16))).is_ok());
    assert!(parse(&format!("{}a == 1", "!".repeat(4000))).is_ok());
}
