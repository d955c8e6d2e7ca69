/* What libseccomp's resolver knows: prints its version; reads names, and prints
 * `architecture name number` for each that it has there. Negative numbers are the library's own, for calls that an architecture lacks. */
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

static const struct { const char *name; uint32_t token; } architectures[] = {
    {"x86_64", SCMP_ARCH_X86_64}, {"x86", SCMP_ARCH_X86},         {"x32", SCMP_ARCH_X32},
    {"aarch64", SCMP_ARCH_AARCH64}, {"arm", SCMP_ARCH_ARM},       {"ppc64le", SCMP_ARCH_PPC64LE},
    {"s390x", SCMP_ARCH_S390X},   {"mips64", SCMP_ARCH_MIPS64},
#ifdef SCMP_ARCH_RISCV64
    {"riscv64", SCMP_ARCH_RISCV64},
#endif
#ifdef SCMP_ARCH_LOONGARCH64
    {"loongarch64", SCMP_ARCH_LOONGARCH64},
#endif
};

int main(void)
{
    char name[128];
    const struct scmp_version *version = seccomp_version();
    printf("%u.%u.%u\n", version->major, version->minor, version->micro);
    while (fgets(name, sizeof name, stdin)) {
        name[strcspn(name, "\n")] = 0;
        for (unsigned i = 0; i < sizeof architectures / sizeof *architectures; i++) {
            int number = seccomp_syscall_resolve_name_arch(architectures[i].token, name);
            if (number >= 0)
                printf("%s %s %d\n", architectures[i].name, name, number);
        }
    }
    return 0;
}
