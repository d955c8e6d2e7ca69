"""Asks the peer (`peer.py`) what became of a key: address, key."""
import socket, sys

with socket.create_connection((sys.argv[1], 7000)) as one:
    one.sendall(sys.argv[2].encode())
    print(one.recv(100).decode())
