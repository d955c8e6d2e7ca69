"""Tries all ways to change protected paths that exist."""

paths = ['.git/config', '.git/hooks', '.git/hooks/pre-commit', '.git/commondir', 'Makefile']
show(**{path: ways('/tree', path) for path in paths}, content=[read('/tree/' + path) for path in
        ['.git/config', '.git/hooks/pre-commit', '.git/commondir', 'Makefile']],
     objects=attempt(write, '/tree/.git/objects/x'), tree=attempt(shutil.rmtree, '/tree/.git'),
     mode=stat.filemode(os.stat('/tree/.git/hooks').st_mode))
