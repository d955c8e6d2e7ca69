"""Renames what is above protected paths."""

os.chdir('/output/project')
show(hook=attempt(write, '.git/hooks/pre-commit'), inner=attempt(os.rename, '.git/hooks', '.git/gone'),
     parent=attempt(os.rename, '.git', 'gone'), grandparent=attempt(os.rename, '/output/project', '/output/gone'),
     other=attempt(write, '.git/config'), config=attempt(os.rename, '.git/config', 'config'))
