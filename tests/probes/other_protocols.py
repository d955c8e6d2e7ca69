"""Reaches a server by protocols that no list of ports names."""

listener = socket.create_server(('127.0.0.1', 0))
address = listener.getsockname()
def connect(protocol):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol) as s:
        s.connect(address)
def send(by):
    with socket.socket() as s:
        by(s)
show(tcp=attempt(connect, 6), mptcp=attempt(connect, 262), smc=attempt(connect, 256),
     sendto=attempt(send, lambda s: s.sendto(b'data', socket.MSG_FASTOPEN, address)),
     sendmsg=attempt(send, lambda s: s.sendmsg([b'data'], [], socket.MSG_FASTOPEN, address)))
