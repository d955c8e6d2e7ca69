"""Writes to control groups, and mounts them."""

def first(name):
    for top, dirs, files in os.walk('/sys/fs/cgroup'):
        if name in files:
            return attempt(lambda: os.close(os.open(top + '/' + name, os.O_WRONLY)))
    return 'ENOENT'
show(move=first('cgroup.procs'), tasks=first('tasks'), release=first('release_agent'))
