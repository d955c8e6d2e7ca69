"""Takes the locks of an audit log's files, as far as they can be opened, and keeps them until it is told to end."""

def hold(name):
    file = os.open(name, os.O_RDONLY)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

show(head=attempt(hold, "/look/audit.log.head"), lock=attempt(hold, "/look/audit.log.lock"))
sys.stdout.flush()
sys.stdin.readline()
