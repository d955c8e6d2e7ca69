"""Lists the network interfaces, and tries to take one down by RTM_NEWLINK (rtnetlink(7))."""
import errno, socket, struct

print(socket.if_nameindex())
routes = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
# RTM_NEWLINK with NLM_F_REQUEST and NLM_F_ACK; the first interface, of its flags IFF_UP to 0.
routes.send(struct.pack('=IHHIIBBHiII', 32, 16, 5, 1, 0, 0, 0, 0, 1, 0, 1))
answer = routes.recv(4096)
print(errno.errorcode.get(-struct.unpack_from('=i', answer, 16)[0], 'done'))
