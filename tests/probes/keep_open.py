"""Opens what its first argument names, as descriptors from 10 on, and becomes the rest."""

import os, sys
for number, path in enumerate(sys.argv[1].split(','), 10):
    opened = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    os.dup2(opened, number)
os.execv(sys.argv[2], sys.argv[2:])
