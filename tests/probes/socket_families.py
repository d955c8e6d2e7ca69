"""Makes a socket of each family."""

pair = ctypes.create_string_buffer(8)
families = [family for family in range(48) if family not in (1, 2, 10)]
# Netlink has one protocol that is open: 0.
show(socket=sorted({syscall(SYS_socket, family | high, kind, 16 if family == 16 else 0) for family in families for high in (0, 1 << 32)
                    for kind in (1, 2, 3, 5)}),
     pair=sorted({syscall(SYS_socketpair, family, kind, 0, pair) for family in families for kind in (1, 2, 3, 5)}),
     unix=syscall(SYS_socketpair, 1, 1, 0, pair))
