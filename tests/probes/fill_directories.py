"""Fills each directory that is named in the environment, up to 4 MiB."""

def fill(path):
    written = 0
    with open(path + '/full', 'wb', buffering=0) as file:
        try:
            while written < 1 << 22:
                written += file.write(bytes(4096))
        except OSError as error:
            return [errno.errorcode[error.errno], written]
    os.unlink(path + '/full')
    return ['ok', written]
show(**{path: fill(path) for path in os.environ['PLACES'].split()})
