"""Talks to itself."""

listener = socket.create_server(('127.0.0.1', 8080))
client = socket.create_connection(('localhost', 8080), timeout=5)
server, _ = listener.accept()
client.sendall(b'through')
show(got=server.recv(7).decode(), low=attempt(socket.create_server, ('127.0.0.1', 80)))
