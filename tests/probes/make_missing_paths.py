"""Tries all ways to make protected paths that do not exist."""

paths = ['Makefile', 'ci/deep/run', 'hooks', '.git/hooks', '.git/config', '.vscode/tasks.json']
show(**{path: ways('/tree', path) for path in paths}, planted=[planted('/tree', path) for path in paths],
     fine=attempt(write, '/tree/fine'))
