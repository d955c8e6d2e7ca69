"""Shows its limits, raises each of them, and goes beyond those that have an effect at once."""

import resource
NAMES = ['as', 'core', 'cpu', 'data', 'fsize', 'memlock', 'msgqueue', 'nofile', 'nproc', 'sigpending', 'stack']
def raised(number, limit):
    if limit == resource.RLIM_INFINITY:
        return 'unlimited'
    try:
        resource.setrlimit(number, (limit + 1, limit + 1))
        return 'ok'
    except ValueError:
        # setrlimit(2): EPERM.
        return 'refused'
def files():
    found = []
    while True:
        try:
            found.append(os.open('/dev/null', os.O_RDONLY))
        except OSError as error:
            return errno.errorcode[error.errno], max(found)
        finally:
            if len(found) > 4096:
                break
def processes():
    found = []
    try:
        while len(found) < 100:
            process = os.fork()
            if process == 0:
                signal.pause()
            found.append(process)
        return 'ok', len(found)
    except OSError as error:
        return errno.errorcode[error.errno], len(found)
    finally:
        for process in found:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
def large_file():
    with open('/output/large', 'wb', buffering=0) as file:
        written = 0
        while written < 1 << 22:
            written += file.write(bytes(4096))
numbers = {name: getattr(resource, 'RLIMIT_' + name.upper(), {'msgqueue': 12, 'sigpending': 11}.get(name)) for name in NAMES}
limits = {name: resource.getrlimit(number) for name, number in numbers.items()}
show(limits=limits, raised={name: raised(number, limits[name][1]) for name, number in numbers.items()},
     processes=processes(), file=attempt(large_file), size=os.stat('/output/large').st_size, files=files())
