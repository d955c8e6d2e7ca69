"""Prints the user, the host name and the time zone that it sees, and the permissions of a file that it creates."""

import pwd, subprocess
def said(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()
account = pwd.getpwuid(os.getuid())
os.close(os.open('/output/file', os.O_CREAT | os.O_WRONLY, 0o666))
os.mkdir('/output/dir', 0o777)
before = os.umask(0)
os.close(os.open('/output/open', os.O_CREAT | os.O_WRONLY, 0o666))
show(uname=os.uname().nodename, hostname=read('/etc/hostname'), hosts=read('/etc/hosts'), set=attempt(socket.sethostname, 'other'),
     account=[account.pw_name, account.pw_dir], id=said('id', '-un'), group=said('id', '-gn'), by_name=pwd.getpwnam(account.pw_name).pw_uid == os.getuid(),
     variables=[os.environ.get(name) for name in ('USER', 'LOGNAME')], umask=before,
     resolved=socket.gethostbyname(os.uname().nodename))
