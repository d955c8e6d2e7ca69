"""Looks for what records denials."""

with os.scandir('/proc/self/fd') as entries: own = sorted(int(one.name) for one in entries)
show(own=own[:3], more=[fd for fd in own[3:] if attempt(os.fstat, fd) == 'ok'],
     init=attempt(os.listdir, '/proc/1/fd'), all=sorted(int(one) for one in os.listdir('/proc') if one.isdigit())[0])
