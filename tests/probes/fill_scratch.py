"""Fills scratch directories."""

def fill(path):
    written = 0
    with open(path, 'wb', buffering=0) as file:
        try:
            while written < 1 << 24:
                written += file.write(bytes(4096))
        except OSError as error:
            return [errno.errorcode[error.errno], written]
    return ['ok', written]
show(**{p: fill(p + '/big') for p in ['/scratch', '/tmp', '/dev/shm']})
