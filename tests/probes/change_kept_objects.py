"""Tries all ways to change what is kept, by each of its names, and writes beside it."""

names = sys.argv[1:]
show(**{name: ways('/tree', name) for name in names}, planted=[planted('/tree', name) for name in names],
     fine=[attempt(write, os.path.dirname('/tree/' + name) + '/fine') for name in names])
