"""Receives a directory over a socket and uses it for what is below and above it."""

peer = socket.socket(socket.AF_UNIX)
peer.connect('peer')
_, (door, *_), _, _ = socket.recv_fds(peer, 1, 1)
def opened(name, flags, mode=0o666):
    return attempt(lambda: os.close(os.open(name, flags, mode, dir_fd=door)))
show(read=opened('file', os.O_RDONLY), cut=opened('file', os.O_RDONLY | os.O_TRUNC), write=opened('file', os.O_WRONLY), up=opened('../host', os.O_RDONLY),
     make=opened('new', os.O_CREAT | os.O_WRONLY), mkdir=attempt(lambda: os.mkdir('dir', dir_fd=door)),
     rename=attempt(lambda: os.rename('spare', 'moved', src_dir_fd=door, dst_dir_fd=door)),
     unlink=attempt(lambda: os.unlink('extra', dir_fd=door)))
