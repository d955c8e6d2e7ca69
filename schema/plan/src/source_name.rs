//! Which policy a line is in.

use crate::sections::Plan;
use crate::source_line::SourceLine;
use core::ffi::CStr;

impl<'a> Plan<'a> {
    /// The name of the policy that a line is in, as the policy that inherits from it writes it; `None` for a line of the
    /// plan's own policy.
    pub fn source_name(&self, line: SourceLine) -> Option<&'a CStr> {
        let index = usize::from(line.source()).checked_sub(1)?;
        self.sources.iter().nth(index).map(|source| source.name)
    }
}
