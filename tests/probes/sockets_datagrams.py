"""Rows of datagrams, after sockets_rows.py."""


@both
def datagrams_of_a_connected_socket(family):
    with new(family, socket.SOCK_DGRAM) as one:
        one.connect((PEER[family], 7101))
        one.send(b'hello')
        found = one.recv(100).decode()
        one.send(b'from elsewhere')
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack('ll', 0, 300000))
        # The answer of another port is not for it.
        other = tried(one.recv, 100)
        return f'{found}, {one.getpeername()[1]}, {other}'


@both
def datagrams_of_an_unconnected_socket(family):
    with new(family, socket.SOCK_DGRAM) as one:
        found = []
        for port in (7101, 7102, 7101):
            one.sendto(b'to %d' % port, (PEER[family], port))
            content, sender = one.recvfrom(100)
            found.append(f'{content.decode()} from {sender[:2] == (PEER[family], port)}')
        return ', '.join(found + [tried(one.getpeername)])


@both
def an_answer_from_another_port(family):
    with new(family, socket.SOCK_DGRAM, 0.5) as one:
        one.sendto(b'from elsewhere', (PEER[family], 7101))
        return tried(lambda: one.recvfrom(100)[1][1])


@both
def a_socket_that_is_connected_anew(family):
    with new(family, socket.SOCK_DGRAM) as one:
        found = []
        for port in (7101, 7102):
            one.connect((PEER[family], port))
            one.send(b'x')
            found.append(one.recvfrom(100)[1][1])
        return str(found)


@both
def a_datagram_that_is_refused(family):
    with new(family, socket.SOCK_DGRAM, 0.5) as one:
        one.connect((PEER[family], CLOSED))
        one.send(b'x')
        read = tried(one.recv, 1)
        one.send(b'x')
        seen = polled(one, 1 | 4, 8)
        return f'read {read}, {seen}, write {tried(one.send, b"x")}'


@both
def a_datagram_that_is_refused_to_a_socket_that_is_not_connected(family):
    with new(family, socket.SOCK_DGRAM, 0.3) as one:
        one.sendto(b'x', (PEER[family], CLOSED))
        time.sleep(0.1)
        again = tried(one.sendto, b'x', (PEER[family], CLOSED))
        return f'again {again}, read {tried(one.recv, 1)}'


@both
def the_queue_of_errors(family):
    level, option = {4: (socket.IPPROTO_IP, 11), 6: (socket.IPPROTO_IPV6, 25)}[family]  # IP_RECVERR, IPV6_RECVERR
    with new(family, socket.SOCK_DGRAM) as one:
        one.setsockopt(level, option, 1)
        one.sendto(b'lost', (PEER[family], CLOSED))
        seen = polled(one, 0, 8)
        content, control, flags, target = one.recvmsg(100, 500, socket.MSG_ERRQUEUE)
        code, origin, kind, detail = struct.unpack('IBBB', control[0][2][:7])
        offender = control[0][2][16:]
        at = offender[4:8] if family == 4 else offender[8:24]
        own = socket.inet_ntop(FAMILY[family], at) == PEER[family]
        return f'{seen}, {content}, {errno.errorcode[code]} {origin} {kind} {detail}, of the peer {own}, to {target[1]}'


@both
def a_datagram_without_a_way(family):
    with new(family, socket.SOCK_DGRAM, 0.5) as one:
        connected = tried(one.connect, (UNREACHABLE[family], 80))
        sent = tried(one.send, b'x')
        return f'connect {connected}, send {sent}, read {tried(one.recv, 1)}'


@both
def the_longest_datagram(family):
    longest = {4: 65507, 6: 65527}[family]
    with new(family, socket.SOCK_DGRAM, 5) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        one.connect((PEER[family], 7101))
        found = []
        for length in (longest - 1000, longest):
            content = os.urandom(length)
            found.append(tried(one.send, content))
            found.append(tried(lambda: one.recv(70000) == content))
        return ', '.join(found + [tried(one.send, bytes(longest + 1))])


@row
def a_datagram_that_may_not_be_cut(family):
    with new(family, socket.SOCK_DGRAM, 5) as one:
        one.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO
        one.connect((PEER[family], 7101))
        return tried(one.send, bytes(1400)) + ', ' + tried(one.send, bytes(3000))


@both
def a_datagram_without_content(family):
    with new(family, socket.SOCK_DGRAM, 5) as one:
        one.connect((PEER[family], 7101))
        sent = one.send(b'')
        return f'{sent}, {one.recvfrom(10)[0]}'


@both
def a_datagram_that_is_longer_than_the_room(family):
    with new(family, socket.SOCK_DGRAM, 5) as one:
        one.connect((PEER[family], 7101))
        one.send(b'0123456789')
        length = one.recv_into(bytearray(4), 0, socket.MSG_TRUNC | socket.MSG_PEEK)
        content, _, flags, _ = one.recvmsg(4)
        one.setblocking(False)
        return f'{length}, {content}, {bool(flags & socket.MSG_TRUNC)}, {tried(one.recv, 1)}'


