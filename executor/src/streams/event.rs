//! What the relays tell the supervisor.

/// What the supervisor has waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    /// A signal of this number.
    Signal(u32),
    /// The payload was stopped by this signal on the sandbox's own terminal.
    Stopped(u32),
    /// Nothing that is not dealt with already; the time may be over.
    Nothing,
}
