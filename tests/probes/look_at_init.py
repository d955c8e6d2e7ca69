"""What a program sees of process 1."""

show(cmdline=read('/proc/1/cmdline').strip('\0'),
        environ=attempt(read, '/proc/1/environ'), fd=attempt(os.listdir, '/proc/1/fd'),
        root=attempt(os.listdir, '/proc/1/root/'), cwd=attempt(os.listdir, '/proc/1/cwd/'),
        exe=attempt(os.readlink, '/proc/1/exe'), mem=attempt(open, '/proc/1/mem', 'rb'),
        maps=attempt(read, '/proc/1/maps'), ns=attempt(os.readlink, '/proc/1/ns/mnt'),
        stack=attempt(read, '/proc/1/stack'), tasks=attempt(os.listdir, '/proc/1/task/1/fd'))
