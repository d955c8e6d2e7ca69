"""Rows of streams, after sockets_rows.py."""


@both
def connect_refused(family):
    with new(family) as one:
        first = soon(one.connect, (PEER[family], CLOSED))
        return first + ', again ' + soon(one.connect, (PEER[family], CLOSED))


@both
def a_refused_socket_connects_elsewhere(family):
    with new(family) as one:
        first = tried(one.connect, (PEER[family], CLOSED))
        one.connect((PEER[family], 7007))
        return first + ', then ' + one.recv(5).decode()


@both
def a_route_that_is_unreachable(family):
    with new(family) as one:
        return soon(one.connect, (UNREACHABLE[family], 80))


@both
def an_address_that_a_router_says_is_unreachable(family):
    with new(family) as one:
        return tried(one.connect, (FAR[family], 80))


@both
def a_route_that_is_prohibited(family):
    with new(family) as one:
        return soon(one.connect, (PROHIBITED[family], 80))


@both
def no_route(family):
    with new(family) as one:
        return soon(one.connect, (NOWHERE[family], 80))


@both
def a_black_hole_and_a_user_timeout(family):
    with new(family, wait=None) as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 700)
        start = time.monotonic()
        return tried(one.connect, (HOLE[family], 80)) + ' after %d s' % (time.monotonic() - start)


@both
def a_black_hole_and_one_more_syn(family):
    with new(family, wait=None) as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
        start = time.monotonic()
        return tried(one.connect, (HOLE[family], 80)) + ' after %d s' % (time.monotonic() - start)


@both
def a_black_hole_and_poll(family):
    with new(family, wait=0) as one:
        first = tried(one.connect, (HOLE[family], 80))
        again = tried(one.connect, (HOLE[family], 80))
        poll = select.poll()
        poll.register(one, 4)
        return f'{first}, again {again}, poll {poll.poll(300)}, peer {tried(one.getpeername)}, write {tried(one.send, b"x")}'


@row
def a_black_hole_and_a_send_timeout(family):
    with socket.socket(FAMILY[family]) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack('ll', 0, 200000))
        return tried(one.connect, (HOLE[family], 80))


@both
def a_connect_that_does_not_wait(family):
    with new(family, wait=0) as one:
        first = tried(one.connect, (PEER[family], 7001))
        seen = polled(one, 4, 4)
        return f'{first}, {seen}, SO_ERROR {one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)}'


@both
def a_connect_that_does_not_wait_is_refused(family):
    with new(family, wait=0) as one:
        first = tried(one.connect, (PEER[family], CLOSED))
        seen = polled(one, 1 | 4 | POLLRDHUP, 8)
        codes = [one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) for _ in range(2)]
        return f'{first}, {seen}, SO_ERROR {errno.errorcode.get(codes[0])} then {codes[1]}'


@both
def edge_triggered_registrations_survive_connect(family):
    with new(family, wait=0) as one, select.epoll() as epoll:
        epoll.register(one, select.EPOLLIN | select.EPOLLOUT | POLLRDHUP | select.EPOLLET)
        before = [events(bits) for _, bits in epoll.poll(0)]
        one.connect_ex((PEER[family], 7007))
        seen, deadline = 0, time.monotonic() + 10
        while seen & 5 != 5 and time.monotonic() < deadline:
            for _, bits in epoll.poll(1):
                seen |= bits
        greeting = one.recv(100).decode()
        quiet = [events(bits) for _, bits in epoll.poll(0.05)]
        one.send(b'more')
        back = 0
        while not back & 1 and time.monotonic() < deadline:
            for _, bits in epoll.poll(1):
                back |= bits
        return f'{before}, {events(seen)}, {greeting}, {quiet}, {events(back)}, {one.recv(100).decode()}'


@both
def the_program_ends_one_way(family):
    with to(family, 7002) as one:
        one.sendall(b'12345')
        one.shutdown(socket.SHUT_WR)
        write = tried(one.send, b'x')
        return f'write {write}, peer {everything(one).decode()}, at the end {one.recv(1)}'


@both
def the_peer_ends_one_way(family):
    with to(family, 7003) as one:
        which = key()
        one.sendall(which)
        heard = everything(one)
        seen = polled(one, 1 | 4 | POLLRDHUP, POLLRDHUP)
        one.sendall(b'still open')
        one.shutdown(socket.SHUT_WR)
        return f'{heard.decode()}, {seen}, peer {told(family, which)}'


@both
def the_peer_resets(family):
    with to(family, 7004) as one:
        one.sendall(key())
        seen = polled(one, 1 | 4 | POLLRDHUP, 16)
        return f'{seen}, {tried(one.recv, 1)}, then {tried(one.recv, 1)}, write {tried(one.send, b"x")}'


@both
def the_program_resets(family):
    which = key()
    with to(family, 7005) as one:
        one.sendall(which + b'123')
        one.recv(100)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    return told(family, which)


@both
def the_program_closes_with_unread_bytes(family):
    which = key()
    with to(family, 7005) as one:
        one.sendall(which + b'123')
        polled(one, 1, 1)
    return told(family, which)


@both
def the_peer_closes_with_unread_bytes(family):
    with to(family, 7006) as one:
        one.sendall(b'more than one')
        return tried(one.recv, 1)


@both
def a_write_after_the_peer_has_gone(family):
    with to(family, 7006) as one:
        one.sendall(b'1')
        first, found = one.recv(1), 'no error'
        deadline = time.monotonic() + 10
        while found == 'no error' and time.monotonic() < deadline:
            result = tried(one.send, b'x')
            found = found if result == '1' else result
        return f'{first}, {found}'


