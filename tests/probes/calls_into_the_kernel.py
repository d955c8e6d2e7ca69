"""Calls of the hardened baseline, each with arguments that the kernel takes, or that do no harm."""

def reached(*call):
    # What the kernel says of bad arguments, it says to those who may.
    result = syscall(*call)
    return 'ok' if result in ('EINVAL', 'EFAULT', 'ENOEXEC', 'EBADF') else result
event = struct.pack('IIQQQQQ', 1, 112, 0, 0, 0, 0, 1 << 5 | 1 << 6).ljust(112, b'\0')
array = struct.pack('IIIII', 2, 4, 4, 1, 0).ljust(72, b'\0')
show(keyctl=syscall(SYS_keyctl, 0, -3, 1), add_key=syscall(SYS_add_key, b'user', b'purple-test', b'x', 1, -2), bpf=syscall(SYS_bpf, 0, array, 72),
     perf=syscall(SYS_perf_event_open, event, 0, -1, -1, 0), userfaultfd=syscall(SYS_userfaultfd, 1), kexec=reached(SYS_kexec_load, 0, 99, 0, 0),
     module=reached(SYS_finit_module, -1, b'', 0), ptrace=syscall(SYS_ptrace, 0, 0, 0, 0), chroot=syscall(SYS_chroot, b'/'), handle=reached(SYS_open_by_handle_at, -1, 0, 0),
     fanotify=syscall(SYS_fanotify_init, 0x200, 0), syslog=syscall(SYS_syslog, 3, ctypes.create_string_buffer(8), 8), quotactl=reached(SYS_quotactl, 0, 0, 0, 0),
     acct=reached(SYS_acct, b'/proc'), ioperm=syscall(SYS_ioperm, 0, 1, 1))
