"""An agent's loop: asks its model by name, edits the project, runs its test, commits, and keeps what it has fetched.

Prints a line a step: the step, and what came of it. The arguments are the project's directory, the host of the model, and
a file below the home directory that is there in the next run.
"""
import pathlib, socket, ssl, subprocess, sys


def greeting(host):
    """The first message of TLS, with the name of the host. The stand-in answers any bytes."""
    sent = ssl.MemoryBIO()
    side = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname=host)
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return sent.read()


def ask(host):
    try:
        with socket.create_connection((host, 443), 5) as model:
            model.sendall(greeting(host))
            return 'answered' if b'443' in model.recv(100) else 'refused'
    except OSError as error:
        return type(error).__name__


def run(*words):
    return subprocess.run(words, capture_output=True, text=True)


here = pathlib.Path.cwd()
print('here', here == pathlib.Path(sys.argv[1]))
print('model', ask(sys.argv[2]))
print('elsewhere', ask('other.test'))
with (here / 'notes').open('a') as notes:
    notes.write('one more total\n')
(here / 'sum.py').write_text('def total(a, b):\n    return a + b\n')
print('test', run(sys.executable, '-c', 'import sum; assert sum.total(1, 2) == 3').returncode)
print('commit', run('git', 'add', '.').returncode, run('git', 'commit', '-qm', 'Add total').returncode)
kept = pathlib.Path.home() / sys.argv[3]
print('kept', kept.exists())
kept.write_text('fetched')
