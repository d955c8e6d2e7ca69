//! The policy as its author writes it: typed, documented, and the source of the JSON Schema.
//!
//! These types hold *what was written*, not what it means: a size is still the text `512M`, a
//! syscall is still a name. The compiler's resolve stage gives them meaning. Deprecated spellings of a
//! key are renamed before a policy gets here (see [`DEPRECATED_SPELLINGS`]), so there is one field for
//! one thing.
//!
//! Any section may be absent; each type's documentation says what its absence means.

mod environment;
mod extends;
mod filesystem;
mod grant;
mod network;
mod observation;
mod policy;
mod process;
mod quantity;
mod resources;
mod schema;
mod spelling;
mod syscalls;

pub use environment::Environment;
pub use extends::Extends;
pub use filesystem::{
    Access, Cache, DeviceEntry, DeviceGrant, Filesystem, ImmutablePath, InlineFile, OutputPath,
    ScratchEntry, ScratchPath, Workspace,
};
pub use grant::Grant;
pub use network::{
    AllowEntry, AllowGrant, HostService, HostServiceGrant, Network, NetworkMode, Port, Publish,
};
pub use observation::{Audit, AuditDetail, AuditOnFailure, EbpfMonitoring};
pub use policy::Policy;
pub use process::Process;
pub use quantity::{Quantity, Timeout};
pub use resources::{ProcessLimits, Resources};
pub use schema::json_schema;
pub use spelling::{DEPRECATED_OPERATORS, DEPRECATED_SPELLINGS, DeprecatedSpelling};
pub use syscalls::{
    Action, AdvancedRule, Argument, ArgumentValue, CallEntry, CallGrant, Capabilities,
    CapabilityEntry, CapabilityGrant, Condition, Conditions, OnDeny, Operator, Syscalls,
};
