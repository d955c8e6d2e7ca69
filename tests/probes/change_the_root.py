"""Tries to change the root."""

show(**{p: attempt(os.mkdir, p) for p in ['/new', '/etc/new', '/dev/new', '/sys/new']},
     passwd=attempt(write, '/etc/passwd'), unlink=attempt(os.unlink, '/etc/hosts'),
     rename=attempt(os.rename, '/etc', '/old'), chmod=attempt(os.chmod, '/', 0o777))
