"""other_root.py ROOT UID GID COMMAND...: makes a directory the root of a mount namespace, and becomes the command as this user there."""
import ctypes
import os
import sys

CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH, SYS_PIVOT_ROOT = 0x20000, 4096, 16384, 1 << 18, 2, 155
root, uid, gid, *command = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result:
        sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}")


def bind(source, target):
    check(libc.mount(source.encode(), target.encode(), None, MS_BIND | MS_REC, None), target)


check(libc.unshare(CLONE_NEWNS), "unshare")
check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "private mounts")
bind(root, root)
for name in ("proc", "sys", "dev"):
    os.makedirs(f"{root}/{name}", exist_ok=True)
    bind(f"/{name}", f"{root}/{name}")
os.chdir(root)
check(libc.syscall(SYS_PIVOT_ROOT, b".", b"."), "pivot_root")
check(libc.umount2(b".", MNT_DETACH), "umount2")
os.chdir("/")
os.setgroups([])
os.setresgid(int(gid), int(gid), int(gid))
os.setresuid(int(uid), int(uid), int(uid))
os.execve(command[0], command, {"PATH": "/usr/bin:/bin"})
