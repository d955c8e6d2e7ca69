/* A C program that runs a command in the sandbox of one plan by the kernel calls that purple-exec makes
 * for it, in their order. The plan is compiled in (plan.h, generated): nothing is decoded, hashed or
 * compared, no message is put together, and what is read back is thrown away.
 *
 *   bare FILTER COMMAND [ARGUMENT...]        FILTER: a file of struct sock_filter
 *
 * It is a peer for the benchmark: what remains when everything but the kernel's own work is gone. With
 * BLIND defined it leaves out the calls that only look whether the others have done their work. */
#include "bare-calls.h"
#include "bare-mounts.h"

static void loopback(void)
{
    struct { char name[16]; short flags; char rest[22]; } request = { "lo", 0, "" };
    int fd = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    must(ioctl(fd, 0x8913, &request), "SIOCGIFFLAGS");
    request.flags |= 1;
    must(ioctl(fd, 0x8914, &request), "SIOCSIFFLAGS");
    if (LOOK)
        must(ioctl(fd, 0x8913, &request), "SIOCGIFFLAGS");
    close(fd);
}

/* Whether no link leads to a source of the host's. */
static void look_at_sources(void)
{
    for (size_t i = 0; i < COUNT(STEPS); i++)
        if (STEPS[i].kind == BIND && STEPS[i].source[0] == '/') {
            look_for_link(i);
            if (is_link[i])
                continue;
            int fd = open_below(AT_FDCWD, STEPS[i].source, O_PATH, NO_SYMLINKS);
            if (fd >= 0)
                close(fd);
        }
}

enum { MOST_MOUNTS = 8 << 20, MOST_KEPT = 3 * 4352 };

static char *pages(size_t bytes, int flags)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
}

static void read_mounts(char *lines)
{
    int fd = must(open_path("/proc/self/mountinfo", O_RDONLY), "mountinfo");
    long used = 0, count;
    while ((count = must(read(fd, lines + used, MOST_MOUNTS - used), "mountinfo")) > 0)
        used += count;
    close(fd);
}

/* Where this program and the filter lie, which nothing inside may change. */
static void look_at_kept(int filter, char *kept, char *mounts)
{
    char name[64], status[256];
    read_mounts(mounts);
    mode_t before = syscall(SYS_umask, 0);
    int files[] = { must(open_path("/proc/self/exe", O_PATH), "exe"), must(syscall(SYS_fcntl, filter, F_DUPFD_CLOEXEC, 3), "dup") };
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(name, sizeof name, "/proc/self/fd/%d", files[i]);
        must(syscall(SYS_statx, files[i], "", 0x1000, 0x7ff | 0x1000, status), name);
        must(readlinkat(AT_FDCWD, name, kept + i * 100, 4096), name);
    }
    syscall(SYS_umask, before);
}

static void look_at_namespaces(void)
{
    static const char *const names[] = { "user", "pid", "mnt", "net", "ipc", "uts", "cgroup" };
    char name[64];
    int dir = must(open_path("/proc/self/ns/", O_PATH | O_DIRECTORY), "namespaces");
    for (size_t i = 0; i < COUNT(names); i++)
        must(readlinkat(dir, names[i], name, sizeof name), names[i]);
    close(dir);
}

static void look_at_mounts(const int gate[2])
{
    struct stat status;
    char byte;
    must(syscall(SYS_fstat, root_fd, &status), "root");
    must(syscall(SYS_newfstatat, AT_FDCWD, "/", &status, 0), "/");
    must(syscall(SYS_newfstatat, AT_FDCWD, "/..", &status, 0), "/..");
    must(read(gate[0], &byte, 1), "gate");
    char *lines = pages(MOST_MOUNTS, MAP_PRIVATE);
    read_mounts(lines);
    munmap(lines, MOST_MOUNTS);
}

/* Whether the command can run: a file, executable, and its interpreter is there. */
static void look_at_command(const char *command)
{
    struct stat status;
    char head[256], name[255];
    Elf64_Phdr segment;
    must(syscall(SYS_newfstatat, AT_FDCWD, command, &status, 0), command);
    must(syscall(439, AT_FDCWD, command, X_OK, AT_EACCESS), command);
    int fd = must(open_path(command, O_RDONLY), command);
    must(pread(fd, head, sizeof head, 0), command);
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)head;
    for (int i = 0; i < elf->e_phnum; i++) {
        must(pread(fd, &segment, sizeof segment, elf->e_phoff + i * sizeof segment), command);
        if (segment.p_type != PT_INTERP)
            continue;
        must(pread(fd, name, segment.p_filesz, segment.p_offset), command);
        must(syscall(SYS_newfstatat, AT_FDCWD, name, &status, 0), name);
        break;
    }
    close(fd);
}

