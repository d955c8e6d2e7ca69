"""Which processes a program sees."""

import signal
show(pids=sorted(int(p) for p in os.listdir('/proc') if p.isdigit()), me=os.getpid(), parent=os.getppid(),
     session=os.getsid(0), group=os.getpgid(0), hostname=socket.gethostname(),
     others=attempt(os.kill, 3, 0), everyone=attempt(os.kill, -1, 0), init=read('/proc/1/comm').strip(),
     kill=attempt(os.kill, 1, signal.SIGKILL), alive=os.path.exists('/proc/1'))
