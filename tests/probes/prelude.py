"""What every probe begins with, after calls.py.

`attempt` gives the name of the error that a call ends in, or `ok`; `syscall` makes a system call by number and gives the
same; `show` prints what was found.
"""

import ctypes, errno, fcntl, json, os, signal, socket, struct, sys, termios
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def attempt(call, *arguments):
    try:
        call(*arguments)
        return "ok"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
def syscall(number, *arguments):
    plain = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    if libc.syscall(ctypes.c_long(number), *plain) == -1:
        return errno.errorcode[ctypes.get_errno()]
    return "ok"
def write(path, text="x"):
    with open(path, "w") as file:
        file.write(text)
def read(path):
    with open(path) as file:
        return file.read()
def status(process="self"):
    lines = read(f"/proc/{process}/status").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
def interfaces():
    return [line.partition(":")[0].strip() for line in read("/proc/self/net/dev").splitlines()[2:]]
def show(**found):
    print(json.dumps(found))
