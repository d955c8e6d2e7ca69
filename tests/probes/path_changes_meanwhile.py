"""One thread changes the path that another one calls with."""

import threading
path, going = ctypes.create_string_buffer(b'/output/a'), True
def change():
    while going:
        path.value = b'/output/b'
        path.value = b'/output/a'
        path.value = b'/proc/1/'
thread = threading.Thread(target=change)
thread.start()
answers = {syscall(SYS_mkdir, path, 0o777) for _ in range(3000)}
going = False
thread.join()
show(answers=sorted(answers))
