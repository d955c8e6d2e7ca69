"""Takes a lease for writing on a file (F_SETLEASE), says so, and keeps it until its input ends."""

import fcntl, os, signal, sys

signal.signal(signal.SIGIO, signal.SIG_IGN)
file = os.open(sys.argv[1], os.O_RDONLY)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()
