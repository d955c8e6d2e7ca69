"""Changes shown trees in every way."""

def attempts(tree):
    file, new = tree + '/file', tree + '/new'
    return dict(
        create=attempt(write, new), change=attempt(write, file), truncate=attempt(os.truncate, file, 0),
        chmod=attempt(os.chmod, file, 0o777), chown=attempt(os.chown, file, 1000, 1000),
        utime=attempt(os.utime, file), unlink=attempt(os.unlink, file), mkdir=attempt(os.mkdir, new),
        symlink=attempt(os.symlink, 'x', new), rename=attempt(os.rename, file, new),
        link=attempt(os.link, file, new), mknod=attempt(os.mknod, new),
        xattr=attempt(os.setxattr, file, 'user.x', b'x'))
show(direct=attempts('/tree'), nested=attempts('/output/tree'), again=attempts('/proc/self/root/tree'),
     link=attempt(os.link, '/tree/file', '/output/link'), rename=attempt(os.rename, '/tree/file', '/output/x'),
     usr=attempt(os.mkdir, '/usr/new'), content=read('/tree/file'))
