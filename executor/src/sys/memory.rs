//! Pages from the kernel, and the byte routines behind memcpy and its kin.
#![expect(unsafe_code, reason = "raw memory")]

use crate::shared::Shared;
use core::arch::asm;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Fresh zeroed private memory for the rest of the process's life.
pub fn pages(bytes: usize) -> Result<&'static mut [u8], Errno> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: no address is asked for, so nothing that exists is mapped over.
    let start =
        unsafe { mmap_anonymous(core::ptr::null_mut(), bytes, protection, MapFlags::PRIVATE) }?;
    // SAFETY: the kernel gave `bytes` zeroed bytes that nobody else knows and nobody unmaps.
    Ok(unsafe { core::slice::from_raw_parts_mut(start.cast(), bytes) })
}

/// Lends fresh zeroed private memory to `use_it` and gives it back to the kernel.
pub fn lend<T>(bytes: usize, use_it: impl FnOnce(&mut [u8]) -> T) -> Result<T, Errno> {
    let memory = pages(bytes)?;
    let result = use_it(memory);
    let start = memory.as_mut_ptr().cast();
    // SAFETY: `pages` mapped exactly this, nobody else knows it, and the borrow of it has ended.
    unsafe { munmap(start, bytes) }?;
    Ok(result)
}

/// Fresh zeroed memory that stays common to this process and the ones it clones.
pub fn shared_page() -> Result<&'static Shared, Errno> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let bytes = size_of::<Shared>();
    // SAFETY: no address is asked for, so nothing that exists is mapped over.
    let start =
        unsafe { mmap_anonymous(core::ptr::null_mut(), bytes, protection, MapFlags::SHARED) }?;
    // SAFETY: page-aligned, large enough, never unmapped, and zeroes are a valid `Shared`, all of
    // whose fields are atomic, which is what sharing needs.
    Ok(unsafe { &*start.cast::<Shared>() })
}

/// Copies upwards.
///
/// # Safety
///
/// `from` is readable and `to` writable for `count` bytes; `to` is not inside the source range.
#[inline]
pub unsafe fn copy_forward(to: *mut u8, from: *const u8, count: usize) {
    // SAFETY: the caller vouches for the ranges; the ABI keeps the direction flag clear.
    unsafe {
        asm!(
            "rep movsb",
            inout("rcx") count => _,
            inout("rdi") to => _,
            inout("rsi") from => _,
            options(nostack, preserves_flags),
        );
    }
}

/// Copies downwards, for ranges where `to` is inside the source range.
///
/// # Safety
///
/// `from` is readable and `to` writable for `count` bytes; `count` is not 0.
#[inline]
pub unsafe fn copy_backward(to: *mut u8, from: *const u8, count: usize) {
    let last = count.wrapping_sub(1);
    // SAFETY: the caller vouches for the ranges; the direction flag is clear again at the end.
    unsafe {
        asm!(
            "std",
            "rep movsb",
            "cld",
            inout("rcx") count => _,
            inout("rdi") to.wrapping_add(last) => _,
            inout("rsi") from.wrapping_add(last) => _,
            options(nostack),
        );
    }
}

/// Sets bytes.
///
/// # Safety
///
/// `to` is writable for `count` bytes.
#[inline]
pub unsafe fn fill(to: *mut u8, byte: u8, count: usize) {
    // SAFETY: the caller vouches for the range; the ABI keeps the direction flag clear.
    unsafe {
        asm!(
            "rep stosb",
            inout("rcx") count => _,
            inout("rdi") to => _,
            in("al") byte,
            options(nostack, preserves_flags),
        );
    }
}

/// Compares bytes: below, at or above zero for less, equal, greater.
///
/// # Safety
///
/// Both are readable for `count` bytes.
#[inline]
pub unsafe fn compare(a: *const u8, b: *const u8, count: usize) -> i32 {
    let mut at = 0;
    while at < count {
        // SAFETY: `at` is below `count`. Volatile, so that this loop is not made a call to itself.
        let left = unsafe { a.wrapping_add(at).read_volatile() };
        // SAFETY: as above.
        let right = unsafe { b.wrapping_add(at).read_volatile() };
        if left != right {
            return i32::from(left).wrapping_sub(i32::from(right));
        }
        at = at.wrapping_add(1);
    }
    0
}

/// The bytes before a NUL.
///
/// # Safety
///
/// `text` is a NUL-terminated string.
#[inline]
pub unsafe fn length(text: *const u8) -> usize {
    let mut at: usize = 0;
    // SAFETY: no byte before the NUL has been passed. Volatile, as in `compare`.
    while unsafe { text.wrapping_add(at).read_volatile() } != 0 {
        at = at.wrapping_add(1);
    }
    at
}
