"""Makes a user namespace by each call that can."""

arguments = struct.pack('QQQQQQQQ', CLONE_NEWUSER, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
def clone():
    pid = libc.syscall(SYS_clone, CLONE_NEWUSER | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0: os._exit(0)
    return 'ok' if pid > 0 else errno.errorcode[ctypes.get_errno()]
def clone3():
    pid = libc.syscall(SYS_clone3, arguments, len(arguments))
    if pid == 0: os._exit(0)
    return 'ok' if pid > 0 else errno.errorcode[ctypes.get_errno()]
show(unshare=syscall(SYS_unshare, CLONE_NEWUSER), clone=clone(), clone3=clone3())
