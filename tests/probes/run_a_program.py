"""Starts a program of the host in every way that there is. Takes PROGRAM."""

import subprocess
def started(*words, **rest):
    def start():
        if subprocess.run(words, stderr=subprocess.DEVNULL, **rest).returncode != 0:
            raise OSError(errno.ENOEXEC, 'it ended in failure')
    return attempt(start)
def in_memory():
    file = os.memfd_create('copy', 0)
    with open(PROGRAM, 'rb') as original:
        os.write(file, original.read())
    return started(f'/proc/self/fd/{file}', pass_fds=[file])
def at_empty_path():
    file = os.open(PROGRAM, os.O_PATH)
    if os.fork() == 0:
        libc.syscall(SYS_execveat, file, b'', None, None, AT_EMPTY_PATH)
        os._exit(9)
    return 'ok' if os.wait()[1] == 0 else 'ENOEXEC'
def named(call):
    try:
        return call()
    except OSError as error:
        return errno.errorcode[error.errno]
show(path=started(PROGRAM), root=started('/proc/self/root' + PROGRAM), loader=started('/lib64/ld-linux-x86-64.so.2', PROGRAM),
     link=attempt(os.link, PROGRAM, 'linked'), memory=named(in_memory), execveat=named(at_empty_path))
