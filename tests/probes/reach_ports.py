"""Connects to each port of the host that its arguments name, and prints what comes of it."""
import socket, sys
for port in sys.argv[1:]:
    try:
        socket.create_connection(('10.77.0.1', int(port)), 3)
        print('reached')
    except OSError as error:
        print(type(error).__name__)
