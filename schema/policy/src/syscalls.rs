//! The `syscalls` and `capabilities` sections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The system calls that the program may make.
///
/// The first that applies decides: advanced rules; `deny`; `allow`; the hardened baseline (calls that are
/// denied unless they are allowed by name); the default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Syscalls {
    /// Whether a call that no list names is denied. Default: `true`.
    #[schemars(title = "Deny what is not named")]
    pub default_deny: bool,

    /// System calls to allow: names, groups such as `"@file-read"`, exclusions from the groups such
    /// as `"!creat"`, and calls with a condition such as `openat: "flags & O_ACCMODE == O_RDONLY"`.
    #[schemars(extend("examples" = [["read", "write", "exit_group"]]))]
    #[schemars(title = "Allowed calls")]
    #[schemars(extend("x-names" = "syscall"))]
    pub allow: Vec<CallEntry>,

    /// System calls to deny, in the same forms. A call in both lists is denied.
    #[schemars(extend("examples" = [["mount", "reboot"]]))]
    #[schemars(title = "Denied calls")]
    #[schemars(extend("x-names" = "syscall"))]
    pub deny: Vec<CallEntry>,

    /// Rules with conditions on the arguments of a call.
    #[schemars(title = "Rules on arguments")]
    #[schemars(extend("examples" = [[{"syscall": "socket", "action": "allow", "conditions": [{"arg": 0, "op": "eq", "value": 1}]}]]))]
    pub advanced_rules: Vec<AdvancedRule>,

    /// The result of a denied call. Default: the error `EPERM`, and `ENOSYS` for calls that libraries replace
    /// by older ones after this error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "What a denied call gets")]
    #[schemars(extend("examples" = ["kill"]))]
    pub on_deny: Option<OnDeny>,

    /// System call interfaces that the program may use besides the native one, such as `x86` or `x32` on an
    /// x86-64 host. Default: none; a call through another interface kills the process.
    #[schemars(title = "Other architectures")]
    #[schemars(extend("examples" = [["x86"]]))]
    #[schemars(extend("x-names" = "architecture"))]
    pub architectures: Vec<String>,
}

impl Default for Syscalls {
    fn default() -> Self {
        Self {
            default_deny: true,
            allow: Vec::new(),
            deny: Vec::new(),
            advanced_rules: Vec::new(),
            on_deny: None,
            architectures: Vec::new(),
        }
    }
}

/// An entry of `allow` or `deny`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CallEntry {
    /// A call's name, or a group such as `@file-read`. A `!` before it excludes it from the groups of the
    /// list.
    Name(String),
    /// A call or a group, with more keys.
    Long(CallGrant),
    /// A call and the condition under which the entry applies, such as `openat: "flags & O_ACCMODE ==
    /// O_RDONLY"`.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    When(BTreeMap<String, String>),
}

/// A call or a group, with a condition, a reason, an owner or an end date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallGrant {
    /// The name of the call or group.
    #[schemars(title = "System call", extend("x-names" = "syscall"))]
    #[schemars(example = &"openat")]
    pub syscall: String,
    /// The condition under which the entry applies. Default: always.
    #[schemars(title = "Condition")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"flags & O_ACCMODE == O_RDONLY")]
    pub when: Option<String>,
    /// Why the program needs it. Default: none.
    #[schemars(title = "Reason", example = &"the build reads its packages from there")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub reason: Option<String>,
    /// Who is responsible for it. Default: none.
    #[schemars(title = "Owner", example = &"build-team")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub owner: Option<String>,
    /// The last day on which it is valid; after it the policy does not compile. Default: no end.
    #[schemars(title = "Expires")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2027-01-31")]
    pub expires: Option<String>,
}

/// The result of a denied system call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDeny {
    /// The call fails with this error, such as `EPERM` or `EACCES`.
    Errno(
        #[schemars(title = "Error", description = "The error that the call fails with.")]
        #[schemars(example = &"EPERM", extend("x-names" = "errno"))]
        String,
    ),
    /// The process is killed (`SECCOMP_RET_KILL_PROCESS`).
    Kill,
    /// The thread is killed (`SECCOMP_RET_KILL_THREAD`); other threads of the process continue.
    KillThread,
    /// The thread gets the signal SIGSYS, which a program can handle (`SECCOMP_RET_TRAP`).
    Trap,
    /// The supervisor is notified and answers `EPERM` (`SECCOMP_RET_USER_NOTIF`).
    Notify,
    /// The call is logged and goes through (`SECCOMP_RET_LOG`). This confines nothing; use it to learn which
    /// calls a program needs.
    Log,
}

