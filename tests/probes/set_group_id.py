"""What asks for the set-group-id bit: a shared repository, copies and archives of a directory that has it, and files."""

import subprocess
os.chdir('/output')
os.umask(0o022)
os.mkdir('unpacked'); os.mkdir('directory'); write('program'); write('repository/file')
def run(*command):
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode
how = struct.pack('QQQ', os.O_CREAT | os.O_WRONLY, 0o2755, 0)
show(git=run('git', '-C', 'repository', 'add', 'file'), cp=run('cp', '-a', 'tree', 'copied'),
     archived=run('tar', 'cf', '/tmp/tree.tar', 'tree'), tar=run('tar', 'xpf', '/tmp/tree.tar', '-C', 'unpacked'),
     directory=attempt(os.chmod, 'directory', 0o2775), user=attempt(os.chmod, 'program', 0o4755),
     both=attempt(os.chmod, 'program', 0o6755), file=attempt(os.chmod, 'program', 0o2755),
     openat2=syscall(SYS_openat2, AT_FDCWD, b'openat2', how, len(how)))
