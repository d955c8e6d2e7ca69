"""Changes what is beside masked paths and on the way to them."""

show(more=read('/tree/a/b/more/x'), write=attempt(write, '/tree/a/b/new'), file=attempt(write, '/tree/file'),
     c=attempt(write, '/tree/a/c'), d=attempt(os.mkdir, '/tree/a/d/x'), up=attempt(os.rename, '/tree/a', '/tree/z'),
     fine=attempt(write, '/tree/a/fine'))
