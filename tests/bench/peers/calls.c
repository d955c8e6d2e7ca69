/* Times one system call under a seccomp program.
 *
 *   calls FILTER ROUNDS NUMBER A0 A1        prints nanoseconds for 1000 calls, one number a line */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static char filter[4096 * 8];
    static long times[4096];
    if (argc != 6)
        return 2;
    int fd = open(argv[1], O_RDONLY), rounds = atoi(argv[2]);
    long number = atol(argv[3]), a0 = atol(argv[4]), a1 = atol(argv[5]);
    long bytes = read(fd, filter, sizeof filter);
    if (bytes <= 0 || rounds < 1 || rounds > 4096)
        return 2;
    struct { unsigned short count; void *filter; } program = { bytes / 8, filter };
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, 1, 0, &program))
        return 1;
    for (int round = 0; round < rounds; round++) {
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        for (int call = 0; call < 1000; call++)
            syscall(number, a0, a1, 0);
        clock_gettime(CLOCK_MONOTONIC, &to);
        times[round] = (to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec;
    }
    for (int round = 0; round < rounds; round++)
        printf("%ld\n", times[round]);
    return 0;
}
