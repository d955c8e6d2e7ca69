"""Shows the scratch directories, and leaves a file in them."""

show(tmp=os.listdir('/tmp'), cache=os.listdir('/var/cache'), shm=os.listdir('/dev/shm'),
     mode=oct(os.stat('/tmp').st_mode)); write('/tmp/left'); write('/var/cache/left')
