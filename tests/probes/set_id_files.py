"""Every way to make a file set-user-id or set-group-id; `try_all` gives what each ends in."""

import stat
def try_all(where):
    os.chdir(where)
    write('x')
    os.chmod('x', 0o755)
    file = os.open('x', os.O_RDWR)
    found = {}
    for mode in (0o4755, 0o2755, 0o6755):
        text = f'{mode:o}'
        found['chmod' + text] = attempt(os.chmod, 'x', mode)
        found['fchmod' + text] = attempt(os.fchmod, file, mode)
        found['fchmodat' + text] = attempt(lambda: os.chmod('x', mode, dir_fd=os.open('.', 0)))
        found['fchmodat2' + text] = syscall(SYS_fchmodat2, AT_FDCWD, b'x', mode, 0)
        found['creat' + text] = syscall(SYS_creat, f'creat{text}'.encode(), mode)
        found['open' + text] = attempt(os.open, 'open' + text, os.O_CREAT | os.O_WRONLY, mode)
        found['open2' + text] = syscall(SYS_open, f'plain{text}'.encode(), os.O_CREAT, mode)
        found['tmpfile' + text] = attempt(os.open, '.', os.O_TMPFILE | os.O_RDWR, mode)
        found['mknod' + text] = attempt(os.mknod, 'mknod' + text, stat.S_IFREG | mode)
        found['mknodat' + text] = syscall(SYS_mknodat, AT_FDCWD, f'mknodat{text}'.encode(), stat.S_IFREG | mode, 0)
    how = struct.pack('QQQ', os.O_CREAT | os.O_WRONLY, 0o6755, 0)
    found['openat2'] = syscall(SYS_openat2, AT_FDCWD, b'openat2', how, len(how))
    return found
def modes(where):
    return {name: f'{stat.S_IMODE(os.lstat(where + name).st_mode):o}' for name in sorted(os.listdir(where))}
