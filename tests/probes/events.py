"""Server-sent events of a site, as they come: how many, and whether each came when it was sent."""
import sys, time, urllib.request

lags = [time.time() - float(line.split()[1]) for line in urllib.request.urlopen(sys.argv[1]) if line.startswith(b'data:')]
print(len(lags), 'events', 'in time' if max(lags) < 0.5 else f'up to {max(lags):.1f} s late')
