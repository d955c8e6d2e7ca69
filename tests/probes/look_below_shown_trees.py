"""Shows what is at and below shown trees."""

show(a=sorted(os.listdir('/a')), c=sorted(os.listdir('/a/b/c')), one=read('/a/b/c/deep/one'),
     file=read('/a/file'), write=attempt(write, '/a/file'), up=os.listdir('/a/b/c/../..'))
