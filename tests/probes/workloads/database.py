"""Stands in for PostgreSQL: agrees to everything, and writes each query to the file that it is given."""
import socket, struct, sys

server = socket.create_server(('127.0.0.1', 5432))
print('ready', flush=True)
while True:
    connection, _ = server.accept()
    asked = connection.makefile('rb')
    ready = b'Z' + struct.pack('>I', 5) + b'I'
    if len(asked.read(8)) < 8:
        continue
    connection.sendall(b'N')
    length, _ = struct.unpack('>II', asked.read(8))
    with open(sys.argv[1], 'a') as log:
        print(asked.read(length - 8).split(b'\0')[1].decode(), file=log)
        connection.sendall(b'R' + struct.pack('>II', 8, 0) + ready)
        while head := asked.read(5):
            query = asked.read(struct.unpack('>cI', head)[1] - 4)
            print(query.rstrip(b'\0\n').decode(), file=log, flush=True)
            connection.sendall(b'C' + struct.pack('>I', 8) + b'OK\0\0' + ready)
    connection.close()
