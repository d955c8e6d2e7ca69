/* The program that libseccomp makes from a list of verdicts by system call.
 *
 *   libseccomp OUTPUT DEFAULT OPTIMIZE < LIST
 *
 * LIST: a line has a number, an action, and a value that the low half of the first argument must
 * have, or -1. OPTIMIZE is SCMP_FLTATR_CTL_OPTIMIZE: 1 as it comes, 2 a binary tree. */
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    int number;
    unsigned action;
    long value;
    if (argc != 4)
        return 2;
    scmp_filter_ctx filter = seccomp_init(strtoul(argv[2], NULL, 10));
    if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, atoi(argv[3])))
        return 1;
    while (scanf("%d %u %ld", &number, &action, &value) == 3) {
        int failed = value < 0
            ? seccomp_rule_add(filter, action, number, 0)
            : seccomp_rule_add(filter, action, number, 1, SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, value));
        if (failed)
            return 1;
    }
    int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    return fd < 0 || seccomp_export_bpf(filter, fd) ? 1 : 0;
}
