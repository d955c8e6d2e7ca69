/* A C program that runs a command in the sandbox of one plan by the kernel calls that purple-exec makes
 * for it, in their order. The plan is compiled in (plan.h, generated): nothing is decoded, hashed or
 * compared, no message is put together, and what is read back is thrown away.
 *
 *   bare FILTER COMMAND [ARGUMENT...]        FILTER: a file of struct sock_filter
 *
 * It is a peer for the benchmark: what remains when everything but the kernel's own work is gone. With
 * BLIND defined it leaves out the calls that only look whether the others have done their work. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum kind { TMPFS = 1, BIND, PROC, SYSFS, DEVPTS, REGULAR, LINK, DIRECTORY, MASK, REBIND, ATTRIBUTES, SETTING };
enum { RECURSIVE = 1, OPTIONAL = 2, EXISTING = 4, OWNED = 8 };
struct step {
    int kind, flags;
    uint64_t attrs, size;
    unsigned inodes, mode;
    const char *source, *target, *content;
};
struct limit { int resource; uint64_t soft, hard; };
struct wall { int abi; uint64_t fs, net, scope; };
struct path { uint64_t access; int optional; const char *path; };
struct port { uint64_t access, port; };
#include "plan.h"

#ifdef BLIND
enum { LOOK = 0 };
#else
enum { LOOK = 1 };
#endif

/* Numbers of linux/mount.h, linux/fs.h, linux/landlock.h and asm/unistd_64.h, which musl does not bring along. */
enum { OPEN_TREE = 428, MOVE_MOUNT, FSOPEN, FSCONFIG, FSMOUNT, CLONE3 = 435, CLOSE_RANGE, OPENAT2, MOUNT_SETATTR = 442 };
enum { LANDLOCK_CREATE = 444, LANDLOCK_ADD, LANDLOCK_RESTRICT };
enum { TREE_CLONE = 1, EMPTY_PATH = 0x1000, AT_REC = 0x8000, FROM_EMPTY = 4, TO_EMPTY = 0x40 };
enum { NO_MAGICLINKS = 2, NO_SYMLINKS = 4, IN_ROOT = 0x10, BELOW = NO_MAGICLINKS | NO_SYMLINKS | IN_ROOT };
enum { OF_FILES = 0x1c007 }; /* What Landlock takes for a file that is no directory. */
#define PRIVATE (1u << 18)
#define IDMAP 0x100000u
#define COUNT(a) (sizeof(a) / sizeof *(a))
#define NEW_CGROUP 0x2000000u

static int root_fd, is_root, cover_file = -1, cover_directory = -1;
static volatile unsigned *page;

static long must(long result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "bare: %s: %s\n", what, strerror(errno));
        _exit(125);
    }
    return result;
}

static int open_path(const char *path, int flags)
{
    return syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
}

static int open_below(int dir, const char *path, int flags, uint64_t resolve)
{
    uint64_t how[3] = { flags | O_CLOEXEC, 0, resolve };
    return syscall(OPENAT2, dir, path, how, sizeof how);
}

/* What /proc has of a process. */
static int proc_of(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    return must(open_path(path, O_PATH | O_DIRECTORY), path);
}

static int open_at(int dir, const char *file, int flags)
{
    return must(syscall(SYS_openat, dir, file, flags | O_CLOEXEC, 0), file);
}

static void put(int proc, const char *file, const char *text)
{
    int fd = open_at(proc, file, O_WRONLY);
    must(write(fd, text, strlen(text)), file);
    close(fd);
}

static void put_map(int proc, const char *file, unsigned inside, unsigned outside)
{
    char text[64];
    snprintf(text, sizeof text, "%u %u 1\n", inside, outside);
    put(proc, file, text);
}

static void look_at_map(int proc, const char *file)
{
    char text[64];
    int fd = open_at(proc, file, O_RDONLY);
    while (must(read(fd, text, sizeof text), file) > 0)
        continue;
    close(fd);
}

static pid_t fork_into(uint64_t flags)
{
    uint64_t arguments[11] = { flags, 0, 0, 0, SIGCHLD };
    return must(syscall(CLONE3, arguments, sizeof arguments), "clone3");
}

static long wait_signal(uint64_t set, const struct timespec *limit)
{
    return syscall(SYS_rt_sigtimedwait, &set, NULL, limit, sizeof set);
}

