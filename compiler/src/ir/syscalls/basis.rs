//! Which statement of the policy about a call counts where no rule on its arguments decides. The
//! evaluator and the plan's records both take it from here.

use super::definition::{CallMeaning, Guard};
use crate::source::Span;

/// The statement about a call that counts, with its place in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    /// What hides the call.
    Hidden(Span),
    /// The entry of `deny`.
    Denied(Span),
    /// The entry of `allow`.
    Allowed(Span),
    /// The hardened baseline.
    Baseline,
    /// No entry names it: the verdict on unnamed calls.
    Default,
}

impl CallMeaning {
    /// The strongest of what the policy says about the call as a whole.
    pub(crate) const fn basis(&self) -> Basis {
        if let Some(span) = self.hidden {
            Basis::Hidden(span)
        } else if let Some(span) = self.denied {
            Basis::Denied(span)
        } else if let Some(span) = self.allowed {
            Basis::Allowed(span)
        } else if self.baseline {
            Basis::Baseline
        } else {
            Basis::Default
        }
    }

    /// The guard, where it counts: only a call that would go through has something to leave out.
    pub(crate) fn guard_in_force(&self) -> Option<&Guard> {
        match self.basis() {
            Basis::Allowed(_) | Basis::Default => self.guard.as_ref(),
            Basis::Hidden(_) | Basis::Denied(_) | Basis::Baseline => None,
        }
    }
}
