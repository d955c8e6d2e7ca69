//! Numbers and limits of DNS (RFC 1035, 3596).

/// The most bytes of a reply in a datagram, without EDNS (RFC 1035, 4.2.1).
pub const MAX_DATAGRAM: usize = 512;

/// The most addresses in one reply.
pub const MAX_ADDRESSES: usize = 128;

/// The longest that an answer is kept inside, in seconds.
pub const MAX_TTL: u32 = 300;

/// Types of records (RFC 1035, 3596).
pub(super) const A: u16 = 1;
pub(super) const CNAME: u16 = 5;
pub(super) const AAAA: u16 = 28;
/// The class of the internet.
pub(super) const IN: u16 = 1;

/// What a query asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Something that is always answered with nothing: a key for encrypted hellos, a text, a mail server.
    Other,
}

impl Kind {
    pub(super) fn number(self) -> u16 {
        match self {
            Self::A => A,
            Self::Aaaa | Self::Other => AAAA,
        }
    }
}

/// Codes of responses (RFC 1035, 4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// `NOERROR`.
    None,
    /// `FORMERR`.
    Format,
    /// `SERVFAIL`.
    Failure,
    /// `NXDOMAIN`.
    NoName,
    /// `NOTIMP`.
    NotImplemented,
    /// `REFUSED`.
    Refused,
}

impl Code {
    pub(super) fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Format => 1,
            Self::Failure => 2,
            Self::NoName => 3,
            Self::NotImplemented => 4,
            Self::Refused => 5,
        }
    }

    pub(super) fn of(number: u8) -> Self {
        match number {
            0 => Self::None,
            1 => Self::Format,
            3 => Self::NoName,
            4 => Self::NotImplemented,
            5 => Self::Refused,
            _ => Self::Failure,
        }
    }
}
