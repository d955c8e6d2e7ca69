"""What becomes of connections when purple-net is killed. Says `ready` when there are some, and goes on when its input ends.

The arguments are the peer's addresses (`peer.py`) and one from which nothing comes back, of each family.
"""
import threading, time

PEER = {4: sys.argv[1], 6: sys.argv[2]}
HOLE = {4: sys.argv[3], 6: sys.argv[4]}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
found = {}


def new(family, kind=socket.SOCK_STREAM):
    one = socket.socket(FAMILY[family], kind)
    # The kernel's own timeout: with Python's, no call would wait.
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack('ll', 20, 0))
    return one


def to(family, port):
    one = new(family)
    one.connect((PEER[family], port))
    return one


def rest(one):
    try:
        while one.recv(1 << 16):
            pass
        return 'the end'
    except OSError as error:
        return errno.errorcode[error.errno]


def soon(call, *arguments):
    start = time.monotonic()
    error = attempt(call, *arguments)
    return error + (' soon' if time.monotonic() - start < 0.9 else ' late')


def waiting(family, one):
    start = time.monotonic()
    error = attempt(one.connect, (HOLE[family], 80))
    found[f'being made {family}'] = error + (' in time' if time.monotonic() - start < 12 else ' late')


quiet, busy, making = {}, {}, []
for family in (4, 6):
    quiet[family] = to(family, 7007)
    quiet[family].recv(5)
    busy[family] = to(family, 7014)
    busy[family].recv(1 << 16)
    one = new(family)
    making.append(threading.Thread(target=waiting, args=(family, one)))
    making[-1].start()
print('ready', flush=True)
sys.stdin.read()
for family in (4, 6):
    found[f'quiet {family}'] = rest(quiet[family])
    found[f'busy {family}'] = rest(busy[family])
    found[f'new {family}'] = soon(new(family).connect, (PEER[family], 7001))
    with new(family, socket.SOCK_DGRAM) as one:
        one.connect((PEER[family], 7101))
        attempt(one.send, b'x')
        found[f'datagram {family}'] = soon(one.recv, 1)
start = time.monotonic()
try:
    socket.getaddrinfo('www.example.org', 443)
    found['name'] = 'found'
except socket.gaierror:
    found['name'] = 'not found soon' if time.monotonic() - start < 3 else 'not found late'
for thread in making:
    thread.join()
show(**found)