/// A rule for one system call. All of its conditions must hold; several rules for one call and
/// action are alternatives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvancedRule {
    /// The system call's name.
    #[schemars(example = &"openat")]
    #[schemars(title = "System call")]
    #[schemars(extend("x-names" = "syscall"))]
    pub syscall: String,
    /// What happens if the conditions hold.
    #[schemars(title = "Action")]
    #[schemars(example = &"allow")]
    pub action: Action,
    /// The error for the actions `errno` and `deny`, such as `EACCES`. Default: the result in `on_deny`.
    #[schemars(example = &"EACCES")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Error")]
    #[schemars(extend("x-names" = "errno"))]
    pub errno: Option<String>,
    /// Conditions on the arguments. Without conditions the rule always applies.
    #[serde(default)]
    #[schemars(title = "Conditions")]
    #[schemars(example = &"domain == AF_UNIX")]
    pub conditions: Conditions,
}

/// The conditions of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Conditions {
    /// A text such as `flags & O_ACCMODE == O_RDONLY`.
    Text(String),
    /// Comparisons of one argument each; all must hold.
    List(Vec<Condition>),
}

impl Default for Conditions {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

/// What a rule does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The call goes through.
    Allow,
    /// The result in `on_deny`.
    Deny,
    /// The call fails with the rule's `errno`.
    Errno,
    /// The process is killed.
    Kill,
    /// The thread that makes the call is killed; other threads of the process continue.
    KillThread,
    /// The thread gets the signal SIGSYS, which a program can handle.
    Trap,
    /// The call is denied, and the supervisor is notified and records it.
    Notify,
    /// The call is logged and goes through.
    Log,
}

/// A comparison of one argument with a constant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The argument's position, from 0, or its name.
    #[schemars(title = "Argument")]
    #[schemars(example = &"flags")]
    pub arg: Argument,
    /// The comparison.
    #[schemars(title = "Comparison")]
    #[schemars(example = &"eq")]
    pub op: Operator,
    /// The constant. A negative number means its two's complement in the argument's width.
    #[schemars(title = "Value")]
    #[schemars(example = 1)]
    pub value: ArgumentValue,
    /// For `masked_eq` and `masked_ne`: the bits of the argument that are compared. Absent: none; the other
    /// operators take no mask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Mask")]
    #[schemars(example = 3)]
    pub mask: Option<ArgumentValue>,
}

/// The argument that a condition is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Argument {
    /// Its position, from 0.
    Position(#[schemars(range(max = 5))] u8),
    /// The kernel's name for it, such as `flags`.
    Name(String),
}

/// A comparison operator. Comparisons are unsigned, with 32 or 64 bits according to the kernel's type of the
/// argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
    /// `argument & mask == value`.
    MaskedEq,
    /// `argument & mask != value`.
    MaskedNe,
}

/// A constant to compare an argument with: from -2^63 to 2^64-1, or text such as `O_CREAT|O_EXCL`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ArgumentValue {
    /// Zero or more.
    Unsigned(u64),
    /// Below zero.
    Signed(i64),
    /// Constants of the kernel's headers, and numbers, joined by `|`.
    Text(String),
}

/// Linux capabilities (capabilities(7)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Capabilities {
    /// Whether all capabilities that `add` does not name are dropped. `false` keeps every capability that
    /// `drop` does not name, with a warning.
    #[schemars(title = "Drop what is not named")]
    pub default_drop: bool,
    /// Capabilities to keep, such as `CAP_NET_BIND_SERVICE`. They apply in a user namespace of the program
    /// that owns its network namespace but not its mounts.
    #[schemars(extend("examples" = [["CAP_NET_BIND_SERVICE"]]))]
    #[schemars(title = "Kept capabilities")]
    #[schemars(extend("x-names" = "capability"))]
    pub add: Vec<CapabilityEntry>,
    /// Capabilities to drop; this overrides `default_drop` and `add`. Default: none.
    #[schemars(extend("examples" = [["CAP_SYS_ADMIN"]]))]
    #[schemars(title = "Dropped capabilities")]
    #[schemars(extend("x-names" = "capability"))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
}

/// A capability to keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CapabilityEntry {
    /// Its name.
    Name(String),
    /// Its name, with more keys.
    Long(CapabilityGrant),
}

impl CapabilityEntry {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Long(long) => &long.capability,
        }
    }
}

/// A capability with a reason, an owner or an end date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapabilityGrant {
    /// Its name.
    #[schemars(title = "Capability", extend("x-names" = "capability"))]
    #[schemars(example = &"CAP_NET_RAW")]
    pub capability: String,
    /// Why the program needs it. Default: none.
    #[schemars(title = "Reason", example = &"the build reads its packages from there")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub reason: Option<String>,
    /// Who is responsible for it. Default: none.
    #[schemars(title = "Owner", example = &"build-team")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub owner: Option<String>,
    /// The last day on which it is valid; after it the policy does not compile. Default: no end.
    #[schemars(title = "Expires")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2027-01-31")]
    pub expires: Option<String>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            default_drop: true,
            add: Vec::new(),
            drop: Vec::new(),
        }
    }
}