static void allow(int ruleset, int fd, uint64_t access)
{
    struct __attribute__((packed)) { uint64_t access; int fd; } rule = { access, fd };
    if (syscall(LANDLOCK_ADD, ruleset, 1, &rule, 0) < 0 && errno != EBADFD)
        must(-1, "landlock_add_rule");
}

static void restrict_files(void)
{
    const struct ruleset *level = NULL;
    struct stat status;
    if (!COUNT(RULESETS))
        return;
    long host = must(syscall(LANDLOCK_CREATE, NULL, 0, 1), "landlock");
    for (size_t i = 0; i < COUNT(RULESETS) && RULESETS[i].abi <= host; i++)
        level = &RULESETS[i];
    if (!level)
        must(-1, "landlock is too old");
    int ruleset = must(syscall(LANDLOCK_CREATE, &level->fs, 24, 0), "landlock_create_ruleset");
    /* The bench connects /dev/null and pipes: nothing that leads past the mounts. */
    for (int fd = 0; fd < 3; fd++)
        must(syscall(SYS_fstat, fd, &status), "a standard descriptor");
    for (size_t i = 0; i < COUNT(PATHS); i++) {
        int fd = open_below(AT_FDCWD, PATHS[i].path, O_PATH | O_NOFOLLOW, NO_SYMLINKS);
        if (fd < 0 && PATHS[i].optional)
            continue;
        must(syscall(SYS_fstat, fd, &status), PATHS[i].path);
        allow(ruleset, fd, PATHS[i].access & level->fs & (S_ISDIR(status.st_mode) ? ~0ull : OF_FILES));
        close(fd);
    }
    for (int fd = 0; fd < 3; fd++) {
        int mode = must(fcntl(fd, F_GETFL), "F_GETFL") & O_ACCMODE;
        uint64_t access = (mode == O_RDONLY ? 4 : mode == O_WRONLY ? 0x4002 : 0x4006) | 0x8000;
        allow(ruleset, fd, access & level->fs);
    }
    for (size_t i = 0; i < COUNT(PORTS); i++)
        if (PORTS[i].access & level->net) {
            struct port rule = { PORTS[i].access & level->net, PORTS[i].port };
            must(syscall(LANDLOCK_ADD, ruleset, 2, &rule, 0), "a port");
        }
    if (LOOK)
        must(syscall(SYS_kill, 1, 0), "looking at init");
    must(syscall(LANDLOCK_RESTRICT, ruleset, 0), "landlock_restrict_self");
    if (LOOK && syscall(SYS_kill, 1, 0) == 0)
        must(-1, "landlock does not hold");
    close(ruleset);
}

static void no_capabilities(void)
{
    unsigned header[2] = { 0x20080522, 0 }, sets[6] = { 0 };
    must(syscall(SYS_capset, header, sets), "capset");
    if (LOOK)
        must(syscall(SYS_capget, header, sets), "capget");
}

static void drop_capabilities(void)
{
    must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient");
    for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++) {
    }
    must(prctl(PR_SET_SECUREBITS, 0x2f, 0, 0, 0), "securebits");
    no_capabilities();
    if (LOOK) {
        for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        }
        must(prctl(PR_GET_SECUREBITS), "securebits");
    }
}

/* Process 1 cannot be steered: as long a filter as purple-exec has for it, with the same comparisons. */
static void leave_init_alone(void)
{
    static const unsigned filter[21][2] = {
        { 0x20, 4 }, { 0x15 | 17 << 24, 0xc000003e }, { 0x20, 0 }, { 0x54, 0xbfffffff },
        { 0x15 | 6 << 16, SYS_prlimit64 }, { 0x15 | 5 << 16, SYS_sched_setparam }, { 0x15 | 4 << 16, SYS_sched_setscheduler },
        { 0x15 | 3 << 16, SYS_sched_setaffinity }, { 0x15 | 2 << 16, 314 /* sched_setattr */ }, { 0x15 | 3 << 16, SYS_setpriority },
        { 0x15 | 4 << 16 | 8 << 24, SYS_ioprio_set }, { 0x20, 16 }, { 0x15 | 7 << 16 | 6 << 24, 1 }, { 0x20, 16 },
        { 0x15 | 2 << 16 | 5 << 24, 0 }, { 0x20, 16 }, { 0x15 | 3 << 24, 1 }, { 0x20, 24 }, { 0x15 | 1 << 16, 1 },
        { 0x06, 0x7fff0000 }, { 0x06, 0x00050001 },
    };
    struct { unsigned short count; const void *filter; } program = { COUNT(filter), filter };
    must(syscall(SYS_seccomp, 1, 0, &program), "the filter that keeps process 1");
    if (LOOK)
        syscall(SYS_sched_setparam, 1, NULL);
}

