/* Times the loading of a seccomp program, each time in a new process.
 *
 *   install FILTER ROUNDS        prints nanoseconds, one number a line */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static char filter[4096 * 8];
    int back[2];
    if (argc != 3 || pipe(back))
        return 2;
    int fd = open(argv[1], O_RDONLY);
    long bytes = read(fd, filter, sizeof filter);
    if (bytes <= 0)
        return 2;
    struct { unsigned short count; void *filter; } program = { bytes / 8, filter };
    for (int rounds = atoi(argv[2]); rounds > 0; rounds--) {
        pid_t child = fork();
        if (child == 0) {
            struct timespec from, to;
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            clock_gettime(CLOCK_MONOTONIC, &from);
            long failed = syscall(SYS_seccomp, 1, 0, &program);
            clock_gettime(CLOCK_MONOTONIC, &to);
            long time = (to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec;
            if (failed || write(back[1], &time, sizeof time) != sizeof time)
                _exit(1);
            _exit(0);
        }
        int status;
        long time;
        if (waitpid(child, &status, 0) != child || status || read(back[0], &time, sizeof time) != sizeof time)
            return 1;
        printf("%ld\n", time);
    }
    return 0;
}
