"""Connects to a socket that has the abstract name NAME."""

show(it=attempt(socket.socket(socket.AF_UNIX).connect, f'\0{NAME}'),
     listed=read('/proc/net/unix').count(NAME))
