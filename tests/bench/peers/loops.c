/* Times one kind of work, where it runs: the processor time of this process and of those it has
 * started, so that it does not matter who else wants the processor.
 *
 *   loops KIND COUNT                    prints nanoseconds
 *   loops run COMMAND [ARGUMENT...]     the same of one command, whose output goes to standard error
 *
 * KIND: cpu (arithmetic), getppid, open (openat and close of one file), deep (the same for one six
 * directories below the working directory), fork (fork, execve of /bin/true, wait). */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile uint64_t sink;

static void compute(void)
{
    uint64_t value = sink;
    for (int step = 0; step < 1000; step++)
        value = value * 6364136223846793005u + 1442695040888963407u;
    sink = value;
}

static void open_and_close(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || close(fd))
        _exit(3);
}

static void fork_and_execute(void)
{
    char *command[] = { "/bin/true", NULL }, *environment[] = { NULL };
    int status;
    pid_t child = fork();
    if (child == 0) {
        execve(command[0], command, environment);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status)
        _exit(4);
}

static void run(char **command)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        dup2(2, 1);
        execvp(command[0], command);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status)
        _exit(4);
}

static long long spent(void)
{
    struct timespec own;
    struct rusage ended;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    getrusage(RUSAGE_CHILDREN, &ended);
    return own.tv_sec * 1000000000ll + own.tv_nsec +
        (ended.ru_utime.tv_sec + ended.ru_stime.tv_sec) * 1000000000ll +
        (ended.ru_utime.tv_usec + ended.ru_stime.tv_usec) * 1000ll;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const char *kind = argv[1];
    long count = atol(argv[2]);
    long long before = spent();
    if (!strcmp(kind, "run"))
        run(argv + 2);
    else if (!strcmp(kind, "cpu"))
        for (long turn = 0; turn < count; turn++)
            compute();
    else if (!strcmp(kind, "getppid"))
        for (long turn = 0; turn < count; turn++)
            syscall(SYS_getppid);
    else if (!strcmp(kind, "open"))
        for (long turn = 0; turn < count; turn++)
            open_and_close("/usr/bin/env");
    else if (!strcmp(kind, "deep"))
        for (long turn = 0; turn < count; turn++)
            open_and_close("one/two/three/four/five/six/file");
    else if (!strcmp(kind, "fork"))
        for (long turn = 0; turn < count; turn++)
            fork_and_execute();
    else
        return 2;
    printf("%lld\n", spent() - before);
    return 0;
}
