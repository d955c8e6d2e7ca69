"""Takes of what the kernel counts by user as many as it gets, up to a number of each; says how many, then holds them until its
input ends."""

def taken(most, take):
    for count in range(most):
        if take(count) < 0:
            return count
    return most
def watch(number):
    directory = f'watched/{number}'
    os.mkdir(directory)
    return libc.inotify_add_watch(first, directory.encode(), 2)
def queue(number):
    name = f'/{os.getpid()}-{number}'.encode()
    made = libc.mq_open(name, os.O_CREAT | os.O_RDWR, 0o600, struct.pack('8q', 0, 10, 8192, 0, 0, 0, 0, 0))
    libc.mq_unlink(name)
    return made
timer, memory = ctypes.c_void_p(), ctypes.create_string_buffer(4 << 20)
start = (ctypes.addressof(memory) + 4095) & ~4095
held = dict(
    inotify=taken(60, lambda _: libc.inotify_init1(0)),
    timers=taken(1100, lambda _: libc.timer_create(0, None, ctypes.byref(timer))),
    queues=taken(5, queue),
    locked=taken(512, lambda number: libc.mlock(ctypes.c_void_p(start + number * 4096), 4096)))
print(json.dumps(held), flush=True)
sys.stdin.read()
