"""What a profile does not let a program do: tries each abuse and prints the error that it ended in, or `ok`.

The argument is an object in JSON: `try` names the abuses, and the other keys say where things of the host are. Those on
files are tried on the host too, without a sandbox: there they succeed.
"""
import pathlib, stat, tempfile

TOLD = json.loads(sys.argv[1])
HOME, SECRET, HOST, PORT = (TOLD[key] for key in ("home", "secret", "host", "port"))
HERE = pathlib.Path(TOLD["project"])
PTRACE_TRACEME = KEYCTL_GET_KEYRING_ID = 0


def make(path):
    """Writes to a file, with the directories above it that are missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("evil")


def connect(host, port):
    return lambda: socket.create_connection((host, port), 3).close()


def speak_to(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(path)


def call(number, *arguments):
    def deed():
        found = syscall(number, *arguments)
        if found != "ok":
            raise OSError(getattr(errno, found), found)
    return deed


def set_user_id():
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0o4755)


def fill():
    with tempfile.TemporaryFile() as file:
        os.posix_fallocate(file.fileno(), 0, 1 << 40)


def secret_of_the_caller():
    if "AWS_SECRET_ACCESS_KEY" not in os.environ:
        raise OSError(errno.ENOENT, "no such variable")


ABUSES = {
    "read a key of the user": lambda: read(f"{HOME}/.ssh/id"),
    "read a token of the user": lambda: read(f"{HOME}/.cargo/credentials.toml"),
    "read what is beside the project": lambda: read(SECRET),
    "read the passwords of the host": lambda: read("/etc/shadow"),
    "read a file of the project": lambda: read(HERE / "README"),
    "read a secret of the caller's environment": secret_of_the_caller,
    "look at a process of the host": lambda: os.stat(f"/proc/{HOST}/status"),
    "end a process of the host": lambda: os.kill(HOST, signal.SIGTERM),
    "write to a file of the project": lambda: make(HERE / "README"),
    "write a hook of git": lambda: make(HERE / ".git/hooks/pre-commit"),
    "write the configuration of git": lambda: make(HERE / ".git/config"),
    "write a branch": lambda: make(HERE / ".git/refs/heads/evil"),
    "write a workflow": lambda: make(HERE / ".github/workflows/evil.yml"),
    "write what an editor runs": lambda: make(HERE / ".vscode/tasks.json"),
    "write what an agent obeys": lambda: make(HERE / ".mcp.json"),
    "write settings": lambda: make(pathlib.Path(TOLD["settings"])),
    "replace a program": lambda: make(pathlib.Path("/usr/bin/env")),
    "write to the kernel": lambda: write("/proc/sys/kernel/core_pattern"),
    "fill the disk": fill,
    "set the set-user-id bit": set_user_id,
    "make a device": lambda: os.mknod(tempfile.mktemp(), stat.S_IFBLK | 0o600, os.makedev(8, 0)),
    "reach a name": lambda: socket.getaddrinfo("other.test", 443),
    "reach an address": connect("203.0.113.9", 443),
    "reach a private address": connect("10.1.0.7", 443),
    "reach the metadata service": connect("169.254.169.254", 80),
    "reach the host": connect("10.77.0.1", PORT),
    "reach another port": connect("203.0.113.9", 22),
    "listen to others": lambda: socket.create_server(("0.0.0.0", 2222)).close(),
    "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "speak to a service of the host": lambda: speak_to(TOLD["socket"]),
    "mount": call(SYS_mount, b"x", b"/tmp", b"tmpfs", 0, 0),
    "make a user namespace": call(SYS_unshare, CLONE_NEWUSER),
    "trace a process": call(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0),
    "load a program into the kernel": call(SYS_bpf, 0, 0, 0),
    "call past the filter": call(SYS_io_uring_setup, 1, 0),
    "read a key of the kernel": call(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0),
}
show(**{name: attempt(ABUSES[name]) for name in TOLD["try"]})
