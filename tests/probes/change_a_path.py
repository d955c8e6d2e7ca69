"""Every way to make, change or move a path; `ways` gives what each ends in."""

import shutil, stat
def ways(top, path):
    name = path.replace('/', '-')
    own, folder, at = top + '/own-' + name, top + '/dir-' + name, top + '/' + path
    write(own, 'planted')
    os.makedirs(folder + '/hooks')
    first = top + '/' + path.split('/')[0]
    return dict(
        open=attempt(write, at, 'planted'), above=attempt(os.makedirs, os.path.dirname(at), 0o755, True),
        open_again=attempt(write, at, 'planted'), mkdir=attempt(os.mkdir, at), below=attempt(write, at + '/x'),
        symlink=attempt(os.symlink, own, at), link=attempt(os.link, own, at), rename=attempt(os.rename, own, at),
        rename_dir=attempt(os.rename, folder, at), over=attempt(os.rename, folder, first),
        exchange=syscall(SYS_renameat2, AT_FDCWD, folder.encode(), -100, at.encode(), 2), mknod=attempt(os.mknod, at, stat.S_IFIFO | 0o600),
        away=attempt(os.rename, at, top + '/away'), first_away=attempt(os.rename, first, top + '/gone'),
        unlink=attempt(os.unlink, at), rmdir=attempt(os.rmdir, at), rmdir_first=attempt(os.rmdir, first),
        chmod=attempt(os.chmod, at, 0o777), truncate=attempt(os.truncate, at, 0),
        out=attempt(os.link, at, top + '/linked'), utime=attempt(os.utime, at))
def planted(top, path):
    try:
        with open(top + '/' + path, 'rb') as file:
            return b'planted' in file.read()
    except OSError:
        return False
