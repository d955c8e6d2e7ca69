"""Changes mounts: of `shown`, which is read-only, and `free`, which is not."""

REMOUNT_BIND, RDONLY, CLOEXEC = MS_REMOUNT | MS_BIND, struct.pack('QQQQ', 0, 1, 0, 0), 1
def mount(source, target, kind, flags):
    return syscall(SYS_mount, source, target, kind, flags, None)
def new_tree():
    context = libc.syscall(SYS_fsopen, b'tmpfs', CLOEXEC)
    if context < 0: return errno.errorcode[ctypes.get_errno()]
    syscall(SYS_fsconfig, context, 6, None, None, 0)
    return syscall(SYS_move_mount, libc.syscall(SYS_fsmount, context, CLOEXEC, 0), b'', -100, b'shown', 4)
def cloned():
    tree = libc.syscall(SYS_open_tree, AT_FDCWD, b'free', 1)
    return 'ok' if tree >= 0 else errno.errorcode[ctypes.get_errno()]
show(remount=mount(None, b'shown', None, REMOUNT_BIND), setattr=syscall(SYS_mount_setattr, AT_FDCWD, b'shown', 0, RDONLY, 32),
     bind=mount(b'free', b'free', None, 4096), tmpfs=mount(b'none', b'free', b'tmpfs', 0), clone=cloned(),
     fsopen=new_tree(), pick=syscall(SYS_fspick, AT_FDCWD, b'free', 0), umount=syscall(SYS_umount2, b'shown', MNT_DETACH), pivot=syscall(SYS_unshare, CLONE_NEWNS))
