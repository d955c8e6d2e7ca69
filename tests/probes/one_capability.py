"""What a program with CAP_NET_BIND_SERVICE can and cannot do."""

listener = socket.create_server(('127.0.0.1', 80))
client = socket.create_connection(('127.0.0.1', 80), timeout=5)
show(caps=caps, map=read('/proc/self/uid_map').split(), interfaces=interfaces(),
     host=attempt(socket.gethostbyname, 'localhost'), nested=syscall(SYS_unshare, CLONE_NEWUSER),
     raw=attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1), chown=attempt(os.chown, '/tmp', 0, 0),
     child=os.popen('grep CapEff /proc/self/status').read().split()[1])
