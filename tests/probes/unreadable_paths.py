"""Paths at the edge of a page, and at an address where nothing is."""

import mmap
libc.mmap.restype = ctypes.c_void_p
page = libc.mmap(None, 8192, 3, 0x22, -1, 0)
libc.munmap(ctypes.c_void_p(page + 4096), 4096)
ctypes.memmove(page + 4092, b'/end', 4)
show(edge=syscall(SYS_mkdir, page + 4092, 0), wild=syscall(SYS_mount, 0, 8, 0, 0, 0))
