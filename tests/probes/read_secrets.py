"""Reads what the kernel keeps to itself."""

def content(path):
    try:
        with open(path, 'rb') as file:
            return file.read(64).hex() or 'empty'
    except OSError as error:
        return errno.errorcode[error.errno]
paths = ['/proc/kcore', '/proc/keys', '/proc/kallsyms', '/proc/timer_list', '/proc/vmallocinfo', '/proc/kmsg',
    '/proc/interrupts', '/proc/sched_debug', '/proc/latency_stats', '/proc/slabinfo', '/proc/kpagecount',
    '/proc/cmdline', '/proc/sys/kernel/random/boot_id']
show(**{path: content(path) for path in paths},
     **{path: attempt(os.listdir, path) for path in ['/proc/acpi', '/proc/scsi', '/sys/firmware', '/sys/kernel']})
