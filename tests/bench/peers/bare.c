/* The least that a C program can do to run a command in the sandbox of one plan: the plan is
 * compiled in (plan.h, generated), nothing is parsed or checked, and nothing is read back.
 *
 *   bare FILTER COMMAND [ARGUMENT...]        FILTER: a file of struct sock_filter
 *
 * It is a peer for the benchmark: what remains when everything but the kernel's own work is gone. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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
#include "plan.h"

/* Numbers of linux/mount.h, linux/fs.h and asm/unistd_64.h, which musl does not bring along. */
enum { OPEN_TREE = 428, MOVE_MOUNT, FSOPEN, FSCONFIG, FSMOUNT, CLONE3 = 435, CLOSE_RANGE, MOUNT_SETATTR = 442 };
enum { TREE_CLONE = 1, EMPTY_PATH = 0x1000, AT_REC = 0x8000, FROM_EMPTY = 4, TO_EMPTY = 0x40 };
#define PRIVATE (1u << 18)
#define IDMAP 0x100000u
#define COUNT(a) (sizeof(a) / sizeof *(a))

static int root_fd, is_root;

static long must(long result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "bare: %s: %s\n", what, strerror(errno));
        _exit(125);
    }
    return result;
}

static void put(const char *path, const char *text)
{
    int fd = must(open(path, O_WRONLY | O_CLOEXEC), path);
    must(write(fd, text, strlen(text)), path);
    close(fd);
}

static void put_proc(pid_t pid, const char *file, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    put(path, text);
}

static void put_map(pid_t pid, const char *file, unsigned inside, unsigned outside)
{
    char text[64];
    snprintf(text, sizeof text, "%u %u 1\n", inside, outside);
    put_proc(pid, file, text);
}

static pid_t fork_into(uint64_t flags)
{
    uint64_t arguments[8] = { flags, 0, 0, 0, SIGCHLD };
    return must(syscall(CLONE3, arguments, sizeof arguments), "clone3");
}

static void set_attributes(int fd, const char *path, uint64_t set, uint64_t propagation, int ns, int flags)
{
    uint64_t change[4] = { set, 0, propagation, ns };
    must(syscall(MOUNT_SETATTR, fd, path, EMPTY_PATH | flags, change, sizeof change), "mount_setattr");
}

static int tree_of(int dir, const char *path, int recursive)
{
    return syscall(OPEN_TREE, dir, path, TREE_CLONE | O_CLOEXEC | (*path ? 0 : EMPTY_PATH) | (recursive ? AT_REC : 0));
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

/* The target below the root, made with all above it where it is missing. */
static int target_of(const struct step *step, int directory)
{
    const char *path = step->target + 1;
    int fd = openat(root_fd, path, O_PATH | O_CLOEXEC);
    if (fd >= 0 || (step->flags & OPTIONAL && step->kind != BIND))
        return fd;
    char part[256];
    for (const char *end = path; (end = strchr(end, '/')); end++) {
        snprintf(part, sizeof part, "%.*s", (int)(end - path), path);
        mkdirat(root_fd, part, 0755);
    }
    if (directory)
        must(mkdirat(root_fd, path, 0755), path);
    else
        close(must(openat(root_fd, path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444), path));
    return must(openat(root_fd, path, O_PATH | O_CLOEXEC), path);
}

/* Root shows what it owns as the payload's by an id-mapped mount. */
static void map_owner(int tree)
{
    struct stat status;
    char path[64];
    must(fstat(tree, &status), "fstat");
    pid_t holder = fork_into(CLONE_NEWUSER);
    if (holder == 0)
        for (;;)
            pause();
    put_map(holder, "gid_map", status.st_gid, ROOT_GID);
    put_map(holder, "uid_map", status.st_uid, ROOT_UID);
    snprintf(path, sizeof path, "/proc/%d/ns/user", (int)holder);
    int ns = must(open(path, O_RDONLY | O_CLOEXEC), path);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    set_attributes(tree, "", IDMAP, 0, ns, AT_REC);
    close(ns);
}

static int source_of(const struct step *step)
{
    int tree = tree_of(AT_FDCWD, step->source, step->flags & RECURSIVE);
    if (tree < 0 && !(step->flags & OPTIONAL))
        must(tree, step->source);
    if (tree >= 0 && is_root && step->flags & OWNED)
        map_owner(tree);
    return tree;
}

static void take(const struct step *step, int source)
{
    const char *path = step->target + 1;
    static const char *const types[] = { [TMPFS] = "tmpfs", [PROC] = "proc", [SYSFS] = "sysfs", [DEVPTS] = "devpts" };
    struct stat status;
    int tree, target;
    switch (step->kind) {
    case TMPFS: case PROC: case SYSFS: case DEVPTS:
        tree = filesystem(step, types[step->kind]);
        break;
    case BIND:
        tree = is_root ? source : source_of(step);
        if (tree < 0)
            return;
        set_attributes(tree, "", step->attrs, 0, 0, step->flags & RECURSIVE ? AT_REC : 0);
        break;
    case MASK:
        target = target_of(step, 0);
        if (target < 0)
            return;
        must(fstat(target, &status), path);
        if (S_ISDIR(status.st_mode)) {
            tree = filesystem(step, "tmpfs");
        } else {
            tree = must(tree_of(AT_FDCWD, "/dev/null", 0), "/dev/null");
            set_attributes(tree, "", step->attrs, 0, 0, 0);
        }
        move_to(tree, target, "");
        goto done;
    case REBIND:
        target = target_of(step, 0);
        if (target < 0)
            return;
        tree = must(tree_of(target, "", 1), path);
        set_attributes(tree, "", step->attrs, 0, 0, AT_REC);
        move_to(tree, target, "");
        goto done;
    case ATTRIBUTES:
        set_attributes(root_fd, "", step->attrs, 0, 0, 0);
        return;
    case REGULAR:
        close(target_of(step, 0));
        tree = must(openat(root_fd, path, O_WRONLY | O_CLOEXEC), path);
        must(write(tree, step->content, strlen(step->content)), path);
        close(tree);
        return;
    case LINK:
        must(symlinkat(step->content, root_fd, path), path);
        return;
    case DIRECTORY:
        close(target_of(step, 1));
        return;
    default:
        tree = must(openat(root_fd, path, O_WRONLY | O_CLOEXEC), path);
        must(write(tree, step->content, strlen(step->content)), path);
        close(tree);
        return;
    }
    must(fstat(tree, &status), path);
    target = target_of(step, S_ISDIR(status.st_mode));
    move_to(tree, target, "");
done:
    close(tree);
    close(target);
}

static void loopback(void)
{
    struct { char name[16]; short flags; char rest[22]; } request = { "lo", 0, "" };
    int fd = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    must(ioctl(fd, 0x8913, &request), "SIOCGIFFLAGS");
    request.flags |= 1;
    must(ioctl(fd, 0x8914, &request), "SIOCSIFFLAGS");
    close(fd);
}

static void become(char **command, void *filter, unsigned short instructions)
{
    struct { unsigned short count; void *filter; } program = { instructions, filter };
    unsigned header[2] = { 0x20080522, 0 }, sets[6] = { 0 };
    umask(UMASK);
    for (size_t i = 0; i < COUNT(LIMITS); i++) {
        struct rlimit limit = { LIMITS[i].soft, LIMITS[i].hard };
        must(setrlimit(LIMITS[i].resource, &limit), "setrlimit");
    }
    must(setsid(), "setsid");
    must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient");
    for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++) {
    }
    must(prctl(PR_SET_SECUREBITS, 0x2f, 0, 0, 0), "securebits");
    must(syscall(SYS_capset, header, sets), "capset");
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    must(chdir(WORKING_DIRECTORY), WORKING_DIRECTORY);
    must(syscall(CLOSE_RANGE, 3u, ~0u, 0), "close_range");
    must(syscall(SYS_seccomp, 1, 0, &program), "seccomp");
    execve(command[0], command, ENVIRONMENT);
    must(-1, command[0]);
}

