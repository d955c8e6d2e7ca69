//! What a program returns for a verdict.

use crate::ir::syscalls::Action;

/// The value that a seccomp program returns for a verdict (seccomp(2)).
pub(crate) const fn return_value(action: Action) -> u32 {
    match action {
        Action::Allow => 0x7FFF_0000,
        Action::Log => 0x7FFC_0000,
        Action::Notify => 0x7FC0_0000,
        Action::Errno(number) => 0x0005_0000 | number as u32,
        Action::Trap => 0x0003_0000,
        Action::KillThread => 0x0000_0000,
        Action::KillProcess => 0x8000_0000,
    }
}
