"""Shows that it has none, and what it cannot do for that."""

show(caps=caps, low=attempt(socket.create_server, ('127.0.0.1', 80)),
     map=read('/proc/self/uid_map').split())
