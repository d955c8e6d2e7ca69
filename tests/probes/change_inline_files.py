"""Reads files of the policy, and changes each of them and what they lie in, in every way."""

FILES = ['/etc/settings', '/opt/deep/settings', '/scratch/settings', '/scratch/deep/er/settings', '/tmp/settings']
def changes(path):
    above = os.path.dirname(path)
    beside = above + '/other'
    found = {'content': read(path), 'write': attempt(write, path), 'append': attempt(os.open, path, os.O_WRONLY | os.O_APPEND),
             'truncate': attempt(os.truncate, path, 0), 'unlink': attempt(os.unlink, path),
             'rename': attempt(os.rename, path, path + '.old'), 'chmod': attempt(os.chmod, path, 0o777),
             'utime': attempt(os.utime, path), 'link': attempt(os.link, path, beside)}
    if attempt(write, beside) == 'ok':
        found['replace'] = attempt(os.rename, beside, path)
        os.unlink(beside)
    if above not in ('/etc', '/opt/deep', '/scratch', '/tmp'):
        found['above'] = attempt(os.rename, above, above + '.old')
        found['further above'] = attempt(os.rename, os.path.dirname(above), '/scratch/old')
        found['remove'] = attempt(os.rmdir, above)
    return found
def run(path):
    process = os.fork()
    if process == 0:
        os._exit(126 if attempt(os.execv, path, [path]) == 'EACCES' else 127)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
show(changed={path: changes(path) for path in FILES}, after=[read(path) for path in FILES],
     programs=[run('/opt/run'), run('/tmp/run'), run('/scratch/run'), run('/etc/settings')])
