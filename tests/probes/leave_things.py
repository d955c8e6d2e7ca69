"""Leaves things wherever two programs on one host could meet, until its input ends."""

listener = socket.create_server(('127.0.0.1', PORT))
abstract = socket.socket(socket.AF_UNIX); abstract.bind(f'\0{ONE}'); abstract.listen()
memory = libc.shmget(PORT, 4096, 0o1666)
write(f'/tmp/{ONE}'); write(f'/dev/shm/{ONE}')
print('ready', flush=True)
sys.stdin.read()
libc.shmctl(memory, 0, None); os.unlink(f'/tmp/{ONE}'); os.unlink(f'/dev/shm/{ONE}')