@both
def keepalive_options(family):
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 31),
               (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 7), (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
               (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 9000)]
    with new(family) as one:
        for option in options:
            one.setsockopt(*option)
        one.connect((PEER[family], 7001))
        return str([one.getsockopt(*option[:2]) for option in options])


@both
def options_of_a_connected_socket(family):
    with to(family, 7001) as one:
        before = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20000)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 30000)
        found = [one.getsockopt(*option) for option in (
            (socket.IPPROTO_TCP, socket.TCP_NODELAY), (socket.SOL_SOCKET, socket.SO_RCVBUF),
            (socket.SOL_SOCKET, socket.SO_SNDBUF), (socket.SOL_SOCKET, socket.SO_TYPE),
            (socket.SOL_SOCKET, socket.SO_ACCEPTCONN), (socket.SOL_SOCKET, socket.SO_ERROR))]
        congestion = one.getsockopt(socket.IPPROTO_TCP, 13, 16).rstrip(b'\0').decode()  # TCP_CONGESTION
        return f'{before}, {found}, {bool(congestion)}'


@both
def names_of_both_ends(family):
    with new(family) as one:
        unnamed = tried(one.getpeername)
        one.connect((PEER[family], 7001))
        own = one.getsockname()
        wild = own[0] in ('0.0.0.0', '::')
        return f'{unnamed}, {one.getpeername() == (PEER[family], 7001, 0, 0)[:len(own)]}, own {wild}, port {own[1] > 0}'


@both
def the_own_address_as_the_peer_sees_it(family):
    with to(family, 7010) as one:
        return 'the same' if everything(one).decode() == '%s %d' % one.getsockname()[:2] else 'another'


@both
def a_bound_port(family):
    with new(family) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(('', 0))
        port = one.getsockname()[1]
        one.connect((PEER[family], 7001))
        with new(family) as other:
            taken = tried(other.bind, ('', port))
        return f'{one.getsockname()[1] == port}, {taken}'


@both
def connect_twice(family):
    with to(family, 7001) as one:
        return tried(one.connect, (PEER[family], 7001)) + ', elsewhere ' + tried(one.connect, (PEER[family], 7007))


@row
def connect_to_nothing_and_again(family):
    with to(family, 7001) as one:
        nothing = libc.connect(one.fileno(), bytes(16), 16)  # AF_UNSPEC
        gone = tried(one.getpeername)
        one.connect((PEER[family], 7007))
        return f'{nothing}, {gone}, {one.recv(5).decode()}'


@both
def shutdown_then_write(family):
    with to(family, 7001) as one:
        one.shutdown(socket.SHUT_RDWR)
        read = tried(one.recv, 1)
        with new(family) as other:
            early = tried(other.shutdown, socket.SHUT_WR), tried(other.send, b'x'), tried(other.recv, 1)
        return f'{tried(one.send, b"x")}, read {read}, not connected {early}'


@both
def looking_without_taking(family):
    with to(family, 7001) as one:
        one.sendall(b'abcdef')
        polled(one, 1, 1)
        looked = [one.recv(3, socket.MSG_PEEK), one.recv(100, socket.MSG_PEEK)]
        waiting = bytearray(4)
        fcntl.ioctl(one, termios.FIONREAD, waiting)
        dropped = one.recv_into(bytearray(2), 0, socket.MSG_TRUNC)
        return f'{looked}, {struct.unpack("i", waiting)[0]}, {dropped}, {one.recv(100)}'


@both
def waiting_for_all(family):
    with to(family, 7001) as one:
        threading.Timer(0.1, one.sendall, [b'def']).start()
        one.sendall(b'abc')
        return one.recv(6, socket.MSG_WAITALL).decode()


@row
def an_urgent_byte_to_the_peer(family):
    which = key()
    with to(family, 7008) as one:
        one.sendall(which + b'a')
        sent = tried(one.send, b'!', socket.MSG_OOB)
        one.sendall(b'b')
        one.shutdown(socket.SHUT_WR)
        everything(one)
    return f'{sent}, the peer reads {told(family, which)}'


@row
def an_urgent_byte_of_the_peer(family):
    with to(family, 7009) as one:
        polled(one, 1, 1)
        time.sleep(0.2)
        return f'{one.recv(10)}, {tried(one.recv, 1, socket.MSG_OOB)}'


@both
def a_receive_timeout(family):
    with socket.socket(FAMILY[family]) as one:
        one.connect((PEER[family], 7001))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack('ll', 0, 100000))
        return soon(one.recv, 1) + ', without waiting ' + tried(one.recv, 1, socket.MSG_DONTWAIT)


@row
def a_peer_that_does_not_read(family):
    which = key()
    with socket.socket(FAMILY[family]) as one:
        one.connect((PEER[family], 7011))
        one.sendall(which)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack('ll', 1, 0))
        found, sent = '1', 0
        while found.isdigit() and sent < 1 << 30:
            found = tried(one.send, bytes(1 << 18))
            sent += 1 << 18
        with to(family, 7012) as other:
            other.sendall(which)
        return f'{found}, {sent < 1 << 30}'


@both
def fast_open(family):
    found = []
    # The first asks for a cookie, the second has one.
    for _ in range(2):
        with new(family) as one:
            sent = one.sendto(b'early', socket.MSG_FASTOPEN, (PEER[family], 7001))
            found.append(f'{sent} {one.recv(100).decode()}')
    with new(family) as one:
        one.setsockopt(socket.IPPROTO_TCP, 30, 1)  # TCP_FASTOPEN_CONNECT
        found.append(tried(one.connect, (PEER[family], 7001)))
        found.append(tried(one.send, b'later'))
        found.append(one.recv(100).decode())
    with new(family) as one:
        found.append(tried(one.sendto, b'early', socket.MSG_FASTOPEN, (PEER[family], CLOSED)))
    return ', '.join(found)


