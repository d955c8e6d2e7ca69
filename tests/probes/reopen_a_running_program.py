"""Opens the program of a running process for writing, and once more after its end."""

import subprocess
running = subprocess.Popen(['../sleeper', '600'])
show(running=reopened(f'/proc/{running.pid}/exe'), ended=reopened(f'/proc/{running.pid}/exe', lambda: [running.kill(), running.wait()]))
