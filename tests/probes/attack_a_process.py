"""Everything that one process may do to another of the same user. Takes PID."""

vector = (ctypes.c_char * 64)()
def pidfd(then):
    file = libc.syscall(SYS_pidfd_open, PID, 0)
    return then(file) if file >= 0 else errno.errorcode[ctypes.get_errno()]
show(kill=attempt(os.kill, PID, 0), attach=syscall(SYS_ptrace, 0x4206, PID, 0, 0), pidfd=pidfd(lambda file: 'ok'),
     signal=pidfd(lambda file: syscall(SYS_pidfd_send_signal, file, 0, None, 0)), descriptor=pidfd(lambda file: syscall(SYS_pidfd_getfd, file, 0, 0)),
     same=syscall(SYS_kcmp, PID, PID, 0, 0, 0), priority=attempt(os.getpriority, os.PRIO_PROCESS, PID),
     limits=syscall(SYS_prlimit64, PID, 7, None, (ctypes.c_char * 16)()), memory=attempt(lambda: open(f'/proc/{PID}/mem', 'rb').close()),
     environment=attempt(read, f'/proc/{PID}/environ'), namespace=attempt(os.readlink, f'/proc/{PID}/ns/mnt'))
