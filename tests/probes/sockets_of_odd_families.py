"""Makes a socket of each family that the policy does not name."""

families = dict(netlink=(16, 3, 16), netfilter=(16, 3, 12), xfrm=(16, 3, 6), packet=(17, 3, 0), vsock=(40, 1, 0), xdp=(44, 3, 0), alg=(38, 5, 0),
    raw=(2, 3, 1), raw6=(10, 3, 58), sctp=(2, 1, 132), bluetooth=(31, 3, 0))
show(**{name: syscall(SYS_socket, *numbers) for name, numbers in families.items()})
