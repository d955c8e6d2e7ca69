//! The system calls that probes make and nix does not have, and the fork in which they make them.
#![expect(unsafe_code, reason = "these calls take pointers, or copy the process")]

use nix::errno::Errno;
use nix::libc::{self, c_long};
use nix::unistd::{ForkResult, Pid};
use std::ffi::CStr;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

type Result<T> = std::result::Result<T, Errno>;

/// `AT_FDCWD`, as an argument.
const CWD: RawFd = libc::AT_FDCWD;

/// Copies this process.
pub fn fork() -> Result<ForkResult> {
    // SAFETY: this program has one thread, so that no lock is held by one that the copy lacks.
    unsafe { nix::unistd::fork() }
}

/// # Safety
/// What arguments point to is alive, and of the kind and size that the call expects.
unsafe fn call(number: c_long, arguments: [usize; 6]) -> Result<usize> {
    let [one, two, three, four, five, six] = arguments;
    // SAFETY: as the caller promises; a call with fewer arguments does not look at the others.
    let found = unsafe { libc::syscall(number, one, two, three, four, five, six) };
    Errno::result(found).map(|found| usize::try_from(found).unwrap_or(0))
}

fn descriptor(found: usize) -> Result<OwnedFd> {
    let fd = RawFd::try_from(found).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn number(fd: RawFd) -> usize {
    usize::try_from(i64::from(fd).cast_unsigned()).unwrap_or(usize::MAX)
}

fn text(text: &CStr) -> usize {
    text.as_ptr().expose_provenance()
}

/// A new file system of a kind, not attached anywhere (fsopen(2), fsconfig(2), fsmount(2)).
pub fn new_mount(kind: &CStr) -> Result<OwnedFd> {
    const CLOEXEC: usize = 1;
    const CMD_CREATE: usize = 6;
    // SAFETY: a NUL-terminated name.
    let context = unsafe { call(libc::SYS_fsopen, [text(kind), CLOEXEC, 0, 0, 0, 0]) }?;
    let context = descriptor(context)?;
    let at = number(context.as_raw_fd());
    // SAFETY: this command takes no key and no value.
    let _zero = unsafe { call(libc::SYS_fsconfig, [at, CMD_CREATE, 0, 0, 0, 0]) }?;
    // SAFETY: numbers only.
    descriptor(unsafe { call(libc::SYS_fsmount, [at, CLOEXEC, 0, 0, 0, 0]) }?)
}

/// A copy of a tree of mounts, not attached anywhere (`open_tree(2)`).
pub fn copy_tree(path: &CStr, recursive: bool) -> Result<OwnedFd> {
    const CLONE: usize = 1;
    const CLOEXEC: usize = 0o2_000_000;
    let flags = CLONE | CLOEXEC | if recursive { 0x8000 } else { 0 };
    // SAFETY: a NUL-terminated path.
    descriptor(unsafe {
        call(
            libc::SYS_open_tree,
            [number(CWD), text(path), flags, 0, 0, 0],
        )
    }?)
}

/// Attaches a mount to a directory (`move_mount(2)`).
pub fn attach(mount: &OwnedFd, directory: &OwnedFd, name: &CStr) -> Result<()> {
    attach_at(mount, directory.as_raw_fd(), name)
}

/// The same at an absolute path.
pub fn attach_to(mount: &OwnedFd, path: &CStr) -> Result<()> {
    attach_at(mount, CWD, path)
}

fn attach_at(mount: &OwnedFd, directory: RawFd, name: &CStr) -> Result<()> {
    const FROM_EMPTY_PATH: usize = 4;
    let from = number(mount.as_raw_fd());
    let arguments = [
        from,
        text(c""),
        number(directory),
        text(name),
        FROM_EMPTY_PATH,
        0,
    ];
    // SAFETY: two NUL-terminated paths.
    unsafe { call(libc::SYS_move_mount, arguments) }.map(drop)
}

/// What to change on a tree of mounts.
pub enum Change<'f> {
    /// It gets nothing of the others, and they nothing of it.
    Private,
    /// It cannot be written to.
    ReadOnly,
    /// The ids of this user namespace stand for the owners.
    Owners(BorrowedFd<'f>),
}

/// Changes the root, or the tree that `mount` is, with all below (`mount_setattr(2)`).
pub fn change(mount: Option<&OwnedFd>, change: &Change<'_>) -> Result<()> {
    const EMPTY_PATH: usize = 0x1000;
    const RECURSIVE: usize = 0x8000;
    const RDONLY: u64 = 1;
    const IDMAP: u64 = 0x0010_0000;
    let nothing = libc::mount_attr {
        attr_set: 0,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    let (attributes, flags) = match change {
        Change::Private => (
            libc::mount_attr {
                propagation: libc::MS_PRIVATE,
                ..nothing
            },
            RECURSIVE,
        ),
        Change::ReadOnly => (
            libc::mount_attr {
                attr_set: RDONLY,
                ..nothing
            },
            RECURSIVE,
        ),
        Change::Owners(map) => {
            let userns_fd = u64::try_from(map.as_raw_fd()).map_err(|_| Errno::EBADF)?;
            (
                libc::mount_attr {
                    attr_set: IDMAP,
                    userns_fd,
                    ..nothing
                },
                0,
            )
        }
    };
    let (at, path) = match mount {
        Some(mount) => (number(mount.as_raw_fd()), c""),
        None => (number(CWD), c"/"),
    };
    let size = size_of::<libc::mount_attr>();
    let from = (&raw const attributes).expose_provenance();
    let arguments = [at, text(path), flags | EMPTY_PATH, from, size, 0];
    // SAFETY: a NUL-terminated path, and a structure of the size given.
    unsafe { call(libc::SYS_mount_setattr, arguments) }.map(drop)
}

/// Leaves the old root, which lies on top of the new one after `pivot_root(".", ".")`.
pub fn detach_here() -> Result<()> {
    let flags = usize::try_from(libc::MNT_DETACH).unwrap_or(0);
    // SAFETY: a NUL-terminated path.
    unsafe { call(libc::SYS_umount2, [text(c"."), flags, 0, 0, 0, 0]) }.map(drop)
}

/// The version of Landlock's interface.
pub fn landlock_version() -> Result<u32> {
    const VERSION: usize = 1;
    // SAFETY: with this flag the call takes no structure.
    let found = unsafe { call(libc::SYS_landlock_create_ruleset, [0, 0, VERSION, 0, 0, 0]) }?;
    u32::try_from(found).map_err(|_| Errno::ERANGE)
}

/// Denies this process to list any directory.
pub fn landlock_no_listing() -> Result<()> {
    const READ_DIR: u64 = 1 << 3;
    let rights = READ_DIR;
    let at = (&raw const rights).expose_provenance();
    // SAFETY: the first version's structure is this one number, and the size says so.
    let rules = unsafe { call(libc::SYS_landlock_create_ruleset, [at, 8, 0, 0, 0, 0]) }?;
    let rules = descriptor(rules)?;
    let arguments = [number(rules.as_raw_fd()), 0, 0, 0, 0, 0];
    // SAFETY: numbers only.
    unsafe { call(libc::SYS_landlock_restrict_self, arguments) }.map(drop)
}

/// The call that the filters of probes deny: it only asks how nice this process is.
const DENIED: c_long = libc::SYS_getpriority;

/// Makes that call.
pub fn denied_call() -> Result<()> {
    // SAFETY: numbers only: the priority of this process.
    unsafe { call(DENIED, [0; 6]) }.map(drop)
}

/// What a filter does with one call.
#[derive(Debug, Clone, Copy)]
pub enum Verdict {
    /// It fails with EDOM, which it never does by itself.
    Fails,
    /// A supervisor is told.
    Tells,
}

/// Loads a filter with this verdict on one call. Where it tells a supervisor: the descriptor to
/// listen on.
pub fn filter(verdict: Verdict) -> Result<Option<OwnedFd>> {
    const SET_MODE_FILTER: usize = 1;
    const NEW_LISTENER: usize = 8;
    const LOAD_NR: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let (value, flags) = match verdict {
        Verdict::Fails => (libc::SECCOMP_RET_ERRNO | Errno::EDOM as u32, 0),
        Verdict::Tells => (libc::SECCOMP_RET_USER_NOTIF, NEW_LISTENER),
    };
    let denied = u32::try_from(DENIED).map_err(|_| Errno::ERANGE)?;
    let line = |code, jf, k| libc::sock_filter { code, jt: 0, jf, k };
    let mut program = [
        line(LOAD_NR, 0, 0),
        line(JUMP_IF_EQUAL, 1, denied),
        line(RETURN, 0, value),
        line(RETURN, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: 4,
        filter: program.as_mut_ptr(),
    };
    let at = (&raw const program).expose_provenance();
    // SAFETY: the structure names four instructions, which are alive.
    let found = unsafe { call(libc::SYS_seccomp, [SET_MODE_FILTER, flags, at, 0, 0, 0]) }?;
    if flags == 0 {
        Ok(None)
    } else {
        descriptor(found).map(Some)
    }
}

/// Waits for one call and has it fail with EDOM, as a supervisor does (`seccomp_unotify(2)`).
pub fn answer(listener: &OwnedFd) -> Result<()> {
    // _IOWR('!', 0, struct seccomp_notif) and _IOWR('!', 1, struct seccomp_notif_resp).
    const RECEIVE: usize = 0xc050_2100;
    const SEND: usize = 0xc018_2101;
    let at = number(listener.as_raw_fd());
    let mut told = [0_u64; 10];
    let to = (&raw mut told).expose_provenance();
    // SAFETY: struct seccomp_notif has 80 bytes, and must be zero before.
    let _zero = unsafe { call(libc::SYS_ioctl, [at, RECEIVE, to, 0, 0, 0]) }?;
    let [id, ..] = told;
    let error = u64::from((-(Errno::EDOM as i32)).cast_unsigned());
    // The id, the value, then the error and the flags, which share eight bytes.
    let reply = [id, 0, error];
    let from = (&raw const reply).expose_provenance();
    // SAFETY: struct seccomp_notif_resp has 24 bytes.
    unsafe { call(libc::SYS_ioctl, [at, SEND, from, 0, 0, 0]) }.map(drop)
}

/// A child that is in a control group from its first instruction, and waits to be killed.
pub fn wait_in_group(group: BorrowedFd<'_>) -> Result<Pid> {
    const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
    // `struct clone_args`, version 2: eleven numbers.
    let mut arguments = [0_u64; 11];
    let [flags, _, _, _, signal, .., cgroup] = &mut arguments;
    *flags = CLONE_INTO_CGROUP;
    *signal = u64::from(libc::SIGCHLD.cast_unsigned());
    *cgroup = u64::try_from(group.as_raw_fd()).map_err(|_| Errno::EBADF)?;
    let at = (&raw const arguments).expose_provenance();
    // SAFETY: a structure of the size given; without CLONE_VM this is fork, and there is one thread.
    let child = unsafe { call(libc::SYS_clone3, [at, size_of_val(&arguments), 0, 0, 0, 0]) }?;
    if child == 0 {
        // SAFETY: numbers only. All signals but SIGKILL are blocked: it never returns.
        let woken = unsafe { call(libc::SYS_pause, [0; 6]) };
        std::process::exit(i32::from(woken.is_err()));
    }
    i32::try_from(child)
        .map(Pid::from_raw)
        .map_err(|_| Errno::ERANGE)
}

/// Joins a new session keyring (keyctl(2)).
pub fn new_keyring() -> Result<()> {
    const JOIN_SESSION_KEYRING: usize = 1;
    // SAFETY: numbers only; a null name asks for an anonymous keyring.
    unsafe { call(libc::SYS_keyctl, [JOIN_SESSION_KEYRING, 0, 0, 0, 0, 0]) }.map(drop)
}

/// Makes a call by the x32 interface.
#[cfg(target_arch = "x86_64")]
pub fn x32() -> Result<()> {
    const X32_GETPID: c_long = 0x4000_0000 + libc::SYS_getpid;
    // SAFETY: getpid takes no arguments.
    unsafe { call(X32_GETPID, [0; 6]) }.map(drop)
}

/// Makes a call by the interface of 32-bit programs. A kernel without it sends SIGSEGV.
#[cfg(target_arch = "x86_64")]
pub fn x86() -> Result<()> {
    const X86_GETPID: i32 = 20;
    let found: i32;
    // SAFETY: getpid takes no arguments, and the kernel changes no register but these.
    unsafe {
        core::arch::asm!("int 0x80", inlateout("eax") X86_GETPID => found,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _);
    }
    if found > 0 {
        Ok(())
    } else {
        Err(Errno::ENOSYS)
    }
}
