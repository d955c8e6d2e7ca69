//! Pages from the kernel (mmap(2)). There is no allocator: what a run keeps is a mapping that stays
//! until the process ends, and what it needs for a while is lent and given back.
#![expect(unsafe_code, reason = "raw memory")]

use crate::architecture::numbers;
use crate::call::{address_of, address_of_mut, call, word};
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

/// The size of a page, where it is the smallest.
const PAGE: usize = 4096;

/// How much of the stack is given back: more than any step of setting up uses.
const MOST_STACK: usize = 128 << 10;

/// Fresh zeroed private memory for the rest of the process's life.
pub fn pages(bytes: usize) -> Result<&'static mut [u8], Errno> {
    let start = map(bytes, MapFlags::PRIVATE)?;
    // SAFETY: the kernel gave `bytes` zeroed bytes that nothing else knows and nothing unmaps.
    Ok(unsafe { core::slice::from_raw_parts_mut(start.cast(), bytes) })
}

/// The same, but of this process and those that it clones together: what one writes there, the others read.
pub fn shared_pages(bytes: usize) -> Result<&'static mut [u8], Errno> {
    let start = map(bytes, MapFlags::SHARED)?;
    // SAFETY: the kernel mapped `bytes` zeroed bytes, no other reference in this process points to them,
    // and nothing unmaps them. Any value that another process writes is a valid byte.
    Ok(unsafe { core::slice::from_raw_parts_mut(start.cast(), bytes) })
}

/// Keeps items for the rest of the process's life.
pub fn keep<T>(items: impl ExactSizeIterator<Item = T>) -> Result<&'static mut [T], Errno> {
    let most = items.len();
    let bytes = most.checked_mul(size_of::<T>()).ok_or(Errno::NOMEM)?;
    // All of it is written at once, so that its pages come with it.
    let flags = MapFlags::PRIVATE.union(MapFlags::POPULATE);
    let start = map(bytes.max(PAGE), flags)?.cast::<MaybeUninit<T>>();
    // SAFETY: the pages hold that many, are aligned for any, and nothing else knows them.
    let slots = unsafe { core::slice::from_raw_parts_mut(start, most) };
    let mut count = 0_usize;
    for (slot, item) in slots.iter_mut().zip(items) {
        let _kept: &mut T = slot.write(item);
        count = count.saturating_add(1);
    }
    // An iterator may give fewer than it has said.
    let kept = slots.get_mut(..count).unwrap_or_default();
    // SAFETY: each of these was written just now.
    Ok(unsafe { kept.assume_init_mut() })
}

/// Writes items into memory that is lent, one behind the other. What the memory held is lost.
pub fn place<T: Copy>(
    memory: &mut [u8],
    items: impl Iterator<Item = T>,
) -> Result<&mut [T], Errno> {
    // SAFETY: any bytes are valid as an uninitialised `T`.
    let (_, slots, _) = unsafe { memory.align_to_mut::<MaybeUninit<T>>() };
    let mut count = 0_usize;
    for item in items {
        let slot = slots.get_mut(count).ok_or(Errno::NOMEM)?;
        let _placed: &mut T = slot.write(item);
        count = count.saturating_add(1);
    }
    let placed = slots.get_mut(..count).unwrap_or_default();
    // SAFETY: each of these was written just now.
    Ok(unsafe { placed.assume_init_mut() })
}

/// A static place for bytes that stay mapped until the process ends, for code that gets no reference to them. It is empty at first.
#[derive(Debug)]
pub struct KeptBytes {
    start: AtomicPtr<u8>,
    length: AtomicUsize,
}

impl KeptBytes {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            start: AtomicPtr::new(core::ptr::null_mut()),
            length: AtomicUsize::new(0),
        }
    }

    /// Keeps the first that come, and none after them.
    pub fn keep(&self, bytes: &'static [u8]) {
        let order = Ordering::Relaxed;
        let start = bytes.as_ptr().cast_mut();
        let first = self
            .start
            .compare_exchange(core::ptr::null_mut(), start, order, order);
        if first.is_ok() {
            self.length.store(bytes.len(), Ordering::Release);
        }
    }

    /// What is kept.
    #[must_use]
    pub fn bytes(&self) -> &'static [u8] {
        let length = self.length.load(Ordering::Acquire);
        let start = self.start.load(Ordering::Relaxed);
        if start.is_null() {
            return &[];
        }
        // SAFETY: only the call that sets the start sets the length, once and after it: so both are of one
        // `&'static [u8]`, or the length is 0.
        unsafe { core::slice::from_raw_parts(start, length) }
    }
}

