"""Uses each device that a sandbox has."""

def roundtrip():
    import pty
    leader, follower = pty.openpty()
    os.write(follower, b'through\n')
    return [os.read(leader, 20).decode(), os.ttyname(follower).startswith('/dev/pts/'), os.isatty(follower)]
show(zero=os.read(os.open('/dev/zero', os.O_RDONLY), 3).hex(), null=os.read(os.open('/dev/null', os.O_RDONLY), 1).hex(),
     written=os.write(os.open('/dev/null', os.O_WRONLY), b'12345'), full=attempt(os.write, os.open('/dev/full', os.O_WRONLY), b'x'),
     random=len(os.read(os.open('/dev/urandom', os.O_RDONLY), 16)), pty=roundtrip())
