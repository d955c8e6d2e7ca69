"""Says that it is ready, and waits for a line."""

print('ready', flush=True)
sys.stdin.readline()
