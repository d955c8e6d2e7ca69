//! The `process` section.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The host name, the user name and the time zone inside, and the permissions of new files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Process {
    /// The file mode creation mask (umask(2)): permission bits that new files lack, as three octal digits in quotes. The program
    /// can change it. Default: `"022"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^0?[0-7]{3}$"))]
    #[schemars(title = "File mode creation mask", example = &"027")]
    #[schemars(extend("default" = "022"))]
    pub umask: Option<String>,

    /// The host name inside: letters, digits, `-` and `.`, at most 64 characters. Default: `purple`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$"))]
    #[schemars(title = "Host name", example = &"build")]
    #[schemars(extend("default" = "purple"))]
    pub hostname: Option<String>,

    /// The name of the user inside, in `/etc/passwd`, and in `USER` and `LOGNAME` unless `environment` sets them. The number is that
    /// of the caller, and 1000 for root. Default: `agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([a-z_][a-z0-9_.-]{0,31}|\$\{user\})$"))]
    #[schemars(title = "User name", example = &"dev")]
    #[schemars(extend("default" = "agent"))]
    pub user: Option<String>,

    /// The time zone: a file below `/usr/share/zoneinfo`, such as `Europe/Berlin`; it is in `TZ`, and `/etc/localtime` is a link to
    /// it. Default: that of the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$"))]
    #[schemars(title = "Time zone", example = &"Europe/Berlin")]
    pub timezone: Option<String>,
}
