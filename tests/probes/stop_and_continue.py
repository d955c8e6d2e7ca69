"""Is stopped and continued by a child of its own, again and again, as long as it lives."""

import os, signal, time

me = os.getpid()
if os.fork() == 0:
    os.setsid()
    print("ready", flush=True)
    while True:
        os.kill(me, signal.SIGSTOP)
        # Init must see it.
        time.sleep(0.001)
        os.kill(me, signal.SIGCONT)
        time.sleep(0.0005)
while True:
    time.sleep(1)
