"""Has a name, and makes a denied call with a path, in which characters hide."""

HIDDEN = sys.argv[1].encode('utf-8', 'surrogateescape')
libc.prctl(PR_SET_NAME, HIDDEN[:15])
show(denied=syscall(SYS_chroot, HIDDEN))
