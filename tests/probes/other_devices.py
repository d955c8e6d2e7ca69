"""Looks for devices, and makes one."""

import stat
show(dev=sorted(os.listdir('/dev')), pts=sorted(os.listdir('/dev/pts')),
     null=attempt(os.mknod, '/tmp/null', 0o666 | stat.S_IFCHR, os.makedev(1, 3)),
     disk=attempt(os.mknod, '/output/disk', 0o666 | stat.S_IFBLK, os.makedev(254, 0)),
     chmod=attempt(os.chmod, '/dev/null', 0o600), unlink=attempt(os.unlink, '/dev/null'))
