//! The compression function by the processor's own instructions for it (Intel 64 and IA-32 manual,
//! volume 1, "SHA extensions"), which take a tenth of the time.
#![expect(unsafe_code, reason = "instructions that not every processor has")]

use super::rounds::{Compress, ROUND};
use core::arch::x86_64::{
    __cpuid_count, __m128i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_or_si128, _mm_set_epi32,
    _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi32,
    _mm_slli_si128, _mm_srli_si128,
};

/// The function, where this processor has the instructions. The others that it is made of are SSE2,
/// which every x86-64 processor has.
///
/// CPUID is executed once: in a virtual machine the hypervisor answers it, which takes up to as long
/// as the hash itself. A processor whose highest leaf is 5 or 6 answers leaf 7 with that one (the
/// manual, volume 2, "CPUID"), where the bit is reserved and clear; no x86-64 processor has fewer.
pub(super) fn of_processor() -> Option<Compress> {
    const FEATURES: u32 = 7;
    const SHA: u32 = 1 << 29;
    let has_them = __cpuid_count(FEATURES, 0).ebx & SHA != 0;
    has_them.then_some(compress_asked)
}

fn compress_asked(state: &mut [u32; 8], block: &[u8; 64]) {
    // SAFETY: only `of_processor` gives this function away, and only where the processor has them.
    unsafe { compress(state, block) }
}

/// Four words, of which the first is the lowest.
#[target_feature(enable = "sse2")]
fn vector(words: [u32; 4]) -> __m128i {
    let [a, b, c, d] = words.map(u32::cast_signed);
    _mm_set_epi32(d, c, b, a)
}

#[target_feature(enable = "sse2")]
fn words(of: __m128i) -> [u32; 4] {
    [
        of,
        _mm_shuffle_epi32::<1>(of),
        _mm_shuffle_epi32::<2>(of),
        _mm_shuffle_epi32::<3>(of),
    ]
    .map(|lowest| _mm_cvtsi128_si32(lowest).cast_unsigned())
}

/// The upper three words of one, and behind them the lowest of the next.
#[target_feature(enable = "sse2")]
fn shifted_by_one(low: __m128i, next: __m128i) -> __m128i {
    _mm_or_si128(_mm_srli_si128::<4>(low), _mm_slli_si128::<12>(next))
}

/// The instructions hold the working variables as two vectors: f, e, b, a and h, g, d, c, the lowest
/// first. One of them does two rounds with the two lowest of four words, to each of which the round's
/// constant is added.
#[target_feature(enable = "sha,sse2")]
#[expect(
    clippy::many_single_char_names,
    reason = "FIPS 180-4 names the working variables a to h"
)]
fn compress(state: &mut [u32; 8], block: &[u8; 64]) {
    let [a, b, c, d, e, f, g, h] = *state;
    let (mut abef, mut cdgh) = (vector([f, e, b, a]), vector([h, g, d, c]));

    // The next sixteen words of the message schedule.
    let mut schedule = [vector([0; 4]); 4];
    for (slot, bytes) in schedule.iter_mut().zip(block.as_chunks::<16>().0) {
        let mut four = [0; 4];
        for (word, bytes) in four.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        *slot = vector(four);
    }
    for constants in ROUND.as_chunks::<4>().0 {
        let [w0, w1, w2, w3] = schedule;
        let added = _mm_add_epi32(w0, vector(*constants));
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, added);
        // The two upper words become the lowest.
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32::<0x0e>(added));

        let sigma0 = _mm_sha256msg1_epu32(w0, w1);
        let with_seventh = _mm_add_epi32(sigma0, shifted_by_one(w2, w3));
        schedule = [w1, w2, w3, _mm_sha256msg2_epu32(with_seventh, w3)];
    }

    let ([f, e, b, a], [h, g, d, c]) = (words(abef), words(cdgh));
    for (slot, value) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *slot = slot.wrapping_add(value);
    }
}
