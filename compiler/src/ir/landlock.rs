//! The Landlock ruleset: what Landlock restricts, in the plan's own terms (landlock(7)).

use crate::source::Span;

/// What Landlock restricts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Landlock {
    /// What is denied unless it is allowed below, by the version of the kernel's interface: the
    /// oldest that will do first.
    pub levels: Vec<Level>,
    /// What may be done below which path.
    pub paths: Vec<Path>,
    /// TCP ports that may be used.
    pub ports: Vec<Ports>,
}

/// What is denied from a version of the interface on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// The version.
    pub abi: u32,
    /// The place that needs this version, where it is not what every sandbox has.
    pub span: Option<Span>,
    /// File rights: [`purple_plan::landlock_fs`].
    pub fs: u64,
    /// TCP rights: [`purple_plan::landlock_net`].
    pub net: u64,
    /// Scopes: [`purple_plan::landlock_scope`].
    pub scope: u64,
}

/// What may be done to a file, or to a directory and all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The path inside.
    pub path: String,
    /// [`purple_plan::landlock_fs`].
    pub access: u64,
    /// Whether there may be nothing.
    pub optional: bool,
    /// The place in the policy; `None` for what every sandbox has.
    pub span: Option<Span>,
}

/// TCP ports that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// [`purple_plan::landlock_net`].
    pub access: u64,
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
    /// The place in the policy.
    pub span: Span,
}
