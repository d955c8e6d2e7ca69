//! The byte routines that compiled code calls by the names of the C library: memcpy(3), memmove(3),
//! memset(3), memcmp(3), bcmp(3) and strlen(3).
//!
//! They stand here under other names. [`program!`](crate::program!) gives them the names of the C
//! library in the program, so that a test, which has a C library, gets none of them twice.
#![expect(unsafe_code, reason = "raw memory")]

use crate::architecture::{copy_backward, copy_forward};

pub use crate::architecture::fill;

/// memcpy(3).
///
/// # Safety
///
/// `from` is readable and `to` is writable for `count` bytes; `to` does not start inside the source.
pub unsafe fn copy(to: *mut u8, from: *const u8, count: usize) {
    // SAFETY: the caller vouches for the ranges.
    unsafe { copy_forward(to, from, count) }
}

/// memmove(3).
///
/// # Safety
///
/// `from` is readable and `to` is writable for `count` bytes.
pub unsafe fn copy_overlapping(to: *mut u8, from: *const u8, count: usize) {
    // How far `to` is behind `from`; a number beyond every count where it is before it.
    let distance = to.addr().wrapping_sub(from.addr());
    if distance >= count {
        // SAFETY: `to` does not start inside the source.
        unsafe { copy_forward(to, from, count) }
    } else {
        // SAFETY: the caller vouches for the ranges; `count` is above `distance`, so it is not 0.
        unsafe { copy_backward(to, from, count) }
    }
}

/// memcmp(3): below, at or above zero for less, equal, greater.
///
/// # Safety
///
/// Both are readable for `count` bytes.
pub unsafe fn compare(left: *const u8, right: *const u8, count: usize) -> i32 {
    let mut at = 0;
    while at < count {
        // Volatile, so that the compiler does not make this loop a call of memcmp, which it is.
        // SAFETY: `at` is below `count`.
        let of_left = unsafe { left.wrapping_add(at).read_volatile() };
        // SAFETY: as above.
        let of_right = unsafe { right.wrapping_add(at).read_volatile() };
        if of_left != of_right {
            return i32::from(of_left).wrapping_sub(i32::from(of_right));
        }
        at = at.wrapping_add(1);
    }
    0
}

/// strlen(3).
///
/// # Safety
///
/// `text` is a NUL-terminated string.
pub unsafe fn length(text: *const u8) -> usize {
    let mut at: usize = 0;
    // SAFETY: no byte before the NUL has been passed. Volatile, as in `compare`.
    while unsafe { text.wrapping_add(at).read_volatile() } != 0 {
        at = at.wrapping_add(1);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{compare, copy, copy_overlapping, fill, length};

    #[test]
    fn copies() {
        let mut to = [0; 4];
        // SAFETY: both arrays have four bytes and are different ones.
        unsafe { copy(to.as_mut_ptr(), b"abcd".as_ptr(), 4) };
        assert_eq!(&to, b"abcd");
    }

    #[test]
    fn copies_inside_one_array_in_both_directions() {
        for (to, from, expected) in [
            (2, 0, b"ababcdgh"),
            (0, 2, b"cdefefgh"),
            (3, 3, b"abcdefgh"),
        ] {
            let mut bytes = *b"abcdefgh";
            let start = bytes.as_mut_ptr();
            // SAFETY: four bytes from 0, 2 and 3 on are inside the eight.
            unsafe { copy_overlapping(start.wrapping_add(to), start.wrapping_add(from), 4) };
            assert_eq!(&bytes, expected, "{from} to {to}");
        }
        let start = b"".as_ptr().cast_mut();
        // SAFETY: nothing is read or written.
        unsafe { copy_overlapping(start, start, 0) };
    }

    #[test]
    fn fills() {
        let mut to = [0; 4];
        // SAFETY: three of four bytes.
        unsafe { fill(to.as_mut_ptr(), 0x107, 3) };
        assert_eq!(to, [7, 7, 7, 0]);
    }

    #[test]
    fn compares_bytes_as_numbers_without_a_sign() {
        for (left, right, expected) in [
            (b"abc", b"abc", 0),
            (b"abc", b"abd", -1),
            (b"\xffbc", b"\x01bc", 1),
        ] {
            // SAFETY: both have three bytes.
            let found = unsafe { compare(left.as_ptr(), right.as_ptr(), 3) };
            assert_eq!(found.signum(), expected);
        }
    }

    #[test]
    fn measures() {
        for (text, expected) in [(c"", 0), (c"abc", 3)] {
            // SAFETY: a C string ends in a NUL.
            assert_eq!(unsafe { length(text.as_ptr().cast()) }, expected);
        }
    }
}
