//! Numbers in an index.

/// Four bytes at a place.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk();
    bytes.copied().map(u32::from_be_bytes)
}

/// A number of several bytes (`decode_varint` of git's varint.c), and what follows.
pub(super) fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, mut rest) = bytes.split_first()?;
    let mut byte = first;
    let mut value = usize::from(byte & 127);
    while byte & 128 != 0 {
        let (&next, after) = rest.split_first()?;
        (byte, rest) = (next, after);
        value = value
            .checked_add(1)?
            .checked_mul(128)?
            .checked_add(usize::from(byte & 127))?;
    }
    Some((value, rest))
}
