"""Shows what the root holds."""

show(root=sorted(os.listdir('/')), etc=sorted(os.listdir('/etc')),
     links={p: os.readlink('/' + p) for p in ['bin', 'sbin', 'lib', 'lib64']},
     passwd=read('/etc/passwd').splitlines()[0], resolv=read('/etc/resolv.conf'))
