"""Becomes the program that its arguments name, with a pipe or a terminal as standard error that it
holds open itself and that nobody reads: the first argument says which. `terminals` are all three."""

import os, pty, sys

ours, its = os.pipe() if sys.argv[1] == "pipe" else pty.openpty()
os.set_inheritable(ours, True)
for number in (0, 1, 2) if sys.argv[1] == "terminals" else (2,):
    os.dup2(its, number)
os.execvp(sys.argv[2], sys.argv[2:])
