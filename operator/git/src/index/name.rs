//! The names that git takes into an index.

/// The longest name that Linux has (`NAME_MAX` of limits.h).
const LONGEST_NAME: usize = 255;

/// Whether a part of a path is a name, and no way to write `.git`.
pub(super) fn is_name(name: &[u8]) -> bool {
    let begins = name.first().map(u8::to_ascii_lowercase);
    if name.len() > LONGEST_NAME {
        return false;
    }
    // Nearly all are of this kind.
    if name.is_ascii() && !matches!(begins, None | Some(b'.' | b'g')) {
        return true;
    }
    // NTFS: what follows a dot, a blank or a colon at the end is left out, and a backslash is a slash. HFS+: some characters
    // are not seen.
    let shown: Vec<u8> = String::from_utf8_lossy(name)
        .chars()
        .filter(|one| !matches!(*one, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}'))
        .collect::<String>()
        .into_bytes();
    let before = shown.split(|&byte| byte == b':').next().unwrap_or_default();
    let mut trimmed = before;
    while let [rest @ .., b'.' | b' '] = trimmed {
        trimmed = rest;
    }
    let is_git = |text: &[u8]| {
        [&b".git"[..], b"git~1"]
            .iter()
            .any(|git| text.eq_ignore_ascii_case(git))
    };
    !matches!(name, b"" | b"." | b"..") && !is_git(&shown) && !is_git(trimmed)
}
