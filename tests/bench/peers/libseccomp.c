/* The program that libseccomp makes from a list of verdicts by system call.
 *
 *   libseccomp OUTPUT DEFAULT OPTIMIZE INTERFACES < LIST
 *
 * LIST: a line has a number, an action, and what the first argument must be: `any`, `is MASK VALUE`
 * or `not VALUE`. OPTIMIZE is SCMP_FLTATR_CTL_OPTIMIZE: 1 as it comes, 2 a binary tree. INTERFACES is
 * 1 for x86-64, 3 for x86 and x32 too. */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    int number;
    unsigned action;
    char kind[8];
    long mask, value;
    if (argc != 5)
        return 2;
    scmp_filter_ctx filter = seccomp_init(strtoul(argv[2], NULL, 10));
    if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, atoi(argv[3])))
        return 1;
    if (atoi(argv[4]) == 3 && (seccomp_arch_add(filter, SCMP_ARCH_X86) || seccomp_arch_add(filter, SCMP_ARCH_X32)))
        return 1;
    while (scanf("%d %u %7s", &number, &action, kind) == 3) {
        int failed;
        if (!strcmp(kind, "is") && scanf("%ld %ld", &mask, &value) == 2)
            failed = seccomp_rule_add(filter, action, number, 1, SCMP_A0(SCMP_CMP_MASKED_EQ, mask, value));
        else if (!strcmp(kind, "not") && scanf("%ld", &value) == 1)
            failed = seccomp_rule_add(filter, action, number, 1, SCMP_A0(SCMP_CMP_NE, value));
        else
            failed = seccomp_rule_add(filter, action, number, 0);
        /* For several interfaces it must know the call by name; a newer one it leaves out. */
        if (failed == -EFAULT && atoi(argv[4]) == 3)
            failed = 0;
        if (failed) {
            fprintf(stderr, "libseccomp: call %d: %s\n", number, strerror(-failed));
            return 1;
        }
    }
    int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    return fd < 0 || seccomp_export_bpf(filter, fd) ? 1 : 0;
}
