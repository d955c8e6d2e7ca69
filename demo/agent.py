"""A day in the life of an agent: some honest work, then a look at what it could do to the host."""

import os
import pathlib
import socket

SCRIPT = pathlib.Path(__file__)
RESULT = pathlib.Path("/output/primes.txt")


def primes(end):
    return [n for n in range(2, end) if all(n % d for d in range(2, int(n**0.5) + 1))]


def attempt(what, action):
    try:
        print(f"  {what:34} {action()}")
    except OSError as error:
        print(f"  {what:34} no: {error.strerror}")


def connect():
    with socket.create_connection(("192.0.2.1", 443), timeout=2):
        return "connected"


print("work:")
print(f"  {len(SCRIPT.read_text().splitlines())} lines of script read from {SCRIPT.resolve()}")
found = primes(20_000)
RESULT.write_text(f"{len(found)} primes below 20000, the last one {found[-1]}\n")
print(f"  result written to {RESULT}")

print("what is in reach:")
attempt("files at the root", lambda: " ".join(sorted(os.listdir("/"))))
attempt("home directories", lambda: os.listdir("/home"))
attempt("root's files", lambda: os.listdir("/root"))
attempt("the password file", lambda: pathlib.Path("/etc/shadow").stat().st_size)
attempt("processes", lambda: " ".join(name for name in os.listdir("/proc") if name.isdigit()))
attempt("network interfaces", lambda: " ".join(os.listdir("/sys/class/net")))
attempt("a connection to 192.0.2.1:443", connect)
attempt("changing a program", lambda: pathlib.Path("/usr/bin/python3").touch())
attempt("changing the script", lambda: SCRIPT.write_text("gone"))
attempt("becoming root", lambda: os.setuid(0))
