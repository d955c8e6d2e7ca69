"""Takes its own capability sets: `caps`."""

lines = status()
caps = [lines['Cap' + s] for s in ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']]
