"""Sets the limits, the scheduler, the processors and the priorities of a child, which has the same user id as
process 1, and then of process 1."""

import resource, time

SYS_ioprio_set = 251
IOPRIO_WHO_PROCESS, IOPRIO_IDLE = 1, 3 << 13

def steer(process):
    return dict(
        limit=attempt(resource.prlimit, process, resource.RLIMIT_CPU, (1000, 1000)),
        scheduler=attempt(os.sched_setscheduler, process, os.SCHED_IDLE, os.sched_param(0)),
        parameter=attempt(os.sched_setparam, process, os.sched_param(0)),
        processors=attempt(os.sched_setaffinity, process, os.sched_getaffinity(0)),
        priority=attempt(os.setpriority, os.PRIO_PROCESS, process, 10),
        disks=syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, process, IOPRIO_IDLE),
    )

child = os.fork()
if child == 0:
    time.sleep(600)
show(child=steer(child), first=steer(1), user=attempt(os.setpriority, os.PRIO_USER, 0, 10),
     group=attempt(os.setpriority, os.PRIO_PGRP, 0, 10), own=attempt(os.setpriority, os.PRIO_PROCESS, 0, 10))
os.kill(child, signal.SIGKILL)
