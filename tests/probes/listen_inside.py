"""Listens on two ports, and answers one caller on the first with what it said and where it comes from."""
import socket, sys
servers = [socket.create_server(('0.0.0.0', port)) for port in (8080, 8081)]
print('ready', flush=True)
connection, caller = servers[0].accept()
with connection:
    connection.sendall(connection.recv(100) + b' from ' + caller[0].encode())
