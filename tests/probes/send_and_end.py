"""Sends to the peer (`peer.py`) by stream and by datagram, and ends at once: address, key, length."""
import os, socket, sys

address, key, length = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    one.sendto(key + b' by datagram', (address, 7103))
stream = socket.create_connection((address, 7013))
stream.sendall(key + bytes(length))
os._exit(0)
