"""Connects one kind of descriptor to its arguments, a sandbox, and shows what became of it outside.

The first argument is the kind. The program inside prints JSON on standard error, which comes back under `inside`.
"""

import json, os, socket, subprocess, sys, threading

kind, command = sys.argv[1], sys.argv[2:]
look = lambda: None
stdin, stdout = subprocess.DEVNULL, subprocess.DEVNULL

def new_file(text):
    if os.path.exists("victim"):
        os.unlink("victim")
    with open("victim", "w") as file:
        file.write(text)
    os.chmod("victim", 0o644)
    os.utime("victim", (1000, 1000))

def state_of_file():
    status = os.stat("victim")
    with open("victim") as file:
        return {"mode": oct(status.st_mode & 0o7777), "text": file.read(), "xattrs": os.listxattr("victim"),
                "old": int(status.st_mtime) == 1000}

def read_what_is_there(pipe):
    os.set_blocking(pipe, False)
    try:
        return os.read(pipe, 100).decode()
    except BlockingIOError:
        return ""

if kind == "file":
    new_file("of the host\n")
    stdin, look = os.open("victim", os.O_RDONLY), state_of_file
elif kind == "log":
    new_file("line of an earlier run\n")
    stdout, look = os.open("victim", os.O_WRONLY | os.O_APPEND), state_of_file
elif kind == "output":
    new_file("")
    stdout, look = os.open("victim", os.O_WRONLY), state_of_file
elif kind == "memory":
    memory = os.memfd_create("data")
    os.write(memory, b"of the host\n")
    stdin = os.open(f"/proc/self/fd/{memory}", os.O_RDONLY)
    look = lambda: {"text": os.pread(memory, 100, 0).decode()}
elif kind == "pipe":
    stdin, writer = os.pipe()
    os.write(writer, b"a\n")
    look = lambda: {"text": read_what_is_there(stdin)}
elif kind == "shared":
    reader, stdout = os.pipe()
    os.write(stdout, b"of another program\n")
    look = lambda: {"text": read_what_is_there(reader)}
elif kind in ("udp", "unix"):
    family = socket.AF_INET if kind == "udp" else socket.AF_UNIX
    server = socket.socket(family, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0) if kind == "udp" else f"\0purple-{os.getpid()}")
    server.settimeout(0)
    name = server.getsockname()
    client = socket.socket(family, socket.SOCK_DGRAM)
    stdin = client
    command.append(str(name[1]) if kind == "udp" else name[1:].decode())
    def look():
        try:
            return {"got": server.recv(10).decode()}
        except BlockingIOError:
            return {"got": None}

done = subprocess.run(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)
said = done.stderr.decode()
start = said.find("{")
inside = said if start < 0 else json.loads(said[start:])
print(json.dumps({"status": done.returncode, "inside": inside, "outside": look()}))
