"""Tries to read, write and move masked paths."""

def look(path): return attempt(os.listdir if os.path.isdir(path) else read, path)
files = ['/shown/key', '/tree/.env', '/tree/none', '/proc/version']
folders = ['/shown/keys', '/tree/secrets', '/tree/dir', '/sys/class/net']
show(read=[look(path) for path in files + folders], write=[attempt(write, path) for path in files],
     into=[attempt(write, path + '/x') for path in folders], none=attempt(os.stat, '/shown/none'),
     away=[attempt(os.rename, '/tree/' + name, '/tree/x') for name in ['.env', 'secrets', 'none', 'far', 'dir']],
     remove=[attempt(os.unlink, '/tree/' + name) for name in ['.env', 'none']],
     far=attempt(os.makedirs, '/tree/far/away'), uptime=attempt(read, '/proc/uptime'))
