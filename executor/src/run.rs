//! What a run is.

use crate::arguments::Options;
use crate::outside::Outside;
use crate::shared::Shared;
use purple_plan::{Filter, Plan};
use purple_sys::signal;
use purple_sys::strings::Strings;
use rustix::fd::OwnedFd;

/// Everything that the processes of a run know of it.
///
/// Each of them is a copy of the supervisor, so each has this. Holding one proves that the plan is
/// sealed and well formed, that the filter is for this architecture, and that every signal is
/// blocked. It does not prove that the plan can be applied on this host.
pub(crate) struct Run {
    pub(crate) options: Options,
    /// The whole command line.
    pub(crate) arguments: Strings,
    pub(crate) environment: Strings,
    pub(crate) plan: Plan<'static>,
    /// The bytes that it was decoded from.
    pub(crate) plan_bytes: &'static [u8],
    /// The file that the plan was read from.
    pub(crate) plan_file: OwnedFd,
    pub(crate) filter: Filter<'static>,
    pub(crate) outside: Outside,
    /// The signals that the caller had blocked.
    pub(crate) signals: signal::Set,
    pub(crate) shared: Shared,
}
