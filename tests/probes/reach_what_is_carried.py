"""What a program reaches by purple-net: a service of the host by its name, and nothing that no entry opens. The host's
own port is in PORT, another one in OTHER."""

def look_up(name):
    try:
        return sorted({found[4][0] for found in socket.getaddrinfo(name, PORT, socket.AF_INET)})
    except socket.gaierror as error:
        return error.errno == socket.EAI_NONAME and "unknown" or str(error)
def ask(address, port):
    with socket.create_connection((address, port), 5) as service:
        service.sendall(b"from inside")
        return service.recv(64).decode()
show(names=look_up("host.purple.internal"), others=look_up("other.example"), said=ask("host.purple.internal", PORT),
     other_port=attempt(socket.create_connection, ("10.77.0.1", OTHER), 5),
     other_address=attempt(socket.create_connection, ("198.51.100.1", 443), 5),
     loopback=attempt(socket.create_connection, ("127.0.0.1", PORT), 5))
