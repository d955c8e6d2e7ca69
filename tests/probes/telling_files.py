"""Reads files that say something about the kernel or the host."""

def content(path):
    try:
        with open(path, 'rb', buffering=0) as file:
            return 'ok' if file.read(1) else 'empty'
    except OSError as error:
        return errno.errorcode[error.errno]
paths = ['/proc/kcore', '/proc/keys', '/proc/kallsyms', '/proc/timer_list', '/proc/slabinfo', '/proc/vmallocinfo',
    '/proc/kpagecount', '/proc/interrupts', '/sys/kernel/notes', '/proc/cmdline',
    '/proc/sys/kernel/random/boot_id']
show(**{path: content(path) for path in paths})
