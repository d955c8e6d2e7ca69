"""Shows its limits and its mask for new files."""

import resource
show(core=resource.getrlimit(resource.RLIMIT_CORE), umask=os.umask(0),
     files=resource.getrlimit(resource.RLIMIT_NOFILE))
