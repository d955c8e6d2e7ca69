"""Starts a program from a file in memory, and maps code of its own."""

import mmap
def started():
    file = os.memfd_create('copy', 0)
    with open('/usr/bin/true', 'rb') as program:
        os.write(file, program.read())
    child = os.fork()
    if child == 0:
        try:
            os.execv(f'/proc/self/fd/{file}', ['true'])
        except OSError as error:
            os._exit(error.errno)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return errno.errorcode.get(code, 'ok')
show(started=started(), mapped=attempt(mmap.mmap, -1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7))
