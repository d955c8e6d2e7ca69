//! Calls that a filter does not get to see, whatever it says of them.

use purplec::syscalls::Arch;

/// Why a filter may never see a call; `None` for nearly all.
pub(super) fn unseen(arch: Arch, name: &str) -> Option<&'static str> {
    const VDSO: &str =
        "if the vdso has this function, programs get the result from it, without a call";
    match name {
        // arch/x86/entry/vdso, arch/arm64/kernel/vdso and their like; vdso(7).
        "clock_gettime" | "clock_gettime64" | "gettimeofday" | "clock_getres" => Some(VDSO),
        "time" if matches!(arch, Arch::X86_64 | Arch::X86 | Arch::X32 | Arch::Ppc64le) => {
            Some(VDSO)
        }
        "getcpu" if !matches!(arch, Arch::Arm | Arch::Aarch64 | Arch::Mips64) => Some(VDSO),
        "getrandom" if has_getrandom(arch) => Some(
            "since Linux 6.11 programs may get random bytes from the vdso, without a call for each request",
        ),
        // seccomp lets both pass before it looks at any filter (kernel/seccomp.c, Linux 6.14).
        "uretprobe" | "uprobe" => {
            Some("the kernel makes this call itself, without running a filter")
        }
        _ => None,
    }
}

/// `CONFIG_VDSO_GETRANDOM`.
const fn has_getrandom(arch: Arch) -> bool {
    matches!(
        arch,
        Arch::X86_64
            | Arch::Aarch64
            | Arch::Ppc64le
            | Arch::S390x
            | Arch::Loongarch64
            | Arch::Riscv64
    )
}