static void become(char **command, void *filter, unsigned short instructions)
{
    struct { unsigned short count; void *filter; } program = { instructions, filter };
    struct stat status;
    make_dumpable(1);
    syscall(SYS_umask, UMASK);
    if (LOOK)
        syscall(SYS_umask, UMASK);
    for (size_t i = 0; i < COUNT(LIMITS); i++) {
        struct rlimit limit = { LIMITS[i].soft, LIMITS[i].hard }, before;
        must(syscall(SYS_prlimit64, 0, LIMITS[i].resource, NULL, &before), "prlimit64");
        must(syscall(SYS_prlimit64, 0, LIMITS[i].resource, &limit, NULL), "prlimit64");
        if (LOOK)
            must(syscall(SYS_prlimit64, 0, LIMITS[i].resource, NULL, &limit), "prlimit64");
    }
    new_session();
    drop_capabilities();
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    leave_init_alone();
    must(chdir(WORKING_DIRECTORY), WORKING_DIRECTORY);
    if (LOOK) {
        must(syscall(SYS_newfstatat, AT_FDCWD, WORKING_DIRECTORY, &status, 0), WORKING_DIRECTORY);
        must(syscall(SYS_newfstatat, AT_FDCWD, ".", &status, 0), ".");
        look_at_command(command[0]);
        look_at_namespaces();
        must(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), "no_new_privs");
    }
    restrict_files();
    default_child();
    block(0);
    close_others();
    while (!*page)
        syscall(SYS_futex, page, 0, 0, NULL);
    must(syscall(SYS_seccomp, 1, 0, &program), "seccomp");
    if (LOOK && PROBE_ERRNO && (syscall(PROBE_NUMBER, PROBE_ARGUMENTS) != -1 || errno != PROBE_ERRNO))
        must(-1, "the filter does not hold");
    execve(command[0], command, ENVIRONMENT);
    must(-1, command[0]);
}

