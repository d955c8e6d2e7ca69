"""Starts its arguments with a socket each for input, output and error, as node.js and systemd do, and shows what came back."""

import json, os, socket, subprocess, sys, threading

(ours, theirs), (out, their_out), (error, their_error) = (socket.socketpair() for _ in range(3))
child = subprocess.Popen(sys.argv[1:], stdin=theirs, stdout=their_out, stderr=their_error)
for one in (theirs, their_out, their_error):
    one.close()
sent = os.urandom(3 << 20)
def send():
    ours.sendall(sent)
    ours.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
def all_of(one):
    text = b""
    while part := one.recv(65536):
        text += part
    return text
got = all_of(out)
print(json.dumps({"status": child.wait(), "bytes": len(sent), "same": got[:len(sent)] == sent,
                  "end": got[len(sent):].decode(), "error": all_of(error).decode()}))
