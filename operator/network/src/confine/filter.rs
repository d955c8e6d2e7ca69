//! The program that stands before the helper's system calls.
//!
//! What the helper calls is listed; sockets are of IPv4 and IPv6, streams and datagrams. Everything else is
//! answered with `EPERM`, calls of another architecture end the process.

use libc::{
    BPF_ABS, BPF_ALU, BPF_AND, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SYS_accept4,
    SYS_brk, SYS_clock_gettime, SYS_close, SYS_connect, SYS_epoll_ctl, SYS_epoll_pwait,
    SYS_epoll_pwait2, SYS_exit, SYS_exit_group, SYS_fcntl, SYS_fstat, SYS_futex, SYS_getpeername,
    SYS_getpid, SYS_getrandom, SYS_getsockname, SYS_getsockopt, SYS_gettid, SYS_madvise,
    SYS_memfd_create, SYS_mmap, SYS_mremap, SYS_munmap, SYS_recvfrom, SYS_recvmsg,
    SYS_restart_syscall, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sendmsg,
    SYS_sendto, SYS_setsockopt, SYS_shutdown, SYS_sigaltstack, SYS_socket, SYS_write, c_long,
    sock_filter,
};

/// `AUDIT_ARCH_X86_64` and `AUDIT_ARCH_AARCH64` (linux/audit.h).
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7;

#[cfg(target_arch = "x86_64")]
const OF_THE_ARCHITECTURE: [c_long; 1] = [libc::SYS_epoll_wait];
#[cfg(not(target_arch = "x86_64"))]
const OF_THE_ARCHITECTURE: [c_long; 0] = [];

const CALLS: [c_long; 36] = [
    SYS_accept4,
    SYS_brk,
    SYS_clock_gettime,
    SYS_close,
    SYS_connect,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_epoll_pwait2,
    SYS_exit,
    SYS_exit_group,
    SYS_fcntl,
    SYS_fstat,
    SYS_futex,
    SYS_getpeername,
    SYS_getpid,
    SYS_getrandom,
    SYS_getsockname,
    SYS_getsockopt,
    SYS_gettid,
    SYS_madvise,
    SYS_memfd_create,
    SYS_mmap,
    SYS_mremap,
    SYS_munmap,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_restart_syscall,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sendmsg,
    SYS_sendto,
    SYS_setsockopt,
    SYS_shutdown,
    SYS_sigaltstack,
    SYS_write,
];

/// Offsets in `struct seccomp_data` (linux/seccomp.h); of arguments the low half, little endian.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const FAMILY: u32 = 16;
const KIND: u32 = 24;

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const DENY: u32 = libc::SECCOMP_RET_ERRNO | 1;
const KILL: u32 = libc::SECCOMP_RET_KILL_PROCESS;

/// `SOCK_STREAM` and `SOCK_DGRAM`, without `SOCK_CLOEXEC` and `SOCK_NONBLOCK`.
const KIND_MASK: u32 = 0xf;

fn instruction(code: u32, value: u32, then: u8, otherwise: u8) -> Option<sock_filter> {
    Some(sock_filter {
        code: u16::try_from(code).ok()?,
        jt: then,
        jf: otherwise,
        k: value,
    })
}

fn load(offset: u32) -> Option<sock_filter> {
    instruction(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0)
}

fn equal(value: u32, then: u8, otherwise: u8) -> Option<sock_filter> {
    instruction(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
}

fn answer(value: u32) -> Option<sock_filter> {
    instruction(BPF_RET | BPF_K, value, 0, 0)
}

/// The program; `None` if a number does not fit.
pub(super) fn program() -> Option<Vec<sock_filter>> {
    let mut program = vec![
        load(ARCH)?,
        equal(ARCHITECTURE, 1, 0)?,
        answer(KILL)?,
        load(NUMBER)?,
        equal(u32::try_from(SYS_socket).ok()?, 0, 9)?,
        // socket(2): the family, then the type.
        load(FAMILY)?,
        equal(u32::try_from(libc::AF_INET).ok()?, 2, 0)?,
        equal(u32::try_from(libc::AF_INET6).ok()?, 1, 0)?,
        answer(DENY)?,
        load(KIND)?,
        instruction(BPF_ALU | BPF_AND | BPF_K, KIND_MASK, 0, 0)?,
        equal(u32::try_from(libc::SOCK_STREAM).ok()?, 1, 0)?,
        equal(u32::try_from(libc::SOCK_DGRAM).ok()?, 0, 1)?,
        answer(ALLOW)?,
    ];
    // A socket of another type comes here, and the number of every other call.
    program.push(load(NUMBER)?);
    program.push(equal(u32::try_from(SYS_socket).ok()?, 0, 1)?);
    program.push(answer(DENY)?);
    for call in CALLS.iter().chain(&OF_THE_ARCHITECTURE) {
        program.push(equal(u32::try_from(*call).ok()?, 0, 1)?);
        program.push(answer(ALLOW)?);
    }
    program.push(answer(DENY)?);
    Some(program)
}
