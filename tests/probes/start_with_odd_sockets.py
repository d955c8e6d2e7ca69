"""Starts its arguments with a socket as input that is not connected, and with one that has a byte out of band
alone; shows how they ended and how much of the processor's time the second took."""

import json, resource, socket, subprocess, sys

alone = subprocess.run(sys.argv[1:], stdin=socket.socket(socket.AF_UNIX), capture_output=True, text=True)
before = resource.getrusage(resource.RUSAGE_CHILDREN)
ours, theirs = socket.socketpair()
ours.send(b"O", socket.MSG_OOB)
child = subprocess.Popen(sys.argv[1:], stdin=theirs, stdout=subprocess.PIPE, text=True)
ready = child.stdout.readline()
try:
    child.wait(2)
except subprocess.TimeoutExpired:
    pass
ours.sendall(b"band\n")
ours.close()
out = child.stdout.read()
status = child.wait()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
used = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({"alone": [alone.returncode, alone.stdout, alone.stderr], "status": status, "out": ready + out,
                  "waits": used < 0.7}))
