//! Characters that a reader does not see as they are: those of the one table, by kind.

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
        _ if !purple_report::is_hidden(character) => None,
        '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => Some(Hidden::Control),
        _ if character.is_control() => Some(Hidden::Control),
        _ => Some(Hidden::Invisible),
    }
}
