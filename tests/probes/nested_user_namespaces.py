"""Makes a user namespace in each way, and does what only root of one can."""

arguments = struct.pack('8Q', CLONE_NEWUSER, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
def forked(attack):
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, attack().encode())
        os._exit(0)
    os.wait()
    return os.read(reader, 99).decode()
def cloned(*call):
    pid = libc.syscall(*call)
    if pid == 0: os._exit(0)
    return 'ok' if pid > 0 else errno.errorcode[ctypes.get_errno()]
def as_root(*call):
    def attack():
        entered = syscall(SYS_unshare, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET)
        return syscall(*call) if entered == 'ok' else entered
    return forked(attack)
show(unshare=forked(lambda: syscall(SYS_unshare, CLONE_NEWUSER)), clone=cloned(SYS_clone, CLONE_NEWUSER | signal.SIGCHLD, 0, 0, 0, 0),
     clone3=cloned(SYS_clone3, arguments, len(arguments)), fsopen=as_root(SYS_fsopen, b'overlay', 0),
     netfilter=as_root(SYS_socket, 16, 3, 12), packet=as_root(SYS_socket, 17, 3, 0), mount=as_root(SYS_mount, b'none', b'/tmp', b'tmpfs', 0, None))
