"""Looks for what leave_things.py leaves."""

def connect(family, address):
    with socket.socket(family) as s:
        s.connect(address)
def command(process):
    try:
        with open(f'/proc/{process}/cmdline', errors='replace') as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ''  # It has ended since it was listed; the one that is looked for has not.
def process():
    if not any(ONE in command(p) for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()):
        raise OSError(errno.ESRCH, 'none')
show(port=attempt(connect, socket.AF_INET, ('127.0.0.1', PORT)), abstract=attempt(connect, socket.AF_UNIX, f'\0{ONE}'),
     memory='ok' if libc.shmget(PORT, 0, 0) >= 0 else errno.errorcode[ctypes.get_errno()],
     tmp=attempt(os.stat, f'/tmp/{ONE}'), shm=attempt(os.stat, f'/dev/shm/{ONE}'), process=attempt(process))
