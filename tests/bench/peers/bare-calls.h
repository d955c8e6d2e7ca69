/* The bare peer, its first part: what a plan is made of, and the small calls that all of it makes. */
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
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
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
struct ruleset { int abi; uint64_t fs, net, scope; };
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
    pid_t number;
    uint64_t arguments[11] = { flags | CLONE_CHILD_SETTID, 0, (uintptr_t)&number, 0, SIGCHLD };
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
    if (LOOK)
        must(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, &set, sizeof set), "sigprocmask");
}

static void make_dumpable(int wanted)
{
    must(prctl(PR_SET_DUMPABLE, wanted), "dumpable");
    if (LOOK)
        must(prctl(PR_GET_DUMPABLE), "dumpable");
}

static void new_session(void)
{
    must(setsid(), "setsid");
    if (LOOK)
        (void)(getsid(0) + syscall(SYS_getpid));
}

/* Closes all but the standard descriptors, and looks whether one that was open then is closed. */
static void close_others(void)
{
    int one = LOOK ? must(syscall(SYS_fcntl, 0, F_DUPFD_CLOEXEC, 3), "dup") : -1;
    must(syscall(CLOSE_RANGE, 3u, ~0u, 0), "close_range");
    if (LOOK)
        syscall(SYS_fcntl, one, F_GETFD);
}

/* Gives back what setting up has used of the stack. */
static void trim_stack(void)
{
    enum { MOST = 128 << 10 };
    uintptr_t end = ((uintptr_t)__builtin_frame_address(0) & ~4095ul) - 4096;
    syscall(SYS_madvise, end - MOST, MOST, MADV_DONTNEED);
}
