//! The attributes of each kind of mount (`mount_setattr(2)`).

use crate::ir::Attributes;

/// A directory that a program can write to.
pub(super) const PLAIN: Attributes = Attributes {
    read_only: false,
    no_suid: true,
    no_dev: true,
    no_exec: false,
};

/// A directory of the host that stays as it is, its programs included.
pub(super) const READ_ONLY: Attributes = Attributes {
    read_only: true,
    ..PLAIN
};

/// A device of the host.
pub(super) const DEVICE: Attributes = Attributes {
    read_only: true,
    no_suid: true,
    no_dev: false,
    no_exec: true,
};

/// The sandbox's processes: a program writes to files of its own there, such as `oom_score_adj`.
pub(super) const PROCESSES: Attributes = Attributes {
    read_only: false,
    ..FIXED
};

/// The sandbox's pseudo-terminals.
pub(super) const TERMINALS: Attributes = Attributes {
    read_only: false,
    ..DEVICE
};

/// What a program can only look at: the kernel's files, and what stands over a hidden path.
pub(super) const FIXED: Attributes = Attributes {
    no_exec: true,
    ..READ_ONLY
};

/// What is added to the root when it is complete.
pub(super) const SEAL: Attributes = Attributes {
    read_only: true,
    ..Attributes::NONE
};
