"""Reads and changes files of others."""

show(closed=[attempt(read, 'closed'), attempt(write, 'closed')],
     readable=[attempt(read, 'readable'), attempt(write, 'readable'), attempt(os.chmod, 'readable', 0o777),
     attempt(os.chown, 'readable', 1000, 1000), attempt(os.setxattr, 'readable', 'user.x', b'x')],
     uid=os.stat('readable').st_uid)
