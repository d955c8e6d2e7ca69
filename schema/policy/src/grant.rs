//! What somebody says about a grant: why, who answers for it, and until when.

/// The words beside a grant. None of them changes what is granted; one that has expired stops the
/// compilation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grant<'p> {
    /// Why it is needed.
    pub reason: Option<&'p str>,
    /// Who answers for it.
    pub owner: Option<&'p str>,
    /// The last day on which it holds, as written: `2027-01-31`.
    pub expires: Option<&'p str>,
}

/// The grant that a type with these three keys carries.
macro_rules! grant {
    ($($type:ty),+) => {
        $(impl $type {
            /// The reason, owner and end date of it.
            pub fn grant(&self) -> $crate::Grant<'_> {
                $crate::Grant {
                    reason: self.reason.as_deref(),
                    owner: self.owner.as_deref(),
                    expires: self.expires.as_deref(),
                }
            }
        })+
    };
}

grant!(
    crate::AllowGrant,
    crate::HostServiceGrant,
    crate::Publish,
    crate::CallGrant,
    crate::CapabilityGrant,
    crate::DeviceGrant,
    crate::ImmutablePath,
    crate::OutputPath
);
