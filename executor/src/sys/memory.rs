//! Pages from the kernel, and the byte routines that compiled code expects.
#![expect(unsafe_code, reason = "raw memory")]

use crate::shared::Shared;
use core::arch::asm;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

/// The size of a page, where it is the smallest.
const PAGE: usize = 4096;

/// Fresh zeroed private memory for the rest of the process's life.
pub fn pages(bytes: usize) -> Result<&'static mut [u8], Errno> {
    let start = map(bytes, MapFlags::PRIVATE)?;
    // SAFETY: the kernel gave `bytes` zeroed bytes that nobody else knows and nobody unmaps.
    Ok(unsafe { core::slice::from_raw_parts_mut(start.cast(), bytes) })
}

/// Keeps items for the rest of the process's life.
pub fn keep<T>(items: impl ExactSizeIterator<Item = T>) -> Result<&'static mut [T], Errno> {
    let most = items.len();
    let bytes = most.checked_mul(size_of::<T>()).ok_or(Errno::NOMEM)?;
    let start = map(bytes.max(PAGE), MapFlags::PRIVATE)?.cast::<MaybeUninit<T>>();
    // SAFETY: the pages hold that many, are aligned for any, and nobody else knows them.
    let slots = unsafe { core::slice::from_raw_parts_mut(start, most) };
    let mut count = 0_usize;
    for (slot, item) in slots.iter_mut().zip(items) {
        let _kept: &mut T = slot.write(item);
        count = count.saturating_add(1);
    }
    let kept = slots.get_mut(..count).unwrap_or_default();
    // SAFETY: each of these was written just now.
    Ok(unsafe { kept.assume_init_mut() })
}

/// Fresh zeroed pages: nobody else in this process knows them.
pub(super) fn map(bytes: usize, flags: MapFlags) -> Result<*mut c_void, Errno> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: no address is asked for, so nothing that exists is mapped over.
    unsafe { mmap_anonymous(core::ptr::null_mut(), bytes, protection, flags) }
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

/// Gives the pages of the stack below this frame back to the kernel: setting up has used many, and
/// waiting takes few. Where the kernel does not take them, they stay.
pub fn trim_stack() {
    const MOST: usize = 128 << 10;
    let here = MaybeUninit::<u8>::uninit();
    // The red zone of the ABI is below the frame and smaller than a page.
    let end = (here.as_ptr().addr() & !(PAGE - 1)).wrapping_sub(PAGE);
    let start = core::ptr::without_provenance_mut(end.wrapping_sub(MOST));
    // SAFETY: below the frame of a running function and the red zone, nothing on its stack is in use.
    let _taken: Result<(), Errno> = unsafe { madvise(start, MOST, Advice::LinuxDontNeed) };
}

/// Fresh zeroed memory that stays common to this process and the ones it clones.
pub fn shared_page() -> Result<&'static Shared, Errno> {
    let start = map(size_of::<Shared>(), MapFlags::SHARED)?;
    // SAFETY: page-aligned, large enough, never unmapped, and zeroes are a valid `Shared`, all of
    // whose fields are atomic, which is what sharing needs.
    Ok(unsafe { &*start.cast::<Shared>() })
}

// The names and signatures are those that compiled code calls. A test has them from its C library.

/// memcpy(3).
///
/// # Safety
///
/// `from` is readable and `to` writable for `count` bytes; `to` is not inside the source range.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
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
    to
}

/// memmove(3).
///
/// # Safety
///
/// `from` is readable and `to` writable for `count` bytes.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if to.addr().wrapping_sub(from.addr()) >= count {
        // SAFETY: `to` does not start inside the source range.
        return unsafe { memcpy(to, from, count) };
    }
    let last = count.wrapping_sub(1);
    // SAFETY: the caller vouches for the ranges, and here `count` is not 0; the direction flag is
    // clear again at the end.
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
    to
}

/// memset(3).
///
/// # Safety
///
/// `to` is writable for `count` bytes.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
    // SAFETY: the caller vouches for the range; the ABI keeps the direction flag clear.
    unsafe {
        asm!(
            "rep stosb",
            inout("rcx") count => _,
            inout("rdi") to => _,
            in("eax") byte,
            options(nostack, preserves_flags),
        );
    }
    to
}

/// memcmp(3): below, at or above zero for less, equal, greater.
///
/// # Safety
///
/// Both are readable for `count` bytes.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, count: usize) -> i32 {
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

/// bcmp(3), which memcmp is too.
///
/// # Safety
///
/// As for [`memcmp`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, count: usize) -> i32 {
    // SAFETY: the caller vouches for both ranges.
    unsafe { memcmp(a, b, count) }
}

/// strlen(3).
///
/// # Safety
///
/// `text` is a NUL-terminated string.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn strlen(text: *const u8) -> usize {
    let mut at: usize = 0;
    // SAFETY: no byte before the NUL has been passed. Volatile, as in `memcmp`.
    while unsafe { text.wrapping_add(at).read_volatile() } != 0 {
        at = at.wrapping_add(1);
    }
    at
}
