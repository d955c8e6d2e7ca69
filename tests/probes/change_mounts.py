"""Attempts to make read-only mounts writable and to uncover what is covered."""

def mount(source, target, kind, flags, data=None):
    encode = lambda text: text.encode() if text else None
    return syscall(SYS_mount, encode(source), encode(target), encode(kind), flags, data)
attributes = struct.pack('QQQQ', 0, 1, 0, 0)
def attempts():
    return dict(
    remount=mount(None, '/usr', None, MS_REMOUNT | MS_BIND), root=mount(None, '/', None, MS_REMOUNT),
    bind=mount('/usr', '/tmp', None, MS_BIND), tmpfs=mount('none', '/tmp', 'tmpfs', 0),
    proc=mount('none', '/tmp', 'proc', 0), shared=mount(None, '/', None, MS_PRIVATE),
    umount=syscall(SYS_umount2, b'/usr', 0), unmask=syscall(SYS_umount2, b'/proc/keys', MNT_DETACH),
    open_tree=syscall(SYS_open_tree, AT_FDCWD, b'/usr', 1), fsopen=syscall(SYS_fsopen, b'tmpfs', 0), fspick=syscall(SYS_fspick, AT_FDCWD, b'/', 0),
    setattr=syscall(SYS_mount_setattr, AT_FDCWD, b'/usr', 0x8000, attributes, 32), move=syscall(SYS_move_mount, AT_FDCWD, b'/tmp', -100, b'/usr', 0),
    pivot=syscall(SYS_pivot_root, b'/tmp', b'/tmp'), chroot=syscall(SYS_chroot, b'/tmp'),
    unshare=syscall(SYS_unshare, CLONE_NEWNS), setns=syscall(SYS_setns, os.open('/proc/self/ns/uts', os.O_RDONLY), 0),
    hostname=syscall(SYS_sethostname, b'x', 1))
show(**attempts())
