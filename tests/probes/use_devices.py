"""Uses the devices that are named in the environment, and tries to get at others."""

import stat
def use(path):
    found = {'read': attempt(read_bytes, path), 'write': attempt(write, path), 'mode': attempt(os.chmod, path, 0o600),
             'unlink': attempt(os.unlink, path), 'rename': attempt(os.rename, path, path + '.old')}
    kind = os.lstat(path).st_mode
    return found | {'device': stat.S_ISCHR(kind)}
def read_bytes(path):
    with open(path, 'rb', buffering=0) as file:
        assert file.read(4) == bytes(4)
device = os.makedev(1, 5)
shown = os.environ['SHOWN'].split()
show(used={path: use(path) for path in shown}, others={path: attempt(os.open, path, os.O_RDONLY) for path in os.environ['OTHERS'].split()},
     listed=[name for name in sorted(os.listdir('/dev')) if name.startswith('purple-e2e')],
     made=[attempt(os.mknod, place + '/made', 0o666 | stat.S_IFCHR, device) for place in ('/tmp', '/output', os.path.dirname(shown[0]))])
