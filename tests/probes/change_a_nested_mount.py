"""Reads and changes a mount below a shown tree."""

show(read=read('/tree/sub/file'), write=attempt(write, '/tree/sub/new'),
     chmod=attempt(os.chmod, '/tree/sub', 0o700))
