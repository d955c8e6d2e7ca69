//! What a run is.

use crate::arguments::Options;
use crate::identity::Outside;
use crate::shared::Shared;
use purple_plan::{Filter, Plan};
use purple_sys::signal;
use purple_sys::strings::Strings;

/// Everything that the three processes know of the run.
pub(crate) struct Run {
    pub(crate) options: Options,
    /// The whole command line.
    pub(crate) arguments: Strings,
    pub(crate) environment: Strings,
    pub(crate) plan: Plan<'static>,
    pub(crate) filter: Filter<'static>,
    pub(crate) outside: Outside,
    /// The signals that the caller had blocked.
    pub(crate) signals: signal::Set,
    pub(crate) shared: Shared,
}
