"""answer_one_call.py NUMBER ERRNO COMMAND...: loads a filter that answers one call with an error, and becomes the command."""
import ctypes
import errno
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
LOAD_NUMBER = (0x20, 0, 0, 0)
ALLOW = (0x06, 0, 0, 0x7FFF0000)

number, name, *command = sys.argv[1:]
answer = (0x06, 0, 0, 0x00050000 | getattr(errno, name))
lines = [LOAD_NUMBER, (0x15, 0, 1, int(number)), answer, ALLOW]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


program = Program(len(lines), ctypes.cast(code, ctypes.c_void_p))
prctl = ctypes.CDLL(None, use_errno=True).prctl
if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execvp(command[0], command)
