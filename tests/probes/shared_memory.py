"""Looks for shared memory, queues and semaphores of others."""

libc.mq_open.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
memory = libc.shmget(KEY, 4096, 0o1666); queue = libc.msgget(KEY, 0o1666); semaphore = libc.semget(KEY, 1, 0o1666)
mq = ctypes.CDLL('librt.so.1').mq_open(b'/NAME', os.O_CREAT | os.O_RDWR, 0o666, None)
write('/dev/shm/NAME')
print('ready', flush=True)
sys.stdin.read()
libc.shmctl(memory, 0, None); libc.msgctl(queue, 0, None); libc.semctl(semaphore, 0, 0)
libc.mq_unlink(b'/NAME'); os.unlink('/dev/shm/NAME')
