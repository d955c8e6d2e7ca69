//! The `filesystem` section.

use crate::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the program sees of the file system: an empty root plus the paths listed here, private
/// `/proc` and `/dev`, and a few generated files (`/etc/passwd`, `/etc/hosts`, ...).
///
/// Where `/usr` is listed, the links `/bin`, `/sbin`, `/lib` and `/lib64` of a merged-usr system
/// come with it unless the policy puts something else there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Filesystem {
    /// Host paths shown inside, read-only with everything mounted below them.
    #[schemars(title = "Read-only paths")]
    #[schemars(extend("examples" = [[{"host_path": "/usr", "sandbox_path": "/usr"}]]))]
    pub immutable_paths: Vec<ImmutablePath>,

    /// Private, empty, writable directories (tmpfs) that vanish when the sandbox ends. `/tmp` is
    /// always there.
    #[schemars(extend("examples" = [["/tmp", "/var/tmp"]]))]
    #[schemars(title = "Scratch paths")]
    pub scratch_paths: Vec<String>,

    /// How much each scratch path may hold. Default: 512 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Size of a scratch path")]
    #[schemars(example = &"512M")]
    #[schemars(extend("default" = "512M"))]
    pub scratch_size_bytes: Option<Quantity>,

    /// Host directories shown inside, writable: what the program writes here stays.
    #[schemars(title = "Output paths")]
    #[schemars(extend("examples" = [[{"host_path": "./output", "sandbox_path": "/output"}]]))]
    pub output_paths: Vec<OutputPath>,

    /// Paths inside that are covered by something empty that cannot be read or written, if they lie in
    /// what is shown of the host, or in `/proc` or `/sys`. What is missing cannot be made. A slash
    /// at the end says that it is a directory, which counts where it is missing.
    #[schemars(title = "Masked paths")]
    #[schemars(extend("examples" = [["/workspace/.env", "/workspace/secrets/"]]))]
    pub masked_paths: Vec<String>,

    /// Whether the program may set the set-group-id bit, as git does with `core.sharedRepository` and `cp -a` and
    /// `tar xp` do where directories have it. It may make files with it too, which run with their group for
    /// everybody on the host. The set-user-id bit stays closed.
    #[schemars(title = "Set-group-id bit")]
    #[schemars(example = &true)]
    pub allow_set_group_id: bool,

    /// The directory the program starts in, inside the sandbox. Default: `/tmp`.
    #[schemars(example = &"/tmp")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Working directory")]
    #[schemars(extend("default" = "/tmp"))]
    pub working_dir: Option<String>,
}

/// A host path shown read-only inside the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImmutablePath {
    /// The path on the host: absolute, or relative to the directory the sandbox is started from.
    #[schemars(length(min = 1))]
    #[schemars(example = &"/usr")]
    #[schemars(title = "Path on the host")]
    pub host_path: String,
    /// Where it appears inside: an absolute path.
    #[schemars(regex(pattern = "^/"))]
    #[schemars(example = &"/usr")]
    #[schemars(title = "Path inside")]
    pub sandbox_path: String,
    /// Leave it out, instead of refusing to start, on a host that does not have it.
    #[serde(default)]
    #[schemars(title = "Optional")]
    pub optional: bool,
    /// Why the program needs it. Default: nothing is said.
    #[schemars(title = "Reason", example = &"the build reads its packages from there")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub reason: Option<String>,
    /// Who answers for it. Default: nothing is said.
    #[schemars(title = "Owner", example = &"build-team")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub owner: Option<String>,
    /// The last day on which it holds; after it the policy does not compile. Default: no end.
    #[schemars(title = "Expires")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2027-01-31")]
    pub expires: Option<String>,
}

/// A host directory that the sandbox may write to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputPath {
    /// The path on the host: absolute, or relative to the directory the sandbox is started from.
    #[schemars(length(min = 1))]
    #[schemars(example = &"./output")]
    #[schemars(title = "Path on the host")]
    pub host_path: String,
    /// Where it appears inside: an absolute path.
    #[schemars(regex(pattern = "^/"))]
    #[schemars(example = &"/output")]
    #[schemars(title = "Path inside")]
    pub sandbox_path: String,
    /// Paths below it that the program can neither change nor make, where they are missing: such as
    /// `Makefile`, or `hooks/` for a directory. `@project`, `@home` and `@ci` stand for those through
    /// which other programs would run what was planted there; a project directory has the first
    /// without saying so, a home directory the first two. `"!PATH"` and `"!@project"` take out of
    /// these groups.
    #[schemars(title = "Read-only paths in it")]
    #[schemars(extend("examples" = [["Makefile", "!.git/config"]]))]
    #[schemars(extend("default" = []))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_only: Vec<String>,
    /// Why the program needs it. Default: nothing is said.
    #[schemars(title = "Reason", example = &"the build reads its packages from there")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub reason: Option<String>,
    /// Who answers for it. Default: nothing is said.
    #[schemars(title = "Owner", example = &"build-team")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub owner: Option<String>,
    /// The last day on which it holds; after it the policy does not compile. Default: no end.
    #[schemars(title = "Expires")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2027-01-31")]
    pub expires: Option<String>,
}
