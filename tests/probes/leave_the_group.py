"""Tries to leave its control group."""

def move(path):
    write(path + "/cgroup.procs", "0")
found = [attempt(move, root) for root, _, _ in os.walk("/groups")]
mounted = [syscall(SYS_mount, b"x", b"/output", b"cgroup2", 0, 0), syscall(SYS_fsopen, b"cgroup2", 0)]
show(own=read("/proc/self/cgroup"), init=read("/proc/1/cgroup"), moved=sorted(set(found)),
     mounted=mounted, there=os.listdir("/sys/fs/cgroup"))
