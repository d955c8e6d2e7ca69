//! The network that there is inside.

use crate::layout::{enumeration, record};
use crate::source_line::SourceLine;

enumeration! {
    /// What network there is inside.
    pub enum NetworkMode {
        /// A network namespace with the loopback interface up and nothing else.
        Loopback = 1,
    }
}

record! {
    /// The network.
    pub struct Network {
        /// What there is inside.
        pub mode: NetworkMode,
        /// See [`network_flags`].
        pub flags: u32,
        /// The line of the policy, if any.
        pub line: SourceLine,
    }
}

/// Bits of [`Network::flags`].
pub mod network_flags {
    /// The policy asks for more network than the mode gives; the operator is informed.
    pub const NARROWED: u32 = 1;
    /// Every bit there is.
    pub const ALL: u32 = NARROWED;
}