static void default_child(void)
{
    uint64_t action[4] = { 0 };
    must(syscall(SYS_rt_sigaction, SIGCHLD, action, NULL, 8), "sigaction");
}

static void block(uint64_t set)
{
    must(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, sizeof set), "sigprocmask");
}

static void set_attributes(int fd, const char *path, uint64_t set, uint64_t propagation, int ns, int flags)
{
    uint64_t change[4] = { set, 0, propagation, ns };
    must(syscall(MOUNT_SETATTR, fd, path, EMPTY_PATH | flags, change, sizeof change), "mount_setattr");
}

static int below(const struct step *step)
{
    return step->flags & RECURSIVE ? AT_REC : 0;
}

static int tree_of(int dir, const char *path, int more)
{
    return syscall(OPEN_TREE, dir, path, TREE_CLONE | O_CLOEXEC | (*path ? 0 : EMPTY_PATH) | more);
}

static void move_to(int tree, int dir, const char *path)
{
    must(syscall(MOVE_MOUNT, tree, "", dir, path, FROM_EMPTY | (*path ? 0 : TO_EMPTY)), path);
}

static int filesystem(const struct step *step, const char *type)
{
    char text[32];
    int context = must(syscall(FSOPEN, type, 1), type);
    if (!strcmp(type, "tmpfs")) {
        snprintf(text, sizeof text, "%llu", (unsigned long long)step->size);
        must(syscall(FSCONFIG, context, 1, "size", text, 0), "size");
        snprintf(text, sizeof text, "%u", step->inodes);
        must(syscall(FSCONFIG, context, 1, "nr_inodes", text, 0), "nr_inodes");
        snprintf(text, sizeof text, "%04o", step->mode);
        must(syscall(FSCONFIG, context, 1, "mode", text, 0), "mode");
    } else if (!strcmp(type, "devpts")) {
        must(syscall(FSCONFIG, context, 1, "ptmxmode", "0666", 0), "ptmxmode");
        must(syscall(FSCONFIG, context, 1, "mode", "0620", 0), "mode");
    }
    must(syscall(FSCONFIG, context, 6, NULL, NULL, 0), type);
    int tree = must(syscall(FSMOUNT, context, 1, (unsigned)step->attrs), type);
    close(context);
    return tree;
}

/* The directory in which the last target was made. */
static int above_fd = -1;
static char above_path[4096];

static void forget_above(void)
{
    if (above_fd >= 0)
        close(above_fd);
    above_fd = -1;
    *above_path = 0;
}

/* The directory above a target, made with all above it where it is missing; and the last name. */
static int above(const char *target, const char **name)
{
    char path[4096], part[256];
    int dir = root_fd, fd;
    *name = strrchr(target, '/') + 1;
    snprintf(path, sizeof path, "%.*s", (int)(*name - target - 1), target);
    if (!strcmp(path, above_path))
        return above_fd >= 0 ? above_fd : root_fd;
    forget_above();
    if (!*path)
        return root_fd;
    strcpy(above_path, path);
    above_fd = open_below(root_fd, path, O_PATH | O_DIRECTORY, BELOW);
    if (above_fd >= 0)
        return above_fd;
    for (const char *at = path, *end; *at; at = end) {
        end = strchrnul(++at, '/');
        snprintf(part, sizeof part, "%.*s", (int)(end - at), at);
        fd = open_below(dir, part, O_PATH | O_DIRECTORY, BELOW);
        if (fd < 0) {
            must(mkdirat(dir, part, 0755), part);
            fd = must(open_below(dir, part, O_PATH | O_DIRECTORY, BELOW), part);
        }
        if (dir != root_fd)
            close(dir);
        dir = fd;
    }
    return above_fd = dir;
}

static int create(int dir, const char *name, unsigned mode)
{
    return syscall(SYS_openat, dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode);
}

