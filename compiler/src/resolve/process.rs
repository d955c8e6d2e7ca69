//! The `process` section.

use super::scope::{Placed, Scope};
use purple_policy as policy;

/// The names and the time zone that a program sees, and the permissions of the files that it creates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// Permission bits that new files lack.
    pub umask: Option<Placed<u32>>,
    /// The host name inside.
    pub host_name: Option<Placed<String>>,
    /// The name of the user inside.
    pub user: Option<Placed<String>>,
    /// A file below `/usr/share/zoneinfo`.
    pub time_zone: Option<Placed<String>>,
}

/// The section. The schema keeps each value in its form.
pub(super) fn resolve(section: Option<&policy::Process>, scope: &Scope<'_>) -> Process {
    let Some(section) = section else {
        return Process::default();
    };
    let placed = |value: &Option<String>, key: &str| {
        value.clone().map(|value| Placed {
            value,
            span: scope.span(&format!("/process/{key}")),
        })
    };
    let umask = placed(&section.umask, "umask").and_then(|text| {
        let value = u32::from_str_radix(&text.value, 8).ok()?;
        let span = text.span;
        Some(Placed { value, span })
    });
    Process {
        umask,
        host_name: placed(&section.hostname, "hostname"),
        user: placed(&section.user, "user"),
        time_zone: placed(&section.timezone, "timezone"),
    }
}
