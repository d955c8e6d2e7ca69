"""What programs do with modes every day."""

import subprocess
os.umask(0o022)
os.mkdir('tree'); write('tree/run'); write('tree/plain'); os.mkdir('tree/shared')
os.chmod('tree/run', 0o755); os.chmod('tree/shared', 0o1777)
def run(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL).returncode
show(codes=[run('cp', '-a', 'tree', 'copy'), run('tar', 'cf', 'tree.tar', 'tree'), run('mkdir', 'out'),
            run('tar', 'xpf', 'tree.tar', '-C', 'out'), run('git', 'init', '-q', 'repository'),
            run('install', '-m', '755', 'tree/plain', 'installed')],
     copied=modes('copy/'), unpacked=modes('out/tree/'), here=modes('./'),
     repository=os.path.exists('repository/.git/HEAD'))
