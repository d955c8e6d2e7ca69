//! What a policy extends, for comparing the two.

use crate::inherit::Parents;
use crate::resolve::{Grant, Resolved};

/// What a policy extends.
pub struct Before {
    /// The texts, and what the policy changes in them by key.
    pub parents: Parents,
    /// What they mean without the policy, and what they grant by name; `None` where they are no policy.
    pub meaning: Option<(Resolved, Vec<Grant>)>,
}
