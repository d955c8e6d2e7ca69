"""Makes one denied call COUNT times."""

call, number, zero = libc.syscall, ctypes.c_long(SYS_mount), ctypes.c_long(0)
for _ in range(COUNT): call(number, zero, zero, zero, zero, zero)
