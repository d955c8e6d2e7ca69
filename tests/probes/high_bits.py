"""Arguments with bits set above those that the kernel reads."""

HIGH = 1 << 32
families = dict(netlink=(16, 3, 16), packet=(17, 3, 0), vsock=(40, 1, 0), xdp=(44, 3, 0), alg=(38, 5, 0))
show(**{name: syscall(SYS_socket, HIGH | family, kind, HIGH | protocol) for name, (family, kind, protocol) in families.items()},
     pair=syscall(SYS_socketpair, HIGH | 1, HIGH | 1, HIGH, ctypes.create_string_buffer(8)) and syscall(SYS_socket, HIGH | 16, HIGH | 3, HIGH | 12))
