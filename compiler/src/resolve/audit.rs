//! The `audit` section, and who else needs the layers that watch.

use super::scope::{Placed, Scope};
use crate::ir::{Audit, Detail};
use crate::source::Span;
use purple_plan::{AuditFailure, Layer};
use purple_policy::{self as policy, AuditDetail, AuditOnFailure, OnDeny, Policy};

/// Resolves the section; `None` where no record is asked for.
pub(super) fn resolve(section: Option<&policy::Audit>, scope: &mut Scope<'_>) -> Option<Audit> {
    let section = section.filter(|section| section.enabled)?;
    let log_path = section.log_path.clone().unwrap_or_default();
    if section.log_path.is_some() && !log_path.starts_with('/') {
        scope.error(
            "audit-path-relative",
            "/audit/log_path",
            format!("`{log_path}` does not start with `/`"),
            "runs from every directory write to one log: write its absolute path",
        );
    }
    let details = section.detail_level.iter().copied().map(detail).collect();
    let syscall = section
        .detail_level
        .iter()
        .position(|one| *one == AuditDetail::Syscall);
    let syscall = syscall.map(|at| scope.span(&format!("/audit/detail_level/{at}")));
    let failure = match section.on_failure {
        None | Some(AuditOnFailure::End) => AuditFailure::End,
        Some(AuditOnFailure::Continue) => AuditFailure::Continue,
    };
    Some(Audit {
        details,
        failure,
        log_path,
        syscall,
        span: scope.span("/audit/enabled"),
    })
}

/// Where the record is to be kept, whether there is one or not.
pub(super) fn log_path(
    section: Option<&policy::Audit>,
    scope: &Scope<'_>,
) -> Option<Placed<String>> {
    let value = section?.log_path.clone()?;
    let span = scope.span("/audit/log_path");
    Some(Placed { value, span })
}

const fn detail(detail: AuditDetail) -> Detail {
    match detail {
        AuditDetail::Resource => Detail::Resource,
        AuditDetail::Filesystem => Detail::Filesystem,
        AuditDetail::Syscall => Detail::Syscall,
        AuditDetail::Network => Detail::Network,
    }
}

/// The layers that watch, and who asks for them.
pub(super) fn needs(policy: &Policy, scope: &Scope<'_>) -> Vec<(Layer, Span)> {
    let section = policy.audit.as_ref().filter(|audit| audit.enabled);
    let on_deny = policy
        .syscalls
        .as_ref()
        .and_then(|syscalls| syscalls.on_deny.as_ref());
    // A supervisor that is notified is one that keeps the record.
    let notified = section.is_none() && on_deny == Some(&OnDeny::Notify);
    let monitor = policy
        .ebpf_monitoring
        .as_ref()
        .is_some_and(|monitoring| monitoring.enabled);
    // What goes through unhindered, nobody sees from where the record is kept.
    let traced = section
        .into_iter()
        .flat_map(|audit| &audit.detail_level)
        .position(|detail| matches!(detail, AuditDetail::Filesystem | AuditDetail::Network));
    let traced = traced.filter(|_| !monitor);
    let wanted = [
        (section.is_some(), Layer::Audit, "/audit/enabled".to_owned()),
        (notified, Layer::Audit, "/syscalls/on_deny".to_owned()),
        (
            monitor,
            Layer::Monitor,
            "/ebpf_monitoring/enabled".to_owned(),
        ),
        (
            traced.is_some(),
            Layer::Monitor,
            format!("/audit/detail_level/{}", traced.unwrap_or_default()),
        ),
    ];
    wanted
        .into_iter()
        .filter(|&(asked, ..)| asked)
        .map(|(_, layer, pointer)| (layer, scope.document.span(&pointer)))
        .collect()
}