/* Reaps until this child has ended. */
static int wait_for(pid_t child, const struct timespec *limit)
{
    struct rusage usage;
    int status, found;
    for (;;)
        if (must(wait_signal(~0ull, limit), "sigtimedwait") == SIGCHLD)
            while ((found = wait4(-1, &status, WNOHANG, &usage)) > 0)
                if (found == child)
                    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void name_the_host(void)
{
    struct { char fields[6][65]; } found;
    must(sethostname(HOSTNAME, strlen(HOSTNAME)), "hostname");
    must(syscall(SYS_setdomainname, "(none)", 6), "domain name");
    if (LOOK)
        must(syscall(SYS_uname, &found), "uname");
}

/* Who this process is now. */
static void look_at_ids(void)
{
    char text[2048];
    long used = 0, count;
    int fd = must(open_path("/proc/self/status", O_RDONLY), "status");
    while ((count = must(read(fd, text + used, sizeof text - used), "status")) > 0)
        used += count;
    close(fd);
}

/* Which of the caller's standard descriptors are /dev/null. */
static int is_null[3];

/* The sandbox's /dev/null in their places. What else the caller has connected stays, as with --inherit-stdio. */
static void place_devices(void)
{
    for (int number = 0; number < 3; number++) {
        if (!is_null[number])
            continue;
        int fd = must(syscall(SYS_open, "/dev/null", (number ? O_WRONLY : O_RDONLY) | O_NOCTTY | O_CLOEXEC, 0), "/dev/null");
        must(syscall(SYS_dup2, fd, number), "dup2");
        if (LOOK) {
            pid_t self = syscall(SYS_getpid);
            must(syscall(SYS_kcmp, self, self, 0, fd, number), "kcmp");
        }
        close(fd);
    }
}

/* Process 1 inside. */
static int init(const int gate[2], int *sources, char **command, void *filter, unsigned short instructions)
{
    char byte;
    if (LOOK)
        syscall(SYS_getpid);
    must(prctl(PR_SET_PDEATHSIG, SIGKILL), "pdeathsig");
    new_session();
    set_attributes(AT_FDCWD, "/", 0, PRIVATE, 0, AT_REC);
    must(unshare(NAMESPACES & NEW_CGROUP), "unshare");
    loopback();
    name_the_host();
    close(gate[1]);
    must(read(gate[0], &byte, 1), "gate");
    if (!is_root)
        open_sources(sources);
    if (is_root)
        must(syscall(SYS_setgroups, 0, NULL), "setgroups");
    must(syscall(SYS_setresgid, INSIDE_GID, INSIDE_GID, INSIDE_GID), "setresgid");
    must(syscall(SYS_setresuid, INSIDE_UID, INSIDE_UID, INSIDE_UID), "setresuid");
    make_dumpable(1);
    if (LOOK)
        look_at_ids();
    must(prctl(PR_SET_PDEATHSIG, SIGKILL), "pdeathsig");
    if (LOOK) {
        struct pollfd reader = { gate[0], POLLIN, 0 };
        struct timespec now = { 0, 0 };
        must(syscall(SYS_ppoll, &reader, 1, &now, NULL, 8), "ppoll");
    }
    must(syscall(SYS_keyctl, 1, NULL), "keyctl");
    syscall(SYS_umask, 0);
    root_fd = filesystem(&STEPS[0], "tmpfs");
    move_to(root_fd, AT_FDCWD, "/proc");
    for (size_t i = 1; i < COUNT(STEPS); i++)
        take(&STEPS[i], sources[i]);
    must(fchdir(root_fd), "root");
    must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    must(syscall(SYS_umount2, ".", 2), "umount");
    must(chdir("/"), "/");
    if (LOOK)
        look_at_mounts(gate);
    forget_above();
    close(cover_directory);
    close(cover_file);
    close(root_fd);
    close(gate[0]);
    place_devices();
    make_dumpable(0);
    close_others();
    pid_t payload = fork_into(0);
    if (payload == 0)
        become(command, filter, instructions);
    no_capabilities();
    *page = 1;
    must(syscall(SYS_futex, page, 1, 1, NULL), "futex");
    trim_stack();
    return wait_for(payload, NULL);
}

/* purple-exec says which limits it leaves out here, by a description of its own that does not wait. */
static void say(const char *what)
{
    struct stat status;
    must(syscall(SYS_fstat, 2, &status), "standard error");
    int fd = must(open_path("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY), "standard error");
    must(write(fd, what, strlen(what)), "standard error");
    close(fd);
}

int main(int argc, char **argv)
{
    enum { MOST = (1 << 20) + 1 };
    struct timespec limit = { 3600, 0 };
    struct rlimit stack;
    struct stat status;
    int gate[2];
    if (argc < 3)
        return 125;
    if (LOOK) {
        must(syscall(SYS_prlimit64, 0, RLIMIT_STACK, NULL, &stack), "prlimit64");
        close(must(syscall(SYS_open, "/dev/null", O_RDWR, 0), "/dev/null"));
    }
    for (int fd = 0; fd < 3; fd++) {
        must(syscall(SYS_fstat, fd, &status), "a standard descriptor");
        is_null[fd] = S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
        if (LOOK)
            must(syscall(SYS_fcntl, fd, F_GETFL), "a standard descriptor");
    }
    int fd = must(open_path(argv[1], O_RDONLY), argv[1]);
    if (LOOK)
        must(syscall(SYS_fstat, fd, &status), argv[1]);
    char *filter = pages(MOST, MAP_PRIVATE);
    long bytes = must(read(fd, filter, MOST), argv[1]);
    must(read(fd, filter + bytes, MOST - bytes), argv[1]);
    unsigned outside_uid = geteuid(), outside_gid = getegid();
    is_root = outside_uid == 0;
    if (LOOK)
        (void)(getuid() + getgid());
    page = (unsigned *)pages(4096, MAP_SHARED);
    default_child();
    block(~0ull);
    say(argv[1]);
    int *sources = (int *)pages(4096, MAP_PRIVATE);
    if (is_root)
        open_sources(sources);
    else if (LOOK)
        look_at_sources();
    char *kept = NULL, *mounts = NULL;
    if (LOOK) {
        pages(4096, MAP_PRIVATE | MAP_POPULATE);
        kept = pages(MOST_KEPT, MAP_SHARED);
        mounts = pages(MOST_MOUNTS, MAP_SHARED);
    }
    must(pipe2(gate, O_CLOEXEC), "pipe");
    pid_t child = fork_into(NAMESPACES & ~NEW_CGROUP);
    if (child == 0)
        return init(gate, sources, argv + 2, filter, bytes / 8);
    for (size_t i = 0; is_root && i < COUNT(STEPS); i++)
        if (STEPS[i].kind == BIND && sources[i] >= 0)
            close(sources[i]);
    int proc = proc_of(child);
    if (!is_root)
        put(proc, "setgroups", "deny");
    put_map(proc, "gid_map", INSIDE_GID, is_root ? ROOT_GID : outside_gid);
    if (LOOK)
        look_at_map(proc, "gid_map");
    put_map(proc, "uid_map", INSIDE_UID, is_root ? ROOT_UID : outside_uid);
    if (LOOK)
        look_at_map(proc, "uid_map");
    close(proc);
    if (LOOK)
        look_at_namespaces();
    close(gate[0]);
    must(write(gate[1], ".", 1), "gate");
    if (LOOK) {
        look_at_kept(fd, kept, mounts);
        must(write(gate[1], ".", 1), "gate");
    }
    trim_stack();
    int ended = wait_for(child, &limit);
    close(gate[1]);
    close(fd);
    return ended;
}
