"""The world behind a host, in a network namespace where every address is local: names, echoes by stream and datagram.

A stream is answered with the address and port that it was made to, once something has come; a datagram likewise. Port
9999 is closed. The argument is an object in JSON: `names` are more names, and `streams` the ports instead of those below.
"""
import ipaddress, json, selectors, socket, struct, sys

STREAMS = (22, 25, 80, 443, 3128, 5432, 8080, 8443)
DATAGRAMS = (53, 123, 443, 5353, 8080)

# Names and their addresses. A name that begins with `*.` is that of all names below it.
NAMES = {
    'api.github.com': ['140.82.112.5', '2606:50c0::5'],
    'example.org': ['93.184.216.33'],
    'www.example.org': ['93.184.216.34', '2606:2800:220:1::34'],
    '*.example.org': ['93.184.216.35'],
    'private.example.org': ['10.0.0.7', 'fd00::7'],
    'mixed.example.org': ['10.0.0.7', '93.184.216.36', '169.254.169.254'],
    'metadata.example.org': ['169.254.169.254'],
    'loopback.example.org': ['127.0.0.1', '::1'],
    'mapped.example.org': ['::ffff:10.0.0.7'],
    'translated.example.org': ['64:ff9b::a00:7', '2002:a00:7::1'],
    'host.example.org': ['198.51.100.1'],
    'blocked.example.org': ['198.18.7.7', '93.184.216.66'],
    'alias.example.org': 'target.example.net',
    'target.example.net': ['93.184.216.40'],
    'other.test': ['93.184.216.50', '2606:2800:220:1::50'],
    'shared.test': ['93.184.216.34'],
    'endless.example.org': 'endless.example.org',
}

MORE = json.loads(sys.argv[1])
NAMES.update(MORE.get('names', {}))
STREAMS = MORE.get('streams', STREAMS)

A, CNAME, AAAA = 1, 5, 28


def encoded(name):
    return b''.join(bytes([len(part)]) + part.encode() for part in name.split('.')) + b'\0'


def found(name):
    parts = name.split('.')
    return NAMES.get(name) or next(
        (NAMES['*.' + '.'.join(parts[at:])] for at in range(1, len(parts)) if '*.' + '.'.join(parts[at:]) in NAMES), None)


def records(name, kind, depth=0):
    content = found(name)
    if isinstance(content, str):
        data = encoded(content)
        own = [encoded(name) + struct.pack('>HHIH', CNAME, 1, 60, len(data)) + data]
        return own + (records(content, kind, depth + 1) if depth < 3 else [])
    addresses = [ipaddress.ip_address(text).packed for text in content or []]
    return [encoded(name) + struct.pack('>HHIH', kind, 1, 60, len(data)) + data
            for data in addresses if len(data) == {A: 4, AAAA: 16}.get(kind)]


def answer(question):
    name, at = [], 12
    while question[at]:
        name.append(question[at + 1:at + 1 + question[at]].decode().lower())
        at += question[at] + 1
    kind, = struct.unpack('>H', question[at + 1:at + 3])
    own = records('.'.join(name), kind)
    code = 0 if found('.'.join(name)) else 3
    return question[:2] + struct.pack('>HHHHH', 0x8180 | code, 1, len(own), 0, 0) + question[12:at + 5] + b''.join(own)


def stream(listener, wait):
    connection, _ = listener.accept()
    wait.register(connection, selectors.EVENT_READ, echo)


def echo(connection, wait):
    try:
        if connection.recv(4096):
            connection.sendall(('%s %d\n' % connection.getsockname()[:2]).encode())
    except OSError:
        pass
    wait.unregister(connection)
    connection.close()


def datagram(socket_, wait):
    content, control, _, sender = socket_.recvmsg(2000, 200)
    six = socket_.family == socket.AF_INET6
    for level, kind, data in control:
        # in_pktinfo has the address behind two others, in6_pktinfo first.
        own = ipaddress.ip_address(data[:16] if six else data[8:12])
        port = socket_.getsockname()[1]
        reply = answer(content) if port == 53 else b'%s %d\n' % (str(own).encode(), port)
        back = own.packed + bytes(4) if six else struct.pack('=I4s4s', 0, own.packed, b'')
        socket_.sendmsg([reply], [(level, kind, back)], 0, sender)


wait = selectors.DefaultSelector()
for family in (socket.AF_INET, socket.AF_INET6):
    for kind, ports, ready in ((socket.SOCK_STREAM, STREAMS, stream), (socket.SOCK_DGRAM, DATAGRAMS, datagram)):
        for port in ports:
            one = socket.socket(family, kind)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
                one.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND
            else:
                one.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
            one.bind(('', port))
            if kind == socket.SOCK_STREAM:
                one.listen(1024)
            wait.register(one, selectors.EVENT_READ, ready)
print('ready', flush=True)
while True:
    for key, _ in wait.select():
        key.data(key.fileobj, wait)
