"""A download: asks a host by name, as far as TLS goes with a stand-in, and writes what comes. The argument is the host."""
import socket, ssl, sys

sent = ssl.MemoryBIO()
side = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname=sys.argv[1])
try:
    side.do_handshake()
except ssl.SSLWantReadError:
    pass
with socket.create_connection((sys.argv[1], 443), 5) as host, open('data', 'wb') as data:
    host.sendall(sent.read())
    data.write(host.recv(100))
