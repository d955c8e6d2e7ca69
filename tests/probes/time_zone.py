"""Shows the time zone by the variable and by the link, and changes the link."""

import subprocess
def zone(**variables):
    return subprocess.run(['date', '-d', '@0', '+%Z %H'], capture_output=True, text=True, env=variables).stdout.strip()
show(variable=os.environ.get('TZ'), by_variable=zone(TZ=os.environ.get('TZ', '')), by_link=zone(), link=os.readlink('/etc/localtime'),
     changed=[attempt(os.unlink, '/etc/localtime'), attempt(os.symlink, 'x', '/etc/localtime')])
