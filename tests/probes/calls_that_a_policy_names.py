"""Makes calls that the baseline denies and that a policy may name."""

show(uring=syscall(SYS_io_uring_setup, 1, ctypes.create_string_buffer(120)),
     key=syscall(SYS_add_key, b'user', b'purple', b'x', 1, KEY_SPEC_PROCESS_KEYRING),
     alg=syscall(SYS_socket, socket.AF_ALG, socket.SOCK_SEQPACKET, 0), vsock=syscall(SYS_socket, socket.AF_VSOCK, socket.SOCK_STREAM, 0),
     netlink=syscall(SYS_socket, socket.AF_NETLINK, socket.SOCK_RAW, 16), trace=syscall(SYS_ptrace, 0, 0, 0, 0),
     kcmp=syscall(SYS_kcmp, os.getpid(), os.getpid(), 0, 0, 0))
