"""What connections come to under the rules: to the sandbox itself, to an address that an entry opens, to one that none
opens, and to one that is blocked."""

server = socket.create_server(("127.0.0.1", 0))
def connect(address, port):
    with socket.socket() as client:
        client.settimeout(2)
        try:
            client.connect((address, port))
            return "ok"
        except TimeoutError:
            return "ETIMEDOUT"
        except OSError as error:
            return errno.errorcode[error.errno]
show(own=connect("127.0.0.1", server.getsockname()[1]), opened=connect("192.0.2.1", 80),
     closed=connect("198.51.100.1", 81), blocked=connect("192.0.2.7", 80))
