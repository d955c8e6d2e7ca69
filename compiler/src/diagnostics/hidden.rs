//! Characters that a reader does not see as they are.

/// Whether a character can hide in a line, move the cursor, or reorder what a reader sees. Tabs and
/// line feeds are not among them.
pub(crate) fn is_hidden(character: char) -> bool {
    hidden(character).is_some()
}

/// What kind of character hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hidden {
    /// A control character.
    Control,
    /// A carriage return.
    Return,
    /// One that changes what a reader sees and is not seen itself.
    Invisible,
}

/// The kind of a character that hides; `None` for all others.
pub(crate) fn hidden(character: char) -> Option<Hidden> {
    match character {
        '\t' | '\n' => None,
        '\r' => Some(Hidden::Return),
        '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => Some(Hidden::Control),
        // Bidirectional controls, zero-width characters, fillers, language tags.
        '\u{ad}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => Some(Hidden::Invisible),
        _ if character.is_control() => Some(Hidden::Control),
        _ => None,
    }
}