/* Root shows what it owns as the payload's by an id-mapped mount. */
static void map_owner(int tree, const struct step *step)
{
    struct stat status;
    must(syscall(SYS_fstat, tree, &status), "fstat");
    pid_t holder = fork_into(CLONE_NEWUSER);
    if (holder == 0) {
        struct timespec patience = { 10, 0 };
        must(prctl(PR_SET_PDEATHSIG, SIGKILL), "pdeathsig");
        wait_signal(0, &patience);
        _exit(0);
    }
    int proc = proc_of(holder);
    put_map(proc, "gid_map", status.st_gid, ROOT_GID);
    put_map(proc, "uid_map", status.st_uid, ROOT_UID);
    int ns = open_at(proc, "ns/user", O_RDONLY);
    close(proc);
    kill(holder, SIGKILL);
    set_attributes(tree, "", IDMAP, 0, ns, below(step));
    close(ns);
}

static int source_of(const struct step *step)
{
    int tree;
    if (step->source[0] == '/') {
        tree = tree_of(AT_FDCWD, step->source, below(step));
    } else {
        int place = must(open_below(AT_FDCWD, step->source, O_PATH, NO_SYMLINKS), step->source);
        tree = tree_of(place, "", below(step));
        close(place);
    }
    if (tree < 0 && !(step->flags & OPTIONAL))
        must(tree, step->source);
    if (tree >= 0 && is_root && step->flags & OWNED)
        map_owner(tree, step);
    return tree;
}

static void open_sources(int *sources)
{
    for (size_t i = 0; i < COUNT(STEPS); i++)
        if (STEPS[i].kind == BIND)
            sources[i] = source_of(&STEPS[i]);
}

static void attach(const struct step *step, int tree, int directory)
{
    const char *name;
    if (!(step->flags & EXISTING)) {
        int dir = above(step->target, &name);
        if ((directory ? mkdirat(dir, name, 0755) : mknodat(dir, name, S_IFREG | 0444, 0)) == 0) {
            move_to(tree, dir, name);
            return;
        }
    }
    int target = must(open_below(root_fd, step->target, O_PATH, BELOW), step->target);
    forget_above();
    move_to(tree, target, "");
    close(target);
}

static void cover(const struct step *step)
{
    struct stat status;
    int target = open_below(root_fd, step->target, O_PATH, BELOW), tree;
    forget_above();
    if (target < 0)
        return;
    if (step->kind == REBIND) {
        tree = must(tree_of(target, "", AT_REC), step->target);
        set_attributes(tree, "", step->attrs, PRIVATE, 0, below(step));
        move_to(tree, target, "");
        close(tree);
        close(target);
        return;
    }
    must(syscall(SYS_fstat, target, &status), step->target);
    int *used = S_ISDIR(status.st_mode) ? &cover_directory : &cover_file;
    if (*used >= 0)
        tree = must(tree_of(*used, "", 0), step->target);
    else if (used == &cover_directory)
        tree = filesystem(step, "tmpfs");
    else {
        tree = must(tree_of(AT_FDCWD, "/dev/null", 0), "/dev/null");
        set_attributes(tree, "", step->attrs, 0, 0, below(step));
    }
    move_to(tree, target, "");
    if (*used >= 0)
        close(*used);
    *used = tree;
    close(target);
}

static void take(const struct step *step, int source)
{
    static const char *const types[] = { [TMPFS] = "tmpfs", [PROC] = "proc", [SYSFS] = "sysfs", [DEVPTS] = "devpts" };
    struct stat status;
    const char *name;
    char back[64];
    int tree, dir;
    switch (step->kind) {
    case TMPFS: case PROC: case SYSFS: case DEVPTS:
        tree = filesystem(step, types[step->kind]);
        attach(step, tree, 1);
        close(tree);
        return;
    case BIND:
        if (source < 0)
            return;
        set_attributes(source, "", step->attrs, PRIVATE, 0, below(step));
        must(syscall(SYS_fstat, source, &status), step->target);
        attach(step, source, S_ISDIR(status.st_mode));
        return;
    case MASK: case REBIND:
        cover(step);
        return;
    case ATTRIBUTES:
        tree = must(open_below(root_fd, step->target, O_PATH, BELOW), step->target);
        set_attributes(tree, "", step->attrs, 0, 0, below(step));
        close(tree);
        return;
    case SETTING:
        tree = must(open_below(root_fd, step->target, O_WRONLY, BELOW), step->target);
        must(write(tree, step->content, strlen(step->content)), step->target);
        if (LOOK) {
            dir = must(open_below(root_fd, step->target, O_RDONLY, BELOW), step->target);
            while (must(read(dir, back, sizeof back), step->target) > 0)
                continue;
            close(dir);
        }
        close(tree);
        return;
    }
    dir = above(step->target, &name);
    if (step->kind == REGULAR) {
        tree = must(create(dir, name, step->mode), name);
        if (*step->content)
            must(write(tree, step->content, strlen(step->content)), name);
        close(tree);
    } else if (step->kind == LINK) {
        must(symlinkat(step->content, dir, name), name);
    } else {
        must(mkdirat(dir, name, step->mode), name);
    }
}

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

