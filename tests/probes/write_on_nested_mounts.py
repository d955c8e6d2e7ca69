"""Writes files on nested mounts and shows whose they are."""

write('/share/file'); write('/share/inner/file'); write('/share/mounted/file')
show(owners=[os.stat(path).st_uid for path in ['/share/file', '/share/inner/file', '/share/mounted/file', '/share/mounted']])
