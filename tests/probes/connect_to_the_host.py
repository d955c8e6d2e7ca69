"""Connects to servers of the host. Takes PORT and NAME_PORT."""

def connect(family, host):
    with socket.socket(family) as s:
        s.settimeout(5)
        s.connect((host, PORT))
def ask():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(('127.0.0.1', NAME_PORT))
        s.send(b'query')
        s.send(b'query')
show(four=attempt(connect, socket.AF_INET, '127.0.0.1'), other=attempt(connect, socket.AF_INET, '127.0.0.2'),
     mapped=attempt(connect, socket.AF_INET6, '::ffff:127.0.0.1'), zero=attempt(connect, socket.AF_INET, '0.0.0.0'),
     names=attempt(ask))
