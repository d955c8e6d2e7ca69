"""A program that looks for a way out of a filtered network. It knows nothing of it: no variable names a proxy."""

import os
import socket
import sys
import urllib.request

PORT = int(sys.argv[1])
HOST = "host.purple.internal"


def attempt(what, action):
    """Prints what came of it, and says whether it worked."""
    try:
        print(f"  {what:34} {action()}")
        return True
    except OSError as error:
        # urllib puts the reason in an error of its own.
        reason = getattr(error, "reason", error)
        print(f"  {what:34} no: {getattr(reason, 'strerror', None) or reason}")
        return False


def fetch():
    with urllib.request.urlopen(f"http://{HOST}:{PORT}/", timeout=10) as answer:
        return answer.read().decode().strip()


def connect(address, port):
    with socket.create_connection((address, port), timeout=10):
        return "connected"


proxies = [name for name in os.environ if name.lower().endswith("_proxy")]
print(f"variables that name a proxy: {', '.join(proxies) or 'none'}")
print("what is in reach:")
reached = attempt("the service that the policy lists", fetch)
others = [
    attempt("another port of the host", lambda: connect(HOST, PORT - 1)),
    attempt("the same port of 127.0.0.1", lambda: connect("127.0.0.1", PORT)),
    attempt("192.0.2.1:443", lambda: connect("192.0.2.1", 443)),
    attempt("api.example.org:443", lambda: connect("api.example.org", 443)),
]
sys.exit(not reached or any(others))
