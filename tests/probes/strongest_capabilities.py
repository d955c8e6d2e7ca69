"""What the strongest capabilities reach, and what of the mounts they could change."""

def mount(source, target, kind, flags):
    encode = lambda text: text.encode() if text else None
    return syscall(SYS_mount, encode(source), encode(target), encode(kind), flags, None)
attributes = struct.pack('QQQQ', 0, 1, 0, 0)
handle = struct.pack('II', 8, 1) + struct.pack('QQ', 2, 0)
before = dict(remount=mount(None, '/usr', None, MS_REMOUNT | MS_BIND), root=mount(None, '/', None, MS_REMOUNT),
    umount=syscall(SYS_umount2, b'/usr', 0), unmask=syscall(SYS_umount2, b'/proc/keys', MNT_DETACH), fsopen=syscall(SYS_fsopen, b'tmpfs', 0),
    setattr=syscall(SYS_mount_setattr, AT_FDCWD, b'/usr', 0x8000, attributes, 32), hostname=syscall(SYS_sethostname, b'x', 1),
    time=syscall(SYS_settimeofday, struct.pack('qq', 1, 0), None), reboot=syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0),
    shadow=attempt(os.chown, '/usr', 1000, 1000), init=syscall(SYS_ptrace, 16, 1, 0, 0), pattern=attempt(write, '/proc/sys/kernel/core_pattern'),
    handle=syscall(SYS_open_by_handle_at, os.open('/usr', os.O_RDONLY), handle, 0), log=syscall(SYS_syslog, 3, ctypes.create_string_buffer(10), 10),
    disk=attempt(os.mknod, '/tmp/disk', 0o60666, os.makedev(254, 0)), environ=attempt(read, '/proc/1/environ'),
    init_root=attempt(os.listdir, '/proc/1/root/'), init_ns=attempt(os.readlink, '/proc/1/ns/user'))
# A mount namespace of the inner user namespace's own: what came from outside is locked.
unshare = syscall(SYS_unshare, CLONE_NEWNS)
inner = dict(remount=mount(None, '/usr', None, MS_REMOUNT | MS_BIND), umount=syscall(SYS_umount2, b'/usr', MNT_DETACH),
    unmask=syscall(SYS_umount2, b'/proc/keys', MNT_DETACH), sys=syscall(SYS_umount2, b'/proc/sys', MNT_DETACH), setattr=syscall(SYS_mount_setattr, AT_FDCWD, b'/usr', 0x8000, attributes, 32),
    proc=mount('none', '/tmp', 'proc', 0), sysfs=mount('none', '/tmp', 'sysfs', 0),
    bind=mount('/proc', '/tmp', None, MS_BIND), user=syscall(SYS_unshare, CLONE_NEWUSER))
writes = dict(usr=attempt(write, '/usr/new'), etc=attempt(write, '/etc/passwd'), setting=attempt(write, '/proc/sys/kernel/hostname'))
show(before=before, unshare=unshare, inner=inner, writes=writes)
