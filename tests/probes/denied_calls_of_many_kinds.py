"""Makes denied calls of KINDS kinds, and one more."""

answers = [syscall(SYS_getpriority, 0, number) for number in range(KINDS + 1)]
show(first=answers[0], others=sorted(set(answers[1:])))
