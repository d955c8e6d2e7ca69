//! Netlink messages as bytes (netlink(7)): little endian, each padded to four bytes.

/// The kernel's numbers (`linux/netlink.h`).
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
pub(super) const NLM_F_EXCL: u16 = 0x200;
pub(super) const NLM_F_CREATE: u16 = 0x400;
pub(super) const NLM_F_APPEND: u16 = 0x800;
const NLA_F_NESTED: u16 = 0x8000;

/// Where the flags stand in a message's head: behind its length and its type.
const FLAGS_AT: usize = 6;

/// Messages one behind the other.
#[derive(Debug, Default)]
pub(super) struct Messages {
    bytes: Vec<u8>,
    /// Where the last message starts.
    last: usize,
    sequence: u32,
}

/// The payload of one message, or of one nested attribute.
#[derive(Debug, Default)]
pub(super) struct Payload {
    bytes: Vec<u8>,
}

impl Messages {
    /// Adds a message: its type, its flags beside that of a request, and what follows its head.
    pub(super) fn add(&mut self, kind: u16, flags: u16, payload: Payload) {
        self.last = self.bytes.len();
        self.sequence = self.sequence.wrapping_add(1);
        let length = u32::try_from(payload.bytes.len().saturating_add(16)).unwrap_or(u32::MAX);
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(kind.to_le_bytes());
        self.bytes.extend((flags | NLM_F_REQUEST).to_le_bytes());
        self.bytes.extend(self.sequence.to_le_bytes());
        // The port of the kernel.
        self.bytes.extend([0; 4]);
        self.bytes.extend(payload.bytes);
        pad(&mut self.bytes);
    }

    /// Asks for an answer to the last message that was added.
    pub(super) fn acknowledge(&mut self) {
        let at = self.last.saturating_add(FLAGS_AT);
        if let Some(flags) = self.bytes.get_mut(at) {
            let [ack, _] = NLM_F_ACK.to_le_bytes();
            *flags |= ack;
        }
    }

    /// The messages' bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Payload {
    /// A payload that begins with a family's own head.
    pub(super) fn after(head: &[u8]) -> Self {
        Self {
            bytes: head.to_vec(),
        }
    }

    /// An attribute with these bytes.
    pub(super) fn bytes(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(value.len().saturating_add(4)).unwrap_or(u16::MAX);
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(kind.to_le_bytes());
        self.bytes.extend(value);
        pad(&mut self.bytes);
        self
    }

    /// An attribute with others in it.
    pub(super) fn nest(self, kind: u16, inner: &Self) -> Self {
        self.bytes(kind | NLA_F_NESTED, &inner.bytes)
    }

    /// A number in network order.
    pub(super) fn number(self, kind: u16, value: u32) -> Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    /// A short number in network order.
    pub(super) fn short(self, kind: u16, value: u16) -> Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    /// A text and the NUL behind it.
    pub(super) fn text(self, kind: u16, value: &str) -> Self {
        let mut bytes = value.as_bytes().to_vec();
        bytes.push(0);
        self.bytes(kind, &bytes)
    }
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}
