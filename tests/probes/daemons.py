"""Starts processes that leave their parents."""

import signal, time
for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
MANY = int(sys.argv[1])
for _ in range(MANY):
    if os.fork() == 0:
        os.setsid()
        for fd in (0, 1, 2):
            os.dup2(os.open('/dev/null', os.O_RDWR), fd)
        if os.fork() == 0:
            with open('alive', 'a') as file:
                file.write(f'{os.getpid()}\n')
            time.sleep(600)
        os._exit(0)
while not os.path.exists('alive') or len(read('alive').splitlines()) < MANY: pass
print('all there', flush=True)
time.sleep(int(sys.argv[2]))
