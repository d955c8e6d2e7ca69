"""What the rows of the socket probes share: each row is a function whose text says what a program sees of sockets to `peer.py`.

The rows stand in sockets_streams.py, sockets_datagrams.py and sockets_shared.py, which also prints what was found.

The arguments are the peer's two addresses, then addresses of each family that nothing answers (black holes), that routes of the
host or of the world refuse, and to which there is no route.
"""
import concurrent.futures, os, resource, select, threading, time

PEER = {4: sys.argv[1], 6: sys.argv[2]}
HOLE, UNREACHABLE, FAR, PROHIBITED, NOWHERE = [
    {4: sys.argv[at], 6: sys.argv[at + 1]} for at in range(3, 13, 2)]
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
CLOSED = 7999
POLLRDHUP = 0x2000
ROWS = []


def row(function):
    ROWS.append((function.__name__, (4,), function))
    return function


def both(function):
    ROWS.append((function.__name__, (4, 6), function))
    return function


def name(error):
    return errno.errorcode.get(error.errno, str(error)) if isinstance(error, OSError) else repr(error)


def tried(call, *arguments):
    try:
        found = call(*arguments)
        return 'ok' if found is None else str(found)
    except OSError as error:
        return name(error)


def new(family, kind=socket.SOCK_STREAM, wait=20):
    one = socket.socket(FAMILY[family], kind)
    if wait:
        # The kernel's own timeouts: with Python's, no call would wait.
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            one.setsockopt(socket.SOL_SOCKET, option, struct.pack('ll', int(wait), int(wait % 1 * 1000000)))
    one.setblocking(wait != 0)
    return one


def to(family, port):
    one = new(family)
    one.connect((PEER[family], port))
    return one


def key():
    return os.urandom(4).hex().encode()


def told(family, which):
    with to(family, 7000) as one:
        one.sendall(which)
        return everything(one).decode()


def everything(one):
    got = b''
    while part := one.recv(65536):
        got += part
    return got


def events(bits):
    names = [('IN', 1), ('OUT', 4), ('ERR', 8), ('HUP', 16), ('RDHUP', POLLRDHUP)]
    return '|'.join(text for text, bit in names if bits & bit) or 'none'


def polled(one, wanted, until):
    """What poll(2) says once it says `until`."""
    poll, deadline = select.poll(), time.monotonic() + 10
    poll.register(one, wanted)
    while time.monotonic() < deadline:
        for _, bits in poll.poll(1000):
            if bits & until == until:
                return events(bits)
            time.sleep(0.001)
    return 'nothing'


def soon(call, *arguments):
    """What comes of it, and whether it comes before a lost packet would be sent again; on a busy machine, once of three times."""
    for _ in range(3):
        start = time.monotonic()
        found = tried(call, *arguments)
        if time.monotonic() - start < 0.9:
            return found + ' soon'
    return found + ' late'


