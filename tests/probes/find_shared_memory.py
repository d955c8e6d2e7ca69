"""Looks for what shared_memory.py has made."""

def found(number):
    return 'ok' if number >= 0 else errno.errorcode[ctypes.get_errno()]
show(memory=found(libc.shmget(KEY, 0, 0)), queue=found(libc.msgget(KEY, 0)), semaphore=found(libc.semget(KEY, 0, 0)),
     posix_queue=found(libc.mq_open(b'/NAME', os.O_RDONLY)), file=attempt(os.stat, '/dev/shm/NAME'))
