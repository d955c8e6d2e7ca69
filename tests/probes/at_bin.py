# What is at /bin: where a link leads, whether something is mounted there, whether a shell is below it.
points = [line.split()[4] for line in open("/proc/self/mountinfo")]
link = os.readlink("/bin") if os.path.islink("/bin") else None
show(link=link, mounted="/bin" in points, shell=os.path.exists("/bin/sh"))
