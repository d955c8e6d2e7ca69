"""Sees to it that a write to standard error waits for good: fills the pipe, or stops the terminal.
Then it says so, and outstays its time."""

import os, select, sys, termios, time

if os.isatty(2):
    termios.tcflow(2, termios.TCOOFF)
else:
    os.set_blocking(2, False)
    # Who relays takes some of it, until nobody takes anything from the relay.
    while select.select([], [2], [], 0.2)[1]:
        for size in (4096, 1):
            try:
                while True:
                    os.write(2, b"x" * size)
            except BlockingIOError:
                pass
    # It is one open file for all who have it.
    os.set_blocking(2, True)
_, ready, _ = select.select([], [2], [], 0)
print("not held up" if ready else "held up", flush=True)
time.sleep(600)
