//! SHA-256 (FIPS 180-4), for the seal.

mod rounds;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use rounds::{Compress, ROUND};

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// The digest of `bytes`.
pub fn sha256(bytes: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(bytes);
    hasher.finish()
}

/// A digest in the making.
#[derive(Debug, Clone)]
pub struct Sha256 {
    state: [u32; 8],
    block: [u8; 64],
    filled: usize,
    bytes: u64,
    compress: Compress,
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl Sha256 {
    /// Nothing hashed yet.
    pub fn new() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(compress) = x86_64::of_processor() {
            return Self::by(compress);
        }
        Self::by(compress)
    }

    const fn by(compress: Compress) -> Self {
        Self {
            state: INITIAL,
            block: [0; 64],
            filled: 0,
            bytes: 0,
            compress,
        }
    }

    /// Hashes more bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.bytes = self
            .bytes
            .wrapping_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.filled > 0 {
            bytes = self.fill(bytes);
        }
        while let Some((block, rest)) = bytes.split_first_chunk::<64>() {
            (self.compress)(&mut self.state, block);
            bytes = rest;
        }
        if !bytes.is_empty() {
            let rest = self.fill(bytes);
            debug_assert!(rest.is_empty());
        }
    }

    /// The digest of all bytes so far.
    pub fn finish(mut self) -> Digest {
        let bits = self.bytes.wrapping_mul(8);
        let rest = self.fill(&[0x80]);
        debug_assert!(rest.is_empty());
        while self.filled != 56 {
            let rest = self.fill(&[0]);
            debug_assert!(rest.is_empty());
        }
        let length = bits.to_be_bytes();
        let rest = self.fill(&length);
        debug_assert!(rest.is_empty() && self.filled == 0);
        let mut digest = [0; 32];
        for (out, word) in digest.chunks_exact_mut(4).zip(self.state) {
            out.copy_from_slice(&word.to_be_bytes());
        }
        digest
    }

    /// Puts bytes into the open block, compresses it when full, and returns what did not fit.
    fn fill<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let room = self.block.get_mut(self.filled..).unwrap_or_default();
        let taken = room.len().min(bytes.len());
        let (now, rest) = bytes.split_at_checked(taken).unwrap_or((bytes, &[]));
        for (slot, byte) in room.iter_mut().zip(now) {
            *slot = *byte;
        }
        self.filled = self.filled.wrapping_add(taken);
        if self.filled == 64 {
            (self.compress)(&mut self.state, &self.block);
            self.filled = 0;
        }
        rest
    }
}

const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// One round of the compression function per word of the block's message schedule.
#[expect(
    clippy::many_single_char_names,
    reason = "FIPS 180-4 names the working variables a to h"
)]
fn compress(state: &mut [u32; 8], block: &[u8; 64]) {
    let mut words = [0u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        if let Some(bytes) = bytes.first_chunk::<4>() {
            *word = u32::from_be_bytes(*bytes);
        }
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for sixteen in ROUND.as_chunks::<16>().0 {
        for (index, round) in sixteen.iter().enumerate() {
            let word = words.get(index).copied().unwrap_or(0);
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let one = h
                .wrapping_add(s1)
                .wrapping_add(choice)
                .wrapping_add(*round)
                .wrapping_add(word);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let majority = (a & b) ^ (a & c) ^ (b & c);
            let two = s0.wrapping_add(majority);
            (h, g, f, e) = (g, f, e, d.wrapping_add(one));
            (d, c, b, a) = (c, b, a, one.wrapping_add(two));
            schedule(&mut words, index);
        }
    }
    for (slot, value) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *slot = slot.wrapping_add(value);
    }
}

/// Replaces word `index` of the window by the one sixteen places on.
fn schedule(words: &mut [u32; 16], index: usize) {
    let at = |offset: usize| {
        words
            .get(index.wrapping_add(offset) & 15)
            .copied()
            .unwrap_or(0)
    };
    let (w1, w14) = (at(1), at(14));
    let s0 = w1.rotate_right(7) ^ w1.rotate_right(18) ^ (w1 >> 3);
    let s1 = w14.rotate_right(17) ^ w14.rotate_right(19) ^ (w14 >> 10);
    let next = at(0).wrapping_add(s0).wrapping_add(at(9)).wrapping_add(s1);
    if let Some(slot) = words.get_mut(index & 15) {
        *slot = next;
    }
}

#[cfg(test)]
mod tests {
    use super::{Sha256, compress, sha256};
    use std::format;
    use std::string::String;
    use std::vec;

    fn hex(digest: [u8; 32]) -> String {
        digest
            .iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }

    #[test]
    fn every_compression_function_gives_the_same() {
        let number = |n: u32| n.wrapping_mul(167).to_le_bytes()[0];
        let bytes: vec::Vec<u8> = (0..1000).map(number).collect();
        let mut bytes = &bytes[..];
        while let Some((_, rest)) = bytes.split_first() {
            let mut portable = Sha256::by(compress);
            portable.update(bytes);
            assert_eq!(sha256(bytes), portable.finish(), "{}", bytes.len());
            bytes = rest;
        }
    }

    /// The examples that NIST publishes for FIPS 180-4.
    #[test]
    fn published_examples() {
        assert_eq!(
            hex(sha256(b"")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            hex(sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            hex(sha256(
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
            )),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        );
        assert_eq!(
            hex(sha256(&vec![b'a'; 1_000_000])),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        );
    }

    #[test]
    fn pieces_give_the_digest_of_the_whole() {
        let bytes: std::vec::Vec<u8> = (0..=255).cycle().take(1000).collect();
        for size in 1..200 {
            let mut hasher = Sha256::new();
            for piece in bytes.chunks(size) {
                hasher.update(piece);
            }
            assert_eq!(hasher.finish(), sha256(&bytes), "pieces of {size}");
        }
    }
}
