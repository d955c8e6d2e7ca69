"""Denies itself connections over TCP by a Landlock ruleset."""

ruleset = libc.syscall(SYS_landlock_create_ruleset, struct.pack('QQ', 0, LANDLOCK_ACCESS_NET_CONNECT_TCP), 16, 0)
libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
if libc.syscall(SYS_landlock_restrict_self, ruleset, 0):
    raise OSError(ctypes.get_errno(), 'landlock_restrict_self')
