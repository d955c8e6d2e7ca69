"""Makes files until it is stopped."""

import shutil, tempfile
dir = tempfile.mkdtemp(dir='/dev/shm')
def fill(most):
    for number in range(most):
        try:
            os.mknod(f'{dir}/{number}')
        except OSError as error:
            return [errno.errorcode[error.errno], number < 1 << 17]
    return ['ok', most]
found = fill(140000)
shutil.rmtree(dir)
show(it=found)
