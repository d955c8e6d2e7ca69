"""Drives a shell on a terminal of its own, which runs its arguments, a sandbox of Python, as jobs. Shows what became of the
terminal, and who got what was typed."""

import fcntl, json, os, pty, select, struct, sys, termios, time

# Less than the test waits for all of it: what it waited for is said.
LIMIT = 15
sandbox = " ".join(f"'{word}'" for word in sys.argv[1:])
master, slave = pty.openpty()
name = os.ttyname(slave)
os.fchmod(slave, 0o600)
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
shell = os.fork()
if shell == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for number in (0, 1, 2):
        os.dup2(slave, number)
    os.closerange(3, 100)
    os.environ["PS1"] = "@ "
    os.execv("/bin/bash", ["bash", "--noediting", "--norc", "--noprofile", "-i"])

seen = ""
def until(text):
    """What was printed up to this text."""
    global seen
    end = time.monotonic() + LIMIT
    while text not in seen:
        if not select.select([master], [], [], max(0, end - time.monotonic()))[0]:
            raise TimeoutError(f"no {text!r} in {seen!r}")
        seen += os.read(master, 65536).decode(errors="replace")
    before, _, seen = seen.partition(text)
    return before + text
def type_in(text):
    os.write(master, text.encode())
def modes():
    return termios.tcgetattr(slave)
def is_raw():
    return not modes()[3] & termios.ICANON
def wait_for(condition):
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the terminal's modes")
        select.select([], [], [], 0.01)
def prompt():
    """A word that the shell prints when it has the terminal: what is typed before belongs to the job. What is
    typed may be shown before the shell asks for it or after."""
    prompt.count += 1
    type_in(f"echo at-$((1000 + {prompt.count}))\n")
    until(f"at-{1000 + prompt.count}\r\n")
    until("@ ")
prompt.count = 0
def run(script, end="\n"):
    words = sandbox.replace("SCRIPT", script)
    type_in(words + end)
    if modes()[3] & termios.ECHO:
        until("\n")

until("@ ")
before = modes()
found = {}

run('import os; print(os.ttyname(0), os.get_terminal_size(), open("/dev/tty").isatty(), "END")')
found["own"] = until("END").split("\r\n")[-1]
until("@ ")
found["restored"] = modes() == before

run('print("ready", input())')
wait_for(is_raw)
type_in("a line\n")
found["typed"] = until("ready a line") != ""
until("@ ")

run('import signal, time; signal.signal(2, signal.SIG_DFL); print("re" + "ady", flush=True); time.sleep(600)')
until("ready")
type_in("\x03")
until("@ ")
type_in("echo status $?\n")
until("status $?")
found["interrupted"] = until("\r\n@ ").split()[1]
prompt()

run('print("re" + "ady", flush=True); print("got", input())')
until("ready")
type_in("\x1a")
found["suspended"] = "Stopped" in until("@ ")
found["restored_while_suspended"] = modes() == before
type_in("read -r secret; echo the shell has $secret\n")
until("\n")
type_in("hidden\n")
until("the shell has hidden\r\n@ ")
type_in("fg\n")
wait_for(is_raw)
type_in("shown\n")
found["continued"] = until("got shown") != ""
until("@ ")

# As a shell has them while a line is edited: they are not those of the job.
edited = modes()
edited[3] &= ~(termios.ICANON | termios.ECHO)
termios.tcsetattr(slave, termios.TCSANOW, edited)
run('import termios; print("re" + "ady", flush=True); print("got", input(), bool(termios.tcgetattr(0)[3] & termios.ECHO))', " &\n")
until("ready")
termios.tcsetattr(slave, termios.TCSANOW, before)
type_in("read -r secret; echo the shell has $secret\n")
until("$secret\r\n")
type_in("hidden\n")
until("the shell has hidden\r\n")
prompt()
found["background_is_cooked"] = modes() == before
type_in("until jobs -l | grep -F tty; do :; done\n")
found["background_read"] = until("(tty input)") != ""
until("@ ")
type_in("fg\n")
wait_for(is_raw)
type_in("shown\n")
found["foreground"] = until("got shown True") != ""
until("@ ")

run('import signal, os; signal.pthread_sigmask(signal.SIG_BLOCK, [28]); print("re" + "ady", flush=True); signal.sigwait([28]); print(os.get_terminal_size().columns, "columns", flush=True); print("got", input())')
until("ready")
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
found["resized"] = until("77 columns") != ""
type_in("\n")
until("got")
until("@ ")

run('print("got", input())', " | cat\n")
wait_for(is_raw)
type_in("in a pipeline\n")
found["pipeline"] = until("got in a pipeline\r\n") != ""
until("@ ")

run('import os, termios; os.fchmod(0, 0o666); import fcntl; fcntl.ioctl(0, termios.TIOCEXCL); termios.tcflow(1, termios.TCOOFF)')
until("@ ")
found["mode"] = oct(os.stat(name).st_mode & 0o777)
os.close(os.open(name, os.O_RDWR | os.O_NOCTTY))
found["restored_at_the_end"] = modes() == before

type_in("exit\n")
os.waitpid(shell, 0)
print(json.dumps(found))
