//! The plan out of its bytes, also for messages that name one of its lines.

use core::ffi::CStr;
use purple_plan::{DecodeError, Plan, SourceLine};
use purple_sys::memory::KeptBytes;

/// The bytes of the plan whose lines messages name.
static KEPT: KeptBytes = KeptBytes::new();

/// Decodes a plan. There is one copy of this code for all who call it.
#[inline(never)]
pub(crate) fn plan(bytes: &'static [u8]) -> Result<Plan<'static>, DecodeError> {
    Plan::decode(bytes)
}

/// From here on, [`policy_of`] knows the lines of the plan in these bytes.
pub(crate) fn keep(bytes: &'static [u8]) {
    KEPT.keep(bytes);
}

/// The name of the policy that a line is in, where it is not the plan's own.
pub(crate) fn policy_of(line: SourceLine) -> Option<&'static CStr> {
    if line.source() == 0 {
        return None;
    }
    plan(KEPT.bytes()).ok()?.source_name(line)
}
