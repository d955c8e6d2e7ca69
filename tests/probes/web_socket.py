"""A WebSocket to a site: the handshake, then 100 messages, each of which comes back, then the end (RFC 6455)."""
import base64, os, socket, ssl, struct, sys

name = sys.argv[1]
plain = socket.create_connection((name, 443), timeout=20)
link = ssl.create_default_context().wrap_socket(plain, server_hostname=name)
key = base64.b64encode(os.urandom(16)).decode()
link.sendall((f'GET /socket HTTP/1.1\r\nHost: {name}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
              f'Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n').encode())
stream = link.makefile('rb')
assert b' 101 ' in stream.readline()
while stream.readline() not in (b'\r\n', b''):
    pass


def send(opcode, content):
    mask, length = os.urandom(4), len(content)
    head = bytes([0x80 | opcode]) + (bytes([0x80 | length]) if length < 126 else struct.pack('>BH', 0xfe, length))
    link.sendall(head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(content)))


def receive():
    opcode, length = stream.read(2)
    if length == 126:
        length, = struct.unpack('>H', stream.read(2))
    return opcode & 0xf, stream.read(length)


came = 0
for number in range(100):
    content = b'%d ' % number * (number + 1)
    send(1, content)
    came += receive() == (1, content)
send(8, b'\x03\xe8')
assert receive() == (8, b'\x03\xe8')
print(came, 'messages')
