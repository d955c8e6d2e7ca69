"""What a program without a network has."""

def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(5)
        return attempt(s.connect, address)
show(interfaces=interfaces(), files=sorted(os.listdir('/sys/class/net')),
     routes=len(read('/proc/net/route').splitlines()), four=connect(socket.AF_INET, ('192.0.2.1', 443)),
     metadata=connect(socket.AF_INET, ('169.254.169.254', 80)),
     six=connect(socket.AF_INET6, ('2001:db8::1', 443)), mapped=connect(socket.AF_INET6, ('::ffff:192.0.2.1', 443)))
