"""The ids and privileges that a program has."""

lines = status()
show(ids=[os.getresuid(), os.getresgid(), os.getgroups()], uid_map=read('/proc/self/uid_map').split()[::2],
     groups=read('/proc/self/setgroups').strip(), caps=[lines['Cap' + s] for s in ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']],
     locked=[lines['NoNewPrivs'], lines['Seccomp'], lines['Seccomp_filters']],
     root=[attempt(os.setuid, 0), attempt(os.setgid, 0), attempt(os.setgroups, [0])],
     securebits=libc.prctl(27, 0, 0, 0, 0) & 0b101111, dumpable=libc.prctl(3, 0, 0, 0, 0))
