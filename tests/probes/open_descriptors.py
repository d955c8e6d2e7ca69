"""Shows the descriptors that it has, and tries one of the caller."""

listing = os.open('/proc/self/fd', os.O_RDONLY)
show(open=[int(fd) for fd in os.listdir(listing) if int(fd) != listing and os.path.exists(f'/proc/self/fd/{fd}')],
     root=attempt(os.listdir, '/proc/self/fd/9/'), change=attempt(os.fchdir, 9))
