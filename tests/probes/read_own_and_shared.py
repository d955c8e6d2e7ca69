"""Reads files of its caller, of its groups and of all."""

show(**{name: attempt(read, name) for name in
     ['/shown/own', '/shown/groups', '/shown/open', '/closed/inner/file', '/inner/file']})
