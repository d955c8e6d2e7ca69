"""Shows the routes, and connects to a host elsewhere."""

with socket.socket() as s:
    show(routes=len(read('/proc/net/route').splitlines()), resolv=read('/etc/resolv.conf'),
         connect=attempt(s.connect, ('192.0.2.1', 443)))
