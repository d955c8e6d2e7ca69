"""Brings the loopback interface up (netdevice(7))."""
import fcntl, socket, struct
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    request = struct.pack('16sh22x', b'lo', 0)
    flags, = struct.unpack_from('h', fcntl.ioctl(one, SIOCGIFFLAGS, request), 16)
    fcntl.ioctl(one, SIOCSIFFLAGS, struct.pack('16sh22x', b'lo', flags | IFF_UP))
