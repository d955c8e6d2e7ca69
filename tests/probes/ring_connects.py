"""Connects through a ring, without any call that a filter sees. Takes PORT."""

import mmap
parameters = bytearray(120)
ring = libc.syscall(SYS_io_uring_setup, 4, (ctypes.c_char * 120).from_buffer(parameters))
entries, completions = struct.unpack_from('2I', parameters)
submit, complete = struct.unpack_from('8I', parameters, 40), struct.unpack_from('8I', parameters, 80)
rings = mmap.mmap(ring, max(submit[6] + 4 * entries, complete[5] + 16 * completions))
queue = mmap.mmap(ring, 64 * entries, offset=0x10000000)
target = socket.socket()
address = ctypes.create_string_buffer(struct.pack('!HH4s8x', 0x0200, PORT, bytes([127, 0, 0, 1])))
CONNECT = 16
queue[:64] = struct.pack('BBHiQQIIQ24x', CONNECT, 0, 0, target.fileno(), 16, ctypes.addressof(address), 0, 0, 7)
struct.pack_into('I', rings, submit[1], 1)
assert libc.syscall(SYS_io_uring_enter, ring, 1, 1, 1, None, 0) == 1
_, result = struct.unpack_from('Qi', rings, complete[5])
show(connect='ok' if result == 0 else errno.errorcode[-result])
