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
    pub scratch_paths: Vec<ScratchEntry>,

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

    /// The project: the root of the repository that the run starts in, or the directory that it starts in. It is shown at the path
    /// that it has on the host, and the program starts there. In a linked worktree of git, the git directory of its repository is
    /// shown too. Files through which other programs would run code, `@project`, cannot be changed. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Workspace")]
    #[schemars(extend("examples" = [{"access": "read-write"}]))]
    pub workspace: Option<Workspace>,

    /// Toolchains that are shown read-only, where people have them in their home directories: `@go`, `@java`, `@node`, `@python`,
    /// `@rust` and `@uv`. What the host lacks is left out, and files with credentials are never shown.
    #[schemars(extend("default" = []))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Toolchains")]
    #[schemars(extend("examples" = [["@rust", "@node"]]))]
    pub toolchains: Vec<String>,

    /// Directories that are kept between runs, below `${cache}/purple-caches`. All policies that name the same cache share it.
    #[schemars(extend("default" = []))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Caches")]
    #[schemars(extend("examples" = [[{"name": "cargo-registry", "sandbox_path": "~/.cargo/registry"}]]))]
    pub caches: Vec<Cache>,

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

    /// Files that the policy contains. The program can read them and not change them.
    #[schemars(extend("default" = []))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Files")]
    #[schemars(extend("examples" = [[{"sandbox_path": "/etc/agent.toml", "content": "mode = \"plan\"\n"}]]))]
    pub files: Vec<InlineFile>,

    /// Devices of the host that are shown at their paths and can be used: `gpu-dri`, `gpu-nvidia`, `kvm`, or a path below
    /// `/dev`. The permissions of the device file still apply.
    #[schemars(extend("default" = []))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Devices")]
    #[schemars(extend("examples" = [["gpu-dri", "/dev/ttyUSB0"]]))]
    pub devices: Vec<DeviceEntry>,

    /// The directory inside in which the program starts. Default: `/tmp`.
    #[schemars(example = &"/tmp")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Working directory")]
    #[schemars(extend("default" = "/tmp"))]
    pub working_dir: Option<String>,
}

/// A private writable directory: its path, or the path with more keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ScratchEntry {
    /// The path inside.
    Path(String),
    /// The same, with more keys.
    Long(ScratchPath),
}

impl ScratchEntry {
    /// The path inside, as written.
    pub fn sandbox_path(&self) -> &str {
        match self {
            Self::Path(path) => path,
            Self::Long(long) => &long.sandbox_path,
        }
    }
}

/// A private writable directory with a size of its own, or without programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScratchPath {
    /// The path inside: an absolute path.
    #[schemars(regex(pattern = r"^(/|~/|\$\{)"))]
    #[schemars(example = &"/data")]
    #[schemars(title = "Path inside")]
    pub sandbox_path: String,
    /// Its maximum size. Default: `scratch_size_bytes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Size", example = &"2G")]
    pub size_bytes: Option<Quantity>,
    /// Whether no file in it can be executed, nor mapped as program code.
    #[serde(default)]
    #[schemars(title = "No programs")]
    pub noexec: bool,
}

/// A file that the policy contains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InlineFile {
    /// The path inside: an absolute path.
    #[schemars(regex(pattern = r"^(/|~/|\$\{)"))]
    #[schemars(example = &"/etc/agent.toml")]
    #[schemars(title = "Path inside")]
    pub sandbox_path: String,
    /// What is in it.
    #[schemars(title = "Content", example = &"mode = \"plan\"\n")]
    pub content: String,
    /// Whether it can be executed.
    #[serde(default)]
    #[schemars(title = "Executable")]
    pub executable: bool,
}

/// Devices of the host: a name for some of them, or a path; or the same with more keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum DeviceEntry {
    /// `gpu-dri`, `gpu-nvidia`, `kvm`, or a path such as `/dev/ttyUSB0`.
    Device(String),
    /// The same, with more keys.
    Long(DeviceGrant),
}

impl DeviceEntry {
    /// The device as written.
    pub fn device(&self) -> &str {
        match self {
            Self::Device(device) => device,
            Self::Long(long) => &long.device,
        }
    }
}

/// Devices of the host with a reason, an owner or an end date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceGrant {
    /// The device.
    #[schemars(title = "Device", example = &"gpu-dri")]
    pub device: String,
    /// Why the program needs it. Default: none.
    #[schemars(title = "Reason", example = &"the model is trained on the GPU")]
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

/// The project that a run is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// Whether the program may change it. Default: `read-write`.
    #[serde(default)]
    #[schemars(title = "Access")]
    #[schemars(extend("examples" = ["read-only"]))]
    #[schemars(extend("default" = "read-write"))]
    pub access: Access,
    /// Paths below it that the program cannot change, beside those of `@project`; see `read_only` of an output path.
    #[schemars(title = "Read-only paths in it")]
    #[schemars(extend("examples" = [["Makefile", "!.vscode"]]))]
    #[schemars(extend("default" = []))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_only: Vec<String>,
    /// Why the program needs it. Default: none.
    #[schemars(title = "Reason", example = &"the agent edits the project")]
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

/// What a program may do with files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Read and change them.
    #[default]
    ReadWrite,
    /// Read them.
    ReadOnly,
}

/// A directory that is kept between runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Its name: letters, digits, `-` and `_`.
    #[schemars(length(min = 1))]
    #[schemars(title = "Name", example = &"cargo-registry")]
    pub name: String,
    /// The path inside: an absolute path.
    #[schemars(regex(pattern = r"^(/|~/|\$\{)"))]
    #[schemars(example = &"/home/agent/.cargo/registry")]
    #[schemars(title = "Path inside")]
    pub sandbox_path: String,
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
    /// Whether no file in it can be executed, nor mapped as program code.
    #[serde(default)]
    #[schemars(title = "No programs")]
    pub noexec: bool,
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
    /// If the host lacks the path, leave it out instead of refusing the run.
    #[serde(default)]
    #[schemars(title = "Optional")]
    pub optional: bool,
    /// Whether no file in it can be executed, nor mapped as program code.
    #[serde(default)]
    #[schemars(title = "No programs")]
    pub noexec: bool,
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
