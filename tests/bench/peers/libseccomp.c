/* The program that libseccomp makes, as it comes, from a list of verdicts by system call.
 *
 *   libseccomp OUTPUT DEFAULT < LIST        LIST: a number and an action a line */
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    int number;
    unsigned action;
    if (argc != 3)
        return 2;
    scmp_filter_ctx filter = seccomp_init(strtoul(argv[2], NULL, 10));
    while (scanf("%d %u", &number, &action) == 2)
        if (seccomp_rule_add(filter, action, number, 0))
            return 1;
    int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    return fd < 0 || seccomp_export_bpf(filter, fd) ? 1 : 0;
}
