//! Names in messages: labels, and pointers back to earlier ones (RFC 1035, 4.1.4).

use crate::cursor::Cursor;

/// The most characters of a name without the dot at its end.
const MAX_NAME: usize = 253;

/// Reads the name at the cursor, in lower case, and moves behind it. Pointers lead strictly backwards, so
/// that reading ends. A name with other characters than letters, digits, `-` and `_` is none.
pub(super) fn read<'m>(message: &'m [u8], cursor: &mut Cursor<'m>) -> Option<String> {
    let mut name = String::new();
    let mut at = *cursor;
    let mut lowest = at.position();
    let mut jumped = false;
    loop {
        let start = at;
        let length = at.u8()?;
        match length >> 6 {
            0 => {}
            3 => {
                at = start;
                let target = usize::from(at.u16()? & 0x3fff);
                if !jumped {
                    *cursor = at;
                    jumped = true;
                }
                if target >= lowest {
                    return None;
                }
                lowest = target;
                at = Cursor::at(message, target);
                continue;
            }
            _ => return None,
        }
        if length == 0 {
            if !jumped {
                *cursor = at;
            }
            return Some(name);
        }
        let label = at.take(usize::from(length))?;
        if !name.is_empty() {
            name.push('.');
        }
        for byte in label {
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
                return None;
            }
            name.push(char::from(byte.to_ascii_lowercase()));
        }
        if name.len() > MAX_NAME {
            return None;
        }
    }
}

/// Moves behind the name at the cursor, whatever its characters are.
pub(super) fn skip(cursor: &mut Cursor<'_>) -> Option<()> {
    loop {
        let start = *cursor;
        let length = cursor.u8()?;
        match length >> 6 {
            0 if length == 0 => return Some(()),
            0 => {
                let _label = cursor.take(usize::from(length))?;
            }
            3 => {
                *cursor = start;
                let _pointer = cursor.u16()?;
                return Some(());
            }
            _ => return None,
        }
    }
}

/// Writes a name, which [`read`] has read or the plan holds.
pub(super) fn write(name: &str, message: &mut Vec<u8>) -> Option<()> {
    if name.len() > MAX_NAME {
        return None;
    }
    for label in name.split('.').filter(|label| !label.is_empty()) {
        let length = u8::try_from(label.len())
            .ok()
            .filter(|length| *length < 64)?;
        message.push(length);
        message.extend(label.as_bytes());
    }
    message.push(0);
    Some(())
}