static void look_at_namespaces(void)
{
    static const char *const names[] = { "user", "pid", "mnt", "net", "ipc", "uts", "cgroup" };
    char name[64];
    int dir = must(open_path("/proc/self/ns/", O_PATH | O_DIRECTORY), "namespaces");
    for (size_t i = 0; i < COUNT(names); i++)
        must(readlinkat(dir, names[i], name, sizeof name), names[i]);
    close(dir);
}

static void look_at_mounts(void)
{
    enum { MOST = 4 << 20 };
    struct stat status;
    must(syscall(SYS_fstat, root_fd, &status), "root");
    must(syscall(SYS_newfstatat, AT_FDCWD, "/", &status, 0), "/");
    must(syscall(SYS_newfstatat, AT_FDCWD, "/..", &status, 0), "/..");
    char *lines = mmap(NULL, MOST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = must(open_path("/proc/self/mountinfo", O_RDONLY), "mountinfo");
    long used = 0, count;
    while ((count = must(read(fd, lines + used, MOST - used), "mountinfo")) > 0)
        used += count;
    close(fd);
    munmap(lines, MOST);
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

static void allow(int wall, int fd, uint64_t access)
{
    struct __attribute__((packed)) { uint64_t access; int fd; } rule = { access, fd };
    if (syscall(LANDLOCK_ADD, wall, 1, &rule, 0) < 0 && errno != EBADFD)
        must(-1, "landlock_add_rule");
}

static void second_wall(void)
{
    const struct wall *level = NULL;
    struct stat status;
    if (!COUNT(WALLS))
        return;
    long host = must(syscall(LANDLOCK_CREATE, NULL, 0, 1), "landlock");
    for (size_t i = 0; i < COUNT(WALLS) && WALLS[i].abi <= host; i++)
        level = &WALLS[i];
    if (!level)
        must(-1, "landlock is too old");
    int wall = must(syscall(LANDLOCK_CREATE, &level->fs, 24, 0), "landlock_create_ruleset");
    for (size_t i = 0; i < COUNT(PATHS); i++) {
        int fd = open_below(AT_FDCWD, PATHS[i].path, O_PATH | O_NOFOLLOW, NO_SYMLINKS);
        if (fd < 0 && PATHS[i].optional)
            continue;
        must(syscall(SYS_fstat, fd, &status), PATHS[i].path);
        allow(wall, fd, PATHS[i].access & level->fs & (S_ISDIR(status.st_mode) ? ~0ull : OF_FILES));
        close(fd);
    }
    for (int fd = 0; fd < 3; fd++) {
        int mode = must(fcntl(fd, F_GETFL), "F_GETFL") & O_ACCMODE;
        uint64_t access = (mode == O_RDONLY ? 4 : mode == O_WRONLY ? 0x4002 : 0x4006) | 0x8000;
        allow(wall, fd, access & level->fs);
    }
    for (size_t i = 0; i < COUNT(PORTS); i++)
        if (PORTS[i].access & level->net) {
            struct port rule = { PORTS[i].access & level->net, PORTS[i].port };
            must(syscall(LANDLOCK_ADD, wall, 2, &rule, 0), "a port");
        }
    if (LOOK)
        must(syscall(SYS_kill, 1, 0), "looking at init");
    must(syscall(LANDLOCK_RESTRICT, wall, 0), "landlock_restrict_self");
    if (LOOK && syscall(SYS_kill, 1, 0) == 0)
        must(-1, "landlock does not hold");
    close(wall);
}

static void drop_capabilities(void)
{
    unsigned header[2] = { 0x20080522, 0 }, sets[6] = { 0 };
    must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient");
    for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++) {
    }
    must(prctl(PR_SET_SECUREBITS, 0x2f, 0, 0, 0), "securebits");
    must(syscall(SYS_capset, header, sets), "capset");
    if (LOOK) {
        must(syscall(SYS_capget, header, sets), "capget");
        for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        }
    }
}

