"""Loads the batches of a filtered plan in a network namespace of its own, and prints what becomes of packets.

Standard input is JSON: `batches`, a list of [protocol, answers, hexadecimal messages], and `attempts`, a list of
[protocol, address, port]. For each attempt one word is printed: `own` (it stays in the namespace), `held` (a new connection
was told to the helper's group and dropped), `handed` (a datagram came to the helper's socket), or `refused PREFIX`.
Without an attempt that is all.
"""

import errno
import json
import select
import socket
import struct
import sys

NETLINK_NETFILTER = 12
ERROR = 2


def answers(sock, expected):
    """How many answers came, each with no error."""
    got = 0
    while got < expected:
        read, at = sock.recv(65536), 0
        while at < len(read):
            length, kind = struct.unpack_from("=IH", read, at)
            if kind == ERROR:
                code = struct.unpack_from("=i", read, at + 16)[0]
                if code:
                    sys.exit(f"answer {got}: {errno.errorcode.get(-code)}")
                got += 1
            at += (length + 3) & ~3
    sock.setblocking(False)
    try:
        sys.exit(f"one answer too many: {sock.recv(65536).hex()}")
    except BlockingIOError:
        pass


def send(protocol, expected, messages):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    sock.bind((0, 0))
    sock.settimeout(5)
    sock.send(messages)
    answers(sock, expected)


def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def log(group):
    """A socket that is told of the packets of a group (linux/netfilter/nfnetlink_log.h)."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    sock.bind((0, 0))
    for data in (attribute(1, b"\1"), attribute(2, struct.pack(">IBB", 128, 2, 0))):
        body = struct.pack(">BBH", 0, 0, group) + data
        sock.send(struct.pack("=IHHII", 16 + len(body), 4 << 8 | 1, 5, 1, 0) + body)
        code = struct.unpack_from("=i", sock.recv(4096), 16)[0]
        if code:
            sys.exit(f"group {group}: {errno.errorcode.get(-code)}")
    return sock


def prefix(message):
    """The prefix of a logged packet, NFULA_PREFIX."""
    at = 20
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("=HH", message, at)
        if kind == 10:
            return message[at + 4:at + length].rstrip(b"\0").decode()
        at += (length + 3) & ~3
    return ""


def transparent(family, kind):
    sock = socket.socket(family, kind)
    level, option = (socket.SOL_IP, 19) if family == socket.AF_INET else (socket.IPPROTO_IPV6, 75)
    sock.setsockopt(level, option, 1)
    sock.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 9))
    if kind == socket.SOCK_STREAM:
        sock.listen(16)
    return sock


def attempt(protocol, address, port, held, denied, handed):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    sock = socket.socket(family, kind)
    sock.setblocking(False)
    code = sock.connect_ex((address, port))
    if code not in (0, errno.EINPROGRESS, errno.ECONNREFUSED):
        return errno.errorcode[code]
    if protocol == "udp":
        try:
            sock.send(b"x")
        except PermissionError:
            # What a hook on the way out refuses, the sender is told at once.
            pass
    ready, _, _ = select.select([held, denied, *handed], [], [], 0.5)
    if held in ready:
        held.recv(65536)
        return "held"
    if denied in ready:
        why = "refused " + prefix(denied.recv(65536))
        select.select([sock], [], [], 0.5)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        # A connection is reset at once, and connect(2) or the socket says so.
        return why if protocol == "udp" or code in (0, errno.ECONNREFUSED) else f"{why} {code}"
    for one in ready:
        one.recv(100)
        return "handed"
    return "own"


def main():
    asked = json.load(sys.stdin)
    for protocol, expected, messages in asked["batches"]:
        send(protocol, expected, bytes.fromhex(messages))
    for interface in ("all", "lo"):
        with open(f"/proc/sys/net/ipv4/conf/{interface}/accept_local", "w", encoding="ascii") as setting:
            setting.write("1")
    held, denied = log(6), log(5)
    streams = [transparent(family, socket.SOCK_STREAM) for family in (socket.AF_INET, socket.AF_INET6)]
    datagrams = [transparent(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6)]
    print("loaded")
    for protocol, address, port in asked["attempts"]:
        print(attempt(protocol, address, port, held, denied, datagrams))
    for sock in streams + datagrams:
        sock.close()


main()
