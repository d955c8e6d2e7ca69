"""A service at port 11434 of the loopback interface, which says by what address and port it was called."""
import socket
listener = socket.create_server(('127.0.0.1', 11434))
print('ready', flush=True)
while True:
    connection, _ = listener.accept()
    with connection:
        if connection.recv(100):
            connection.sendall(('%s %d\n' % connection.getsockname()).encode())
