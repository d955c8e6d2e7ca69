"""Rows of sockets that are shared, mapped or many, after sockets_rows.py; the last one is by itself. Prints what was found."""


@row
def an_ipv4_address_in_a_socket_of_ipv6(family):
    mapped, found = '::ffff:' + PEER[4], []
    with new(6) as one:
        one.connect((mapped, 7007))
        found.append(f'{one.recv(5).decode()} {one.getpeername()[0] == mapped} {one.getsockname()[0][:7]}')
    with new(6) as one:
        found.append(tried(one.connect, (mapped, CLOSED)))
    with new(6) as one:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.append(tried(one.connect, (mapped, 7007)))
    with new(6, socket.SOCK_DGRAM) as one:
        one.sendto(b'mapped', (mapped, 7101))
        content, sender = one.recvfrom(100)
        found.append(f'{content.decode()} {sender[0] == mapped}')
    with new(6, socket.SOCK_DGRAM) as one:
        one.connect((mapped, CLOSED))
        one.send(b'x')
        found.append(tried(one.recv, 1))
    return ', '.join(found)


@both
def a_connection_that_is_shared(family):
    one = to(family, 7001)
    copy = one.dup()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        one.sendall(b'of the child')
        os.write(writer, copy.recv(100))
        os._exit(0)
    os.waitpid(child, 0)
    found = os.read(reader, 100).decode()
    one.close()
    copy.sendall(b'of the copy')
    found += ', ' + copy.recv(100).decode()
    copy.close()
    return found


@both
def states_of_a_connection(family):
    # The first byte of struct tcp_info: TCP_ESTABLISHED, TCP_CLOSE_WAIT, TCP_CLOSE and so on.
    state = lambda one: one.getsockopt(socket.IPPROTO_TCP, 11, 1)[0]
    with new(family) as one:
        found = [state(one)]
        one.connect((PEER[family], 7003))
        found.append(state(one))
        one.sendall(key())
        everything(one)
        found.append(state(one))
        one.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + 5
        while state(one) != 7 and time.monotonic() < deadline:
            time.sleep(0.01)
        return str(found + [state(one)])


@both
def a_file_that_is_sent(family):
    with to(family, 7002) as one, open('/proc/self/exe', 'rb') as file:
        length = os.fstat(file.fileno()).st_size
        sent = one.sendfile(file)
        one.shutdown(socket.SHUT_WR)
        return f'{sent == length}, {everything(one).decode() == "%d then the end" % length}'


@row
def thousands_at_once(family):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    count, open_ones = 2000, []
    with select.epoll() as epoll:
        for at in range(count):
            one = new(4 if at % 2 else 6, wait=0)
            one.connect_ex((PEER[4 if at % 2 else 6], 7020))
            open_ones.append(one)
            epoll.register(one, select.EPOLLOUT)
        by_number = {one.fileno(): one for one in open_ones}
        answered, deadline = set(), time.monotonic() + 20
        while len(answered) < count and time.monotonic() < deadline:
            for number, bits in epoll.poll(1):
                if bits & select.EPOLLOUT and not bits & 24:
                    by_number[number].send(b'%06d' % number)
                    epoll.modify(number, select.EPOLLIN)
                elif by_number[number].recv(100) == b'%06d' % number:
                    answered.add(number)
                    epoll.unregister(number)
    for one in open_ones:
        one.close()
    return f'{len(answered)} of {count} answered'


def found(one):
    text, family, function = one
    try:
        return text, function(family)
    except Exception as error:
        return text, 'failed: ' + name(error)


signal.signal(signal.SIGPIPE, signal.SIG_IGN)
todo = [(f'{text} {family}' if len(families) > 1 else text, family, function)
        for text, families, function in ROWS for family in families]
wanted = todo[:-1]
with concurrent.futures.ThreadPoolExecutor(6) as pool:
    facts = dict(pool.map(found, wanted))
# By itself: it takes all the descriptors.
facts.update([found(todo[-1])])
print(json.dumps(facts))
