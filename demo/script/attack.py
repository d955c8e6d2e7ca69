"""What a script could do that was written to do harm."""

import ctypes
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


for what, attempt in [
    ("write beside the data", lambda: open("stolen.csv", "w")),
    ("change the data", lambda: open("readings.csv", "a")),
    ("keep something for later", lambda: open("/usr/lib/later.py", "w")),
    ("read the host's accounts", lambda: open("/etc/shadow")),
    ("send the data away", lambda: socket.create_connection(("192.0.2.1", 443), 2)),
    ("trace another program", lambda: call("ptrace", 16, 1, None, None)),
    ("mount a file system", lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None)),
    ("make a namespace", lambda: call("unshare", 0x10000000)),
    ("become root", lambda: os.setuid(0)),
]:
    try:
        attempt()
        print(f"{what}: it worked")
    except OSError as error:
        print(f"{what}: {error.strerror}")
