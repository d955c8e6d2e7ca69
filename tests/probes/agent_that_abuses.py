"""What an agent must not do in its project: prints what it could."""
import os, pathlib, signal, socket, sys

home, other, host = pathlib.Path.home(), pathlib.Path(sys.argv[1]), int(sys.argv[2])
here = pathlib.Path.cwd()
git = here / '.git'
targets = [
    ('read a key', lambda: (home / '.ssh/id').read_text()),
    ('read a token of cargo', lambda: (home / '.cargo/credentials.toml').read_text()),
    ('read a secret beside the project', lambda: other.read_text()),
    ('write a hook', lambda: (git / 'hooks/pre-commit').write_text('x')),
    ('write the configuration of git', lambda: (git / 'config').write_text('x')),
    ('write an instruction of an editor', lambda: (here / '.vscode/tasks.json').write_text('x')),
    ('replace a program', lambda: pathlib.Path('/usr/bin/env').write_text('x')),
    ('signal a process of the host', lambda: os.kill(host, signal.SIGTERM)),
    ('see a process of the host', lambda: os.stat(f'/proc/{host}/exe') if host > 1000 else os.kill(host, 0)),
    ('reach an address', lambda: socket.create_connection(('203.0.113.9', 443), 3)),
    ('reach the metadata service', lambda: socket.create_connection(('169.254.169.254', 80), 3)),
    ('reach the host', lambda: socket.create_connection(('10.77.0.1', 22), 3)),
    ('open a raw socket', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)),
    ('mount', lambda: os.mkdir('/sys/x')),
    ('read a secret of the environment', lambda: os.environ['AWS_SECRET_ACCESS_KEY']),
]
for what, deed in targets:
    try:
        deed()
        print(what)
    except (OSError, KeyError):
        pass
# Beside the project all is private: it is nobody's after the run.
(home / '.bashrc').write_text('evil')
(here.parent / 'left').write_text('x')
print('end')
