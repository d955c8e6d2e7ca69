"""Carries much to the peer (`peer.py`) and says how much came: address, what, how many.

`bytes` reads that many of one connection, `short` makes that many connections by sixteen threads, `burst` begins that many at once.
"""
import concurrent.futures, resource, select, time

address, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def read_bytes():
    got, room = 0, bytearray(1 << 20)
    with socket.create_connection((address, 7014)) as one:
        while got < count:
            part = one.recv_into(room, min(len(room), count - got))
            if not part:
                break
            got += part
    return got


def short(_):
    with socket.create_connection((address, 7007), 60) as one:
        return one.recv(5) == b'hello'


def burst():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    ones, answered, deadline = {}, set(), time.monotonic() + 100
    with select.epoll() as epoll:
        for _ in range(count):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex((address, 7020))
            ones[one.fileno()] = one
        for number in ones:
            epoll.register(number, select.EPOLLOUT)
        while len(answered) < count and time.monotonic() < deadline:
            for number, bits in epoll.poll(1):
                if bits & select.EPOLLOUT and not bits & 24:
                    ones[number].send(b'%06d' % number)
                    epoll.modify(number, select.EPOLLIN)
                elif ones[number].recv(100) == b'%06d' % number:
                    answered.add(number)
                    epoll.unregister(number)
    return len(answered)


start = time.monotonic()
if what == 'bytes':
    found = read_bytes()
elif what == 'short':
    with concurrent.futures.ThreadPoolExecutor(16) as many:
        found = sum(many.map(short, range(count)))
else:
    found = burst()
show(found=found, seconds=round(time.monotonic() - start, 1))
