"""Connects to a socket by its path. Takes PATH."""

def connect(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
show(path=attempt(connect, PATH), root=attempt(connect, '/proc/self/root' + PATH))
