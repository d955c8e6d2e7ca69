"""Writes to files that steer the kernel."""

paths = ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/modprobe', '/proc/sys/kernel/hotplug',
    '/proc/sys/kernel/poweroff_cmd', '/proc/sys/vm/drop_caches', '/proc/sys/net/ipv4/ip_forward',
    '/proc/sys/fs/binfmt_misc/register', '/proc/sysrq-trigger', '/sys/kernel/uevent_helper', '/sys/power/state']
show(**{path: attempt(lambda: os.close(os.open(path, os.O_WRONLY))) for path in paths})
