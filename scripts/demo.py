"""What an agent's program may do under ai-dev-safe, and what it may not."""

import os
import pathlib
import socket


def attempt(what, action):
    try:
        print(f"  {what}: {action()}")
    except OSError as error:
        print(f"  {what}: refused, {error.strerror or error}")


def connect():
    with socket.create_connection(("192.0.2.1", 443), timeout=2):
        return "connected"


def write(path):
    pathlib.Path(path).write_text("primes below 30: " + primes(30) + "\n", encoding="ascii")
    return "written"


def primes(end):
    return " ".join(str(n) for n in range(2, end) if all(n % d for d in range(2, n)))


attempt("writing /output/primes.txt", lambda: write("/output/primes.txt"))
attempt("writing /usr/primes.txt", lambda: write("/usr/primes.txt"))
attempt("reading /etc/shadow", lambda: len(pathlib.Path("/etc/shadow").read_bytes()))
attempt("the home directories", lambda: os.listdir("/home"))
attempt("the processes", lambda: sorted(int(name) for name in os.listdir("/proc") if name.isdigit()))
attempt("the network interfaces", lambda: [name for _, name in socket.if_nameindex()])
attempt("connecting to 192.0.2.1", connect)
