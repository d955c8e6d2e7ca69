"""Forks until that is denied."""

import signal
made = 0
error = "none"
while made < 100:
    try:
        if os.fork() == 0:
            signal.pause()
    except OSError as caught:
        error = errno.errorcode[caught.errno]
        break
    made += 1
show(made=made, error=error)
