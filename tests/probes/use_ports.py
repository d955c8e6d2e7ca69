"""Binds and connects to listed ports and others."""

def connect(port):
    with socket.socket() as s:
        return attempt(s.connect, ('127.0.0.1', port))
def bind(port):
    with socket.socket() as s:
        return attempt(s.bind, ('127.0.0.1', port))
show(connect=[connect(port) for port in (8080, 9001, 9003, 7000)], bind=[bind(port) for port in (8080, 9001)])
