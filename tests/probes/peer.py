"""A peer in the world for the probe `sockets_rows.py`: each port does one thing, in both families.

Port 7000 answers what became of the connection that was made from or with a key: the key is what was sent first.
"""
import resource, selectors, socket, struct, sys, threading, errno

resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
seen, news = {}, threading.Condition()


def note(key, what):
    with news:
        seen[key] = what
        news.notify_all()


def rest(one):
    """All that still comes, and how it ends."""
    got = b''
    try:
        while part := one.recv(65536):
            got += part
        return '%d then the end' % len(got)
    except OSError as error:
        return '%d then %s' % (len(got), errno.errorcode[error.errno])


def reset(one):
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    one.close()


def ask(one):
    key = one.recv(100)
    with news:
        news.wait_for(lambda: key in seen, 10)
        one.sendall(seen.get(key, 'nothing').encode())


def echo(one):
    while part := one.recv(65536):
        one.sendall(part)


def count(one):
    one.sendall(rest(one).encode())


def half_close(one):
    key = one.recv(8)
    one.sendall(b'bye')
    one.shutdown(socket.SHUT_WR)
    note(key, rest(one))


def reset_at_once(one):
    one.recv(8)
    reset(one)


def note_the_rest(one):
    key = one.recv(8)
    one.sendall(b'more than is read')
    note(key, rest(one))


def close_unread(one):
    one.recv(1)


def greet(one):
    one.sendall(b'hello')
    echo(one)


def urgent(one):
    key = one.recv(8)
    got = b''
    try:
        while part := one.recv(100):
            got += part
        note(key, got.decode())
    except OSError as error:
        note(key, errno.errorcode[error.errno])


def send_urgent(one):
    one.sendall(b'a')
    one.send(b'!', socket.MSG_OOB)
    one.recv(1)


def whose(one):
    one.sendall(('%s %d' % one.getpeername()[:2]).encode())


def take(one):
    key = one.recv(8)
    # Not before the program is about to end: until then the buffers between are full.
    with news:
        news.wait_for(lambda: key + b' by datagram' in seen, 10)
    threading.Event().wait(0.2)
    note(key, rest(one))


def send_without_end(one):
    while True:
        one.sendall(bytes(1 << 16))


def never_read(one):
    key = one.recv(8)
    with news:
        news.wait_for(lambda: key + b'!' in seen, 10)


def let_go(one):
    note(one.recv(8) + b'!', 'gone')


STREAMS = {7000: ask, 7001: echo, 7002: count, 7003: half_close, 7004: reset_at_once, 7005: note_the_rest,
           7006: close_unread, 7007: greet, 7008: urgent, 7009: send_urgent, 7010: whose, 7011: never_read, 7012: let_go,
           7013: take, 7014: send_without_end}


def serve(one, does):
    try:
        with one:
            does(one)
    except OSError:
        pass


def many(one, wait):
    part = one.recv(4096)
    if part:
        one.send(part)
    else:
        wait.unregister(one)
        one.close()


def accept(listener, wait, does):
    one, _ = listener.accept()
    if does is many:
        wait.register(one, selectors.EVENT_READ, lambda: many(one, wait))
    else:
        threading.Thread(target=serve, args=(one, does), daemon=True).start()


def datagram(one, other):
    content, sender = one.recvfrom(65536)
    if content.endswith(b' by datagram'):
        note(content, 'came')
    # From another port, where that is asked for.
    (other if content == b'from elsewhere' else one).sendto(content, sender)


wait = selectors.DefaultSelector()
for family, address in ((socket.AF_INET, sys.argv[1]), (socket.AF_INET6, sys.argv[2])):
    for port, does in [*STREAMS.items(), (7020, many)]:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND
        else:
            listener.setsockopt(socket.IPPROTO_IP, 15, 1)  # IP_FREEBIND
        listener.bind((address, port))
        listener.listen(4096)
        wait.register(listener, selectors.EVENT_READ, lambda listener=listener, does=does: accept(listener, wait, does))
    made = []
    for port in (7101, 7102, 7103):
        one = socket.socket(family, socket.SOCK_DGRAM)
        one.setsockopt(*((socket.IPPROTO_IPV6, 78) if family == socket.AF_INET6 else (socket.IPPROTO_IP, 15)), 1)
        one.bind((address, port))
        made.append(one)
    wait.register(made[0], selectors.EVENT_READ, lambda made=made: datagram(*made[:2]))
    for one in made[1:]:
        wait.register(one, selectors.EVENT_READ, lambda one=one: datagram(one, one))
print('ready', flush=True)
while True:
    for key, _ in wait.select():
        key.data()
