"""A migration: sends each file of `migrations` to the database, in order, by PostgreSQL's protocol, and writes what it did."""
import os, pathlib, socket, struct


def message(kind, body):
    return kind + struct.pack('>I', len(body) + 4) + body


def until_ready(base):
    """The kinds of the messages up to the one that says that the database is ready."""
    kinds = []
    while kinds[-1:] != [b'Z']:
        kind, length = struct.unpack('>cI', base.read(5))
        base.read(length - 4)
        kinds.append(kind)
    return b''.join(kinds)


with socket.create_connection((os.environ['PGHOST'], 5432), 5) as connection, open('/output/done', 'w') as done:
    base = connection.makefile('rb')
    connection.sendall(struct.pack('>II', 8, 80877103))  # SSLRequest
    assert base.read(1) == b'N'
    user = b'user\0%s\0\0' % os.environ['PGUSER'].encode()
    connection.sendall(struct.pack('>II', len(user) + 8, 196608) + user)
    assert until_ready(base) == b'RZ'
    for path in sorted(pathlib.Path('migrations').iterdir()):
        connection.sendall(message(b'Q', path.read_bytes() + b'\0'))
        print(path.name, until_ready(base).decode(), file=done)