impl Default for KeptBytes {
    fn default() -> Self {
        Self::new()
    }
}

/// Lends fresh zeroed private memory to `use_it` and gives it back to the kernel.
pub fn lend<T>(bytes: usize, use_it: impl FnOnce(&mut [u8]) -> T) -> Result<T, Errno> {
    let memory = pages(bytes)?;
    let result = use_it(memory);
    let start = memory.as_mut_ptr().cast();
    // SAFETY: `pages` mapped exactly this, nothing else knows it, and the borrow of it has ended.
    unsafe { munmap(start, bytes) }?;
    Ok(result)
}

/// A page of numbers that this process and the ones it clones have in common. What each number
/// means, their user says.
///
/// All of them are atomic: whatever one process does to them, another reads numbers.
#[derive(Debug)]
#[repr(C, align(4096))]
pub struct SharedPage {
    /// Numbers that a process can also wait for (futex(2)).
    pub words: [AtomicU32; 7],
    /// Two tables of numbers.
    pub tables: [[AtomicU64; 32]; 2],
}

/// A fresh page of zeroes.
pub fn shared_page() -> Result<&'static SharedPage, Errno> {
    let start = map(size_of::<SharedPage>(), MapFlags::SHARED)?;
    // SAFETY: page-aligned, large enough, never unmapped, and zeroes are a valid page, all of whose
    // fields are atomic, which is what sharing needs.
    Ok(unsafe { &*start.cast::<SharedPage>() })
}

/// Fresh zeroed pages: nothing else in this process knows them.
pub(crate) fn map(bytes: usize, flags: MapFlags) -> Result<*mut c_void, Errno> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: no address is asked for, so nothing that exists is mapped over.
    let start = unsafe { mmap_anonymous(core::ptr::null_mut(), bytes, protection, flags) }?;
    if start.is_null() {
        return Err(Errno::NOSYS);
    }
    Ok(start)
}

/// `struct iovec`.
#[repr(C)]
struct Range {
    start: u64,
    bytes: u64,
}

/// Reads once what another process has at an address, as far as it goes, and returns how much that was
/// (`process_vm_readv(2)`). It takes ptrace(2)'s rights over the process.
pub fn read_of(pid: u32, address: u64, into: &mut [u8]) -> Result<usize, Errno> {
    const PAGE_BYTES: u64 = 4096;
    let wanted = u64::try_from(into.len()).map_err(|_| Errno::INVAL)?;
    // A range is read as a whole or not, and what lies behind the page may not be there.
    let in_page = PAGE_BYTES.saturating_sub(address % PAGE_BYTES).min(wanted);
    let ours = Range {
        start: u64::try_from(address_of_mut(into)).map_err(|_| Errno::FAULT)?,
        bytes: wanted,
    };
    let theirs = [
        Range {
            start: address,
            bytes: in_page,
        },
        Range {
            start: address.wrapping_add(in_page),
            bytes: wanted.saturating_sub(in_page),
        },
    ];
    let arguments = [word(pid), address_of(&ours), 1, address_of(&theirs), 2, 0];
    // SAFETY: one range of ours to write, which is borrowed for that; the kernel looks at the other
    // process's addresses itself.
    unsafe { call(numbers::PROCESS_VM_READV, arguments) }
}

/// Gives the pages of the stack below this frame back to the kernel: setting up has used many, and
/// waiting takes few. Where the kernel does not take them, they stay.
pub fn trim_stack() {
    let here = MaybeUninit::<u8>::uninit();
    // The red zone of the ABI is below the frame and smaller than a page.
    let end = (here.as_ptr().addr() & !(PAGE - 1)).wrapping_sub(PAGE);
    let start = core::ptr::without_provenance_mut(end.wrapping_sub(MOST_STACK));
    // SAFETY: below the frame of a running function and the red zone, nothing on its stack is in use.
    let _taken: Result<(), Errno> = unsafe { madvise(start, MOST_STACK, Advice::LinuxDontNeed) };
}
