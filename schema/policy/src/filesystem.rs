//! The `filesystem` section.

use crate::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The files that the program can see and write: an empty root directory with the paths listed here, a
/// private `/proc` and `/dev`, and a few generated files (`/etc/passwd`, `/etc/hosts`, ...).
///
/// If `/usr` is listed, the links `/bin`, `/sbin`, `/lib` and `/lib64` of a merged-usr system are created
/// too, unless the policy puts something else there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Filesystem {
    /// Host paths that are shown inside, read-only, including the mounts below them.
    #[schemars(title = "Read-only paths")]
    #[schemars(extend("examples" = [[{"host_path": "/usr", "sandbox_path": "/usr"}]]))]
    pub immutable_paths: Vec<ImmutablePath>,

    /// Private, empty, writable directories (tmpfs) that are discarded at the end of the run. `/tmp` is
    /// always one.
    #[schemars(extend("examples" = [["/tmp", "/var/tmp"]]))]
    #[schemars(title = "Scratch paths")]
    pub scratch_paths: Vec<String>,

    /// The maximum size of each scratch path. Default: 512 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Size of a scratch path")]
    #[schemars(example = &"512M")]
    #[schemars(extend("default" = "512M"))]
    pub scratch_size_bytes: Option<Quantity>,

    /// Host directories that are shown inside, writable. Files that the program writes there remain on the
    /// host.
    #[schemars(title = "Output paths")]
    #[schemars(extend("examples" = [[{"host_path": "./output", "sandbox_path": "/output"}]]))]
    pub output_paths: Vec<OutputPath>,

    /// Paths inside, below a path that is shown from the host or in `/proc` or `/sys`, that are covered by an
    /// empty object that cannot be read or written. If a path is missing, the program cannot create it. A
    /// slash at the end says that a missing path is a directory.
    #[schemars(title = "Masked paths")]
    #[schemars(extend("examples" = [["/workspace/.env", "/workspace/secrets/"]]))]
    pub masked_paths: Vec<String>,

    /// Whether the program may set the set-group-id bit, as git does with `core.sharedRepository`, and `cp
    /// -a` and `tar xp` do for directories that have it. The program can then create set-group-id files too,
    /// which run with their group for every user of the host. The set-user-id bit is always denied.
    #[schemars(title = "Set-group-id bit")]
    #[schemars(example = &true)]
    pub allow_set_group_id: bool,

    /// The directory inside in which the program starts. Default: `/tmp`.
    #[schemars(example = &"/tmp")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Working directory")]
    #[schemars(extend("default" = "/tmp"))]
    pub working_dir: Option<String>,
}

/// A host path that is shown read-only inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImmutablePath {
    /// The path on the host: absolute, or relative to the directory in which the sandbox is started.
    #[schemars(length(min = 1))]
    #[schemars(example = &"/usr")]
    #[schemars(title = "Path on the host")]
    pub host_path: String,
    /// The path inside: an absolute path.
    #[schemars(regex(pattern = r"^(/|~/|\$\{)"))]
    #[schemars(example = &"/usr")]
    #[schemars(title = "Path inside")]
    pub sandbox_path: String,
    /// If the host lacks the path, leave it out instead of refusing the run.
    #[serde(default)]
    #[schemars(title = "Optional")]
    pub optional: bool,
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

/// A host directory that the program may write to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputPath {
    /// The path on the host: absolute, or relative to the directory in which the sandbox is started.
    #[schemars(length(min = 1))]
    #[schemars(example = &"./output")]
    #[schemars(title = "Path on the host")]
    pub host_path: String,
    /// The path inside: an absolute path.
    #[schemars(regex(pattern = r"^(/|~/|\$\{)"))]
    #[schemars(example = &"/output")]
    #[schemars(title = "Path inside")]
    pub sandbox_path: String,
    /// Paths below it that the program cannot change, or create if they are missing, such as `Makefile`, or
    /// `hooks/` for a directory. The groups `@project`, `@home` and `@ci` stand for paths through which other
    /// programs would run code that was planted there. A project directory has `@project` by default, a home
    /// directory `@project` and `@home`. `"!PATH"` and `"!@project"` remove paths from these groups.
    #[schemars(title = "Read-only paths in it")]
    #[schemars(extend("examples" = [["Makefile", "!.git/config"]]))]
    #[schemars(extend("default" = []))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_only: Vec<String>,
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
