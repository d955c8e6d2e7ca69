"""Ways to change rules, routes and packets from inside, and to take the helper's ports. Constants are those of
linux/netlink.h, linux/in.h and asm-generic/socket.h."""

NETLINK_NETFILTER, IP_TRANSPARENT, IPV6_TRANSPARENT, SO_MARK = 12, 19, 75, 36
def netlink(protocol, *messages):
    """The error that the kernel answers messages with."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as kernel:
        kernel.send(b"".join(messages))
        kernel.settimeout(5)
        answer = kernel.recv(65536)
        number = -struct.unpack_from("=i", answer, 16)[0]
        return errno.errorcode.get(number, str(number))
def message(kind, flags, body):
    return struct.pack("=IHHII", 16 + len(body), kind, flags | 5, 1, 0) + body
def attribute(kind, value):
    text = struct.pack("=HH", 4 + len(value), kind) + value
    return text + b"\0" * (-len(text) % 4)
def option(family, level, name):
    with socket.socket(family, socket.SOCK_STREAM) as it:
        it.setsockopt(level, name, 1)
def rules(kind, body):
    head = b"\1\0\0\0"
    try:
        return netlink(NETLINK_NETFILTER, message(16, 0, b"\0\0\0\x0a"), message(10 << 8 | kind, 0, head + body),
                       message(17, 0, b"\0\0\0\x0a"))
    except OSError as error:
        return errno.errorcode[error.errno]
def routes(kind, body):
    try:
        return netlink(socket.NETLINK_ROUTE, message(kind, 0, body))
    except OSError as error:
        return errno.errorcode[error.errno]
table = attribute(1, b"purple\0")
show(delete_rules=rules(8, table), delete_table=rules(2, table), list_tables=rules(1, table),
     delete_route=routes(25, struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 255, 0, 254, 2, 0)),
     interface_down=routes(16, struct.pack("=BBHiII", 0, 0, 0, 1, 0, 1)),
     raw=attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 255),
     packets=attempt(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, 0),
     transparent=attempt(option, socket.AF_INET, 0, IP_TRANSPARENT),
     transparent_6=attempt(option, socket.AF_INET6, 41, IPV6_TRANSPARENT),
     mark=attempt(option, socket.AF_INET, 1, SO_MARK),
     port=attempt(socket.create_server, ("127.0.0.1", 9)))
