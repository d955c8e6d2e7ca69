"""Opens files to make them and to read them."""

path = b'/tmp/made'
show(make=attempt(os.open, path, os.O_CREAT | os.O_WRONLY), read=attempt(read, '/etc/hosts'),
     high=syscall(SYS_openat, AT_FDCWD, path, 0x100000000 | os.O_CREAT, 0o600), left=os.listdir('/tmp'))
