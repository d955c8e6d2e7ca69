//! The `syscalls` and `capabilities` sections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which system calls the program may make.
///
/// In order: advanced rules; `deny`; `allow`; the hardened baseline (calls that agents have no
/// business with, always denied unless allowed by name); then the default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Syscalls {
    /// What happens to a call that no list names: denied (`true`, the default) or allowed.
    #[schemars(title = "Deny what is not named")]
    pub default_deny: bool,

    /// Names of system calls to allow.
    #[schemars(extend("examples" = [["read", "write", "exit_group"]]))]
    #[schemars(title = "Allowed calls")]
    #[schemars(extend("x-names" = "syscall"))]
    pub allow: Vec<String>,

    /// Names of system calls to deny. A name in both lists is denied.
    #[schemars(extend("examples" = [["mount", "reboot"]]))]
    #[schemars(title = "Denied calls")]
    #[schemars(extend("x-names" = "syscall"))]
    pub deny: Vec<String>,

    /// Rules that look at a call's arguments.
    #[schemars(title = "Rules on arguments")]
    #[schemars(extend("examples" = [[{"syscall": "socket", "action": "allow", "conditions": [{"arg": 0, "op": "eq", "value": 1}]}]]))]
    pub advanced_rules: Vec<AdvancedRule>,

    /// What a denied call gets. Default: the error `EPERM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "What a denied call gets")]
    #[schemars(extend("examples" = ["kill"]))]
    #[schemars(extend("default" = {"errno": "EPERM"}))]
    pub on_deny: Option<OnDeny>,

    /// Other instruction-set entry points that the program may use beside the native one, such as
    /// `x86` or `x32` on an x86-64 host. Default: none; a call through another one kills.
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

/// What a denied system call gets.
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
    /// The supervisor is told and answers `EPERM` (`SECCOMP_RET_USER_NOTIF`).
    Notify,
    /// The call is logged and goes through (`SECCOMP_RET_LOG`): for learning, not for confining.
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
    /// What to do when the conditions hold.
    #[schemars(title = "Action")]
    #[schemars(example = &"allow")]
    pub action: Action,
    /// The error for the actions `errno` and `deny`, such as `EACCES`. Default: the denial action.
    #[schemars(example = &"EACCES")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Error")]
    #[schemars(extend("x-names" = "errno"))]
    pub errno: Option<String>,
    /// Conditions on the arguments; none means the rule always holds.
    #[serde(default)]
    #[schemars(title = "Conditions")]
    #[schemars(extend("examples" = [[{"arg": 0, "op": "eq", "value": 1}]]))]
    pub conditions: Vec<Condition>,
}

/// What a rule does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Let it through.
    Allow,
    /// The policy's denial action.
    Deny,
    /// Fail with the rule's `errno`.
    Errno,
    /// Kill the process.
    Kill,
    /// Tell the supervisor.
    Notify,
    /// Log it and let it through.
    Log,
}

/// A comparison of one argument with a constant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The argument's position, from 0.
    #[schemars(range(max = 5))]
    #[schemars(title = "Argument")]
    #[schemars(example = 0)]
    pub arg: u8,
    /// The comparison.
    #[schemars(title = "Comparison")]
    #[schemars(example = &"eq")]
    pub op: Operator,
    /// The constant. A negative number means its two's complement in the argument's width.
    #[schemars(title = "Value")]
    #[schemars(example = 1)]
    pub value: ArgumentValue,
    /// For `masked_eq` and `masked_ne`: the bits of the argument that are compared.
    /// Absent: the other operators take none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Mask")]
    #[schemars(example = 3)]
    pub mask: Option<ArgumentValue>,
}

/// A comparison operator. Comparisons are unsigned, on 32 or 64 bits after the kernel's own type
/// of the argument.
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

/// A constant to compare an argument with: from -2^63 to 2^64-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ArgumentValue {
    /// Zero or more.
    Unsigned(u64),
    /// Below zero.
    Signed(i64),
}

/// Linux capabilities (capabilities(7)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Capabilities {
    /// Drop every capability that `add` does not name. The default, and the only value accepted.
    #[schemars(title = "Drop what is not named")]
    pub default_drop: bool,
    /// Capabilities to keep, such as `CAP_NET_BIND_SERVICE`. They hold in a user namespace of the
    /// program's own, which owns its network but not its mounts.
    #[schemars(extend("examples" = [["CAP_NET_BIND_SERVICE"]]))]
    #[schemars(title = "Kept capabilities")]
    #[schemars(extend("x-names" = "capability"))]
    pub add: Vec<String>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self { default_drop: true, add: Vec::new() }
    }
}
