"""Makes files in a share and shows whose they are."""

os.mkdir('/share/dir'); write('/share/dir/file'); os.symlink('x', '/share/link')
status = os.stat('/share/dir/file')
show(owner=[status.st_uid, status.st_gid], directory=os.stat('/share').st_uid)
