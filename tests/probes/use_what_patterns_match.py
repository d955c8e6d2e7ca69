"""Tries to read, change and move what patterns match: `/tree/**/*.sh` is kept, the others are hidden."""

paths = ['/tree/.env', '/tree/deep/er/.env', '/shown/.env', '/tree/deep/run.sh', '/tree/plain']
show(read=[attempt(read, path) for path in paths], plain=attempt(write, '/tree/plain', 'changed'),
     moved=[attempt(os.rename, '/tree/' + name, '/tree/moved') for name in ['deep', 'deep/er']],
     **{path: ways('/tree', path[6:]) for path in paths[:2] + paths[3:4]})
