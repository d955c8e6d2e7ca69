"""Makes sockets of the families that are open and of others."""

families = dict(unix=1, inet=2, inet6=10, packet=17, alg=38, vsock=40, bluetooth=31, xdp=44, rds=21, tipc=30)
show(**{name: syscall(SYS_socket, family, 2, 0) for name, family in families.items()},
     high_vsock=syscall(SYS_socket, 0x100000028, 1, 0), high_inet=syscall(SYS_socket, 0x100000002, 2, 0),
     routes=syscall(SYS_socket, 16, 3, 0), high_routes=syscall(SYS_socket, 0x100000010, 3, 0x100000000),
     netfilter=syscall(SYS_socket, 16, 3, 12), generic=syscall(SYS_socket, 16, 3, 16), diagnostics=syscall(SYS_socket, 16, 3, 4),
     pair=syscall(SYS_socketpair, 16, 3, 0, ctypes.create_string_buffer(8)), raw=syscall(SYS_socket, 2, 3, 1), raw6=syscall(SYS_socket, 10, 3, 58))
