"""Asks for a name that no entry lists, and for an address that none lists and one that a line blocks."""
import socket
def attempt(kind, to, times):
    for _ in range(times):
        with socket.socket(type=kind) as one:
            try:
                one.connect(to)
                one.send(b'x')
            except OSError:
                pass
try:
    socket.getaddrinfo('other.example', 443)
except socket.gaierror:
    pass
attempt(socket.SOCK_STREAM, ('203.0.113.9', 22), 3)
attempt(socket.SOCK_DGRAM, ('203.0.113.9', 53), 2)
attempt(socket.SOCK_STREAM, ('192.0.2.7', 443), 1)
