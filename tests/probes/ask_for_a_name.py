"""Looks up a name that no entry lists. Shows whether it is said not to exist."""

import socket

try:
    socket.getaddrinfo("api.example.org", 443)
except socket.gaierror as error:
    print(error.errno == socket.EAI_NONAME)
