"""Makes shared memory and shows all there is."""

made = libc.shmget(0x5075, 4096, 0o1666)
show(made=made >= 0, keys=[int(line.split()[0]) for line in read('/proc/sysvipc/shm').splitlines()[1:]])
