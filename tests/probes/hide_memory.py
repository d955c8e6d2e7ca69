"""Makes a denied call with its memory closed to others."""

libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
show(made=attempt(os.mkdir, '/tmp/hidden'))
