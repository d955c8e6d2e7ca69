//! Where what is written goes, piece by piece.

/// Takes text. What goes wrong with it, a sink keeps for itself until the end.
pub trait Sink {
    /// Takes the next piece.
    fn push(&mut self, text: &str);
}
