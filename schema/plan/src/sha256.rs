//! SHA-256 (FIPS 180-4), for the seal.

#[cfg(target_arch = "x86_64")]
mod x86_64;

/// Compresses a block into the state.
type Compress = fn(&mut [u32; 8], &[u8; 64]);

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

#[rustfmt::skip]
const ROUND: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
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