int main(int argc, char **argv)
{
    static int sources[COUNT(STEPS)];
    static char filter[4096 * 8];
    int gate[2], status;
    if (argc < 3)
        return 125;
    is_root = geteuid() == 0;
    int fd = must(open(argv[1], O_RDONLY | O_CLOEXEC), argv[1]);
    long bytes = must(read(fd, filter, sizeof filter), argv[1]);
    close(fd);
    for (size_t i = 0; is_root && i < COUNT(STEPS); i++)
        if (STEPS[i].kind == BIND)
            sources[i] = source_of(&STEPS[i]);
    must(pipe2(gate, O_CLOEXEC), "pipe");
    pid_t init = fork_into(NAMESPACES);
    if (init) {
        if (!is_root)
            put_proc(init, "setgroups", "deny");
        put_map(init, "gid_map", INSIDE_GID, is_root ? ROOT_GID : getegid());
        put_map(init, "uid_map", INSIDE_UID, is_root ? ROOT_UID : geteuid());
        must(write(gate[1], ".", 1), "gate");
        must(waitpid(init, &status, 0), "wait");
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    must(prctl(PR_SET_PDEATHSIG, SIGKILL), "pdeathsig");
    must(read(gate[0], filter + bytes, 1), "gate");
    if (is_root)
        must(syscall(SYS_setgroups, 0, NULL), "setgroups");
    must(syscall(SYS_setresgid, INSIDE_GID, INSIDE_GID, INSIDE_GID), "setresgid");
    must(syscall(SYS_setresuid, INSIDE_UID, INSIDE_UID, INSIDE_UID), "setresuid");
    must(prctl(PR_SET_DUMPABLE, 1), "dumpable");
    must(prctl(PR_SET_PDEATHSIG, SIGKILL), "pdeathsig");
    loopback();
    set_attributes(AT_FDCWD, "/", 0, PRIVATE, 0, AT_REC);
    umask(0);
    root_fd = filesystem(&STEPS[0], "tmpfs");
    move_to(root_fd, AT_FDCWD, "/proc");
    for (size_t i = 1; i < COUNT(STEPS); i++)
        take(&STEPS[i], sources[i]);
    must(fchdir(root_fd), "root");
    must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    must(syscall(SYS_umount2, ".", 2), "umount");
    must(chdir("/"), "/");
    must(sethostname(HOSTNAME, strlen(HOSTNAME)), "hostname");
    pid_t payload = fork_into(0);
    if (payload == 0)
        become(argv + 2, filter, bytes / 8);
    must(waitpid(payload, &status, 0), "wait");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
