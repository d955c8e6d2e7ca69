"""Executes the program `true` of each directory in every way, and maps it as code. A directory that lacks it gets a copy."""

import mmap, shutil
def child(call, *arguments):
    ours, its = os.pipe()
    process = os.fork()
    if process == 0:
        os.dup2(os.open('/dev/null', os.O_WRONLY), 2)
        os.write(its, attempt(call, *arguments).encode())
        os._exit(1)
    os.close(its)
    said = os.read(ours, 64).decode()
    os.close(ours)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return said or ('ran' if code in (0, 7) else 'ended')
def by_descriptor(path):
    os.execve(os.open(path, os.O_RDONLY), ['true'], {})
def mapped(path):
    with open(path, 'rb') as file:
        mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC).close()
def made_executable(path):
    libc.mmap.restype = ctypes.c_void_p
    with open(path, 'rb') as file:
        at = libc.mmap(None, ctypes.c_size_t(4096), mmap.PROT_READ, mmap.MAP_PRIVATE, file.fileno(), ctypes.c_long(0))
    if libc.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(4096), mmap.PROT_READ | mmap.PROT_EXEC) == -1:
        raise OSError(ctypes.get_errno(), 'mprotect')
def ways(place):
    program, text = place + '/true', place + '/script'
    if not os.path.exists(program):
        shutil.copy('/usr/bin/true', program)
        write(text, '#!/bin/sh\nexit 7\n')
        os.chmod(text, 0o755)
    return {'execve': child(os.execv, program, ['true']), 'descriptor': child(by_descriptor, program),
            'loader': child(os.execv, LOADER, ['loader', program]), 'mmap': attempt(mapped, program),
            'mprotect': attempt(made_executable, program), 'script': child(os.execv, text, ['script']),
            'interpreter': child(os.execv, '/bin/sh', ['sh', text])}
LOADER = '/lib64/ld-linux-x86-64.so.2'
show(**{place: ways(place) for place in os.environ['PLACES'].split()})
