"""Opens the executor by way of process 1."""

show(one=attempt(write, '/proc/1/exe'), follow=attempt(os.open, '/proc/1/exe', os.O_RDONLY),
     files=attempt(os.listdir, '/proc/1/map_files'), parent=os.getppid())
