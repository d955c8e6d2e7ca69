"""Sends to the peer (`peer.py`) by stream and then by datagram, and ends at once: address, key, length."""
import os, socket, sys

address, key, length = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
stream = socket.create_connection((address, 7013))
stream.sendall(key + bytes(length))
# The peer reads once it has this.
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(key + b' by datagram', (address, 7103))
os._exit(0)
