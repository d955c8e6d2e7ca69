"""Writes settings of the kernel."""

paths = ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/modprobe', '/proc/sys/kernel/hostname',
    '/proc/sys/user/max_user_namespaces', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/vm/drop_caches',
    '/proc/sysrq-trigger', '/proc/irq/default_smp_affinity', '/proc/pressure/cpu', '/proc/pressure/memory',
    '/sys/kernel/uevent_helper',
    '/sys/power/state', '/sys/module/kernel/parameters/panic', '/sys/class/net/lo/mtu',
    '/proc/self/uid_map', '/proc/1/oom_score_adj', '/proc/timer_list']
show(**{path: attempt(write, path, '1') for path in paths})