static void become(char **command, void *filter, unsigned short instructions)
{
    struct { unsigned short count; void *filter; } program = { instructions, filter };
    must(prctl(PR_SET_DUMPABLE, 1), "dumpable");
    syscall(SYS_umask, UMASK);
    for (size_t i = 0; i < COUNT(LIMITS); i++) {
        struct rlimit limit = { LIMITS[i].soft, LIMITS[i].hard };
        must(syscall(SYS_prlimit64, 0, LIMITS[i].resource, &limit, NULL), "prlimit64");
        if (LOOK)
            must(syscall(SYS_prlimit64, 0, LIMITS[i].resource, NULL, &limit), "prlimit64");
    }
    must(setsid(), "setsid");
    drop_capabilities();
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    must(chdir(WORKING_DIRECTORY), WORKING_DIRECTORY);
    if (LOOK) {
        look_at_command(command[0]);
        look_at_namespaces();
        must(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), "no_new_privs");
    }
    second_wall();
    default_child();
    block(0);
    must(syscall(CLOSE_RANGE, 3u, ~0u, 0), "close_range");
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

/* Process 1 inside. */
static int init(const int gate[2], int *sources, char **command, void *filter, unsigned short instructions)
{
    char byte;
    must(prctl(PR_SET_PDEATHSIG, SIGKILL), "pdeathsig");
    must(setsid(), "setsid");
    set_attributes(AT_FDCWD, "/", 0, PRIVATE, 0, AT_REC);
    must(unshare(NAMESPACES & NEW_CGROUP), "unshare");
    loopback();
    must(sethostname(HOSTNAME, strlen(HOSTNAME)), "hostname");
    close(gate[1]);
    must(read(gate[0], &byte, 1), "gate");
    if (!is_root)
        open_sources(sources);
    if (is_root)
        must(syscall(SYS_setgroups, 0, NULL), "setgroups");
    must(syscall(SYS_setresgid, INSIDE_GID, INSIDE_GID, INSIDE_GID), "setresgid");
    must(syscall(SYS_setresuid, INSIDE_UID, INSIDE_UID, INSIDE_UID), "setresuid");
    must(prctl(PR_SET_DUMPABLE, 1), "dumpable");
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
        look_at_mounts();
    forget_above();
    close(cover_directory);
    close(cover_file);
    close(root_fd);
    close(gate[0]);
    must(prctl(PR_SET_DUMPABLE, 0), "dumpable");
    must(syscall(CLOSE_RANGE, 3u, ~0u, 0), "close_range");
    pid_t payload = fork_into(0);
    if (payload == 0)
        become(command, filter, instructions);
    unsigned header[2] = { 0x20080522, 0 }, sets[6] = { 0 };
    must(syscall(SYS_capset, header, sets), "capset");
    *page = 1;
    must(syscall(SYS_futex, page, 1, 1, NULL), "futex");
    return wait_for(payload, NULL);
}

int main(int argc, char **argv)
{
    enum { MOST = (1 << 20) + 1 };
    struct timespec limit = { 3600, 0 };
    struct stat status;
    int gate[2];
    if (argc < 3)
        return 125;
    if (LOOK) {
        close(must(syscall(SYS_open, "/dev/null", O_RDWR, 0), "/dev/null"));
        for (int fd = 0; fd < 3; fd++)
            must(syscall(SYS_fstat, fd, &status), "a standard descriptor");
    }
    int fd = must(open_path(argv[1], O_RDONLY), argv[1]);
    if (LOOK)
        must(syscall(SYS_fstat, fd, &status), argv[1]);
    char *filter = mmap(NULL, MOST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long bytes = must(read(fd, filter, MOST), argv[1]);
    must(read(fd, filter + bytes, MOST - bytes), argv[1]);
    close(fd);
    unsigned outside_uid = geteuid(), outside_gid = getegid();
    is_root = outside_uid == 0;
    if (LOOK)
        (void)(getuid() + getgid());
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    default_child();
    block(~0ull);
    int *sources = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (is_root)
        open_sources(sources);
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
    int ended = wait_for(child, &limit);
    close(gate[1]);
    return ended;
}
