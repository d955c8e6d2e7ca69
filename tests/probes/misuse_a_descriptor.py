"""Does with descriptor 0 or 1 what it was not connected for. The first argument says which; a second, to whom to send."""

number = int(sys.argv[1])
link = f"/proc/self/fd/{number}"

def change_flags():
    FS_IOC_SETFLAGS, NODUMP = 0x40086602, 0x40
    fcntl.ioctl(number, FS_IOC_SETFLAGS, struct.pack("l", NODUMP))
def write_again():
    file = os.open(link, os.O_WRONLY | os.O_NONBLOCK)
    os.write(file, b"FORGED\n")
def read_again():
    file = os.open(link, os.O_RDONLY | os.O_NONBLOCK)
    os.read(file, 100)
def send():
    here = socket.socket(fileno=os.dup(number))
    name = sys.argv[2]
    here.sendto(b"out", ("127.0.0.1", int(name)) if name.isdigit() else "\0" + name)

found = dict(
    mode=attempt(os.fchmod, number, 0o777),
    times=attempt(os.utime, number, (0, 0)),
    attribute=attempt(os.setxattr, number, "user.planted", b"x"),
    flags=attempt(change_flags),
    append=attempt(lambda: fcntl.fcntl(number, fcntl.F_SETFL, 0)),
    at_start=attempt(os.pwrite, number, b"FORGED", 0),
    read_again=attempt(read_again),
    write_again=attempt(write_again),
    cut=attempt(os.ftruncate, number, 0),
    send=attempt(send) if len(sys.argv) > 2 else None,
)
os.write(2, json.dumps(found).encode())
