//! Numbers for tests that look like chance and are the same each time.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

/// A generator (xorshift64*).
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % end.max(1)
    }

    /// Changes some bytes, or cuts or repeats a part.
    pub(crate) fn spoil(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let value = u8::try_from(self.next() >> 56).unwrap_or(0);
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, value),
                2 => {
                    let part = bytes.get(at..).unwrap_or_default().to_vec();
                    bytes.extend(part.iter().take(64));
                }
                3 => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = [0, 0xff, 0xc0, 1][self.below(4)];
                    }
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = value;
                    }
                }
            }
        }
    }
}
