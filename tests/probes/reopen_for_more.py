"""Opens its open files again for more than they were opened for."""

show(write=attempt(lambda: os.close(os.open('/proc/self/fd/0', os.O_WRONLY))),
     cut=attempt(os.truncate, '/proc/self/fd/0', 99),
     read=attempt(lambda: os.close(os.open('/proc/self/fd/2', os.O_RDONLY))))
