//! How far the network goes, by the two keys that say so.

use crate::diagnostics::Diagnostic;
use crate::resolve::scope::Scope;
use crate::source::Span;
use purple_policy::{Network, NetworkMode};

const MODE: &str = "/network/mode";
const ISOLATED: &str = "/network/isolated";

/// The mode, and the key that says so. Without one the lists that no other mode knows mean a filtered network.
pub(super) fn mode(section: &Network, scope: &mut Scope<'_>) -> (NetworkMode, Span) {
    let Some(mode) = section.mode else {
        let lists = !section.allow.is_empty()
            || !section.host_services.is_empty()
            || !section.publish.is_empty();
        let isolated = section.isolated.unwrap_or(!lists);
        let key = if section.isolated.is_none() && lists {
            "/network"
        } else {
            ISOLATED
        };
        let mode = if isolated {
            NetworkMode::None
        } else {
            NetworkMode::Filtered
        };
        return (mode, scope.document.key_span(key));
    };
    let place = scope.document.key_span(MODE);
    if let Some(isolated) = section.isolated
        && isolated != (mode == NetworkMode::None)
    {
        let word = match mode {
            NetworkMode::None => "none",
            NetworkMode::Filtered => "filtered",
            NetworkMode::Host => "host",
        };
        let message = format!("`mode: {word}` and `isolated: {isolated}` contradict each other");
        scope.report(
            Diagnostic::error("network-mode-conflict", place, message)
                .with_related(scope.document.key_span(ISOLATED), "said here")
                .with_help("keep `mode`, and leave `isolated` out"),
        );
    }
    if mode == NetworkMode::Host {
        host(section, place, scope);
    }
    (mode, place)
}

/// The host's network: nothing is filtered, so that there must be a reason, and no list.
fn host(section: &Network, place: Span, scope: &mut Scope<'_>) {
    if section.reason.is_none() {
        scope.report(
            Diagnostic::error(
                "network-host-reason",
                place,
                "the host's network must have a reason: it is not filtered",
            )
            .with_help(
                "add `reason:` beside `mode`, or write `mode: filtered` and list what is needed",
            ),
        );
        return;
    }
    let lists = [
        ("allow", section.allow.is_empty()),
        ("host_services", section.host_services.is_empty()),
        ("publish", section.publish.is_empty()),
        (
            "allowed_outgoing_ports",
            section.allowed_outgoing_ports.is_empty(),
        ),
        (
            "allowed_incoming_ports",
            section.allowed_incoming_ports.is_empty(),
        ),
        ("blocked_ips", section.blocked_ips.is_empty()),
        ("dns_servers", section.dns_servers.is_empty()),
    ];
    if let Some((key, _)) = lists.into_iter().find(|(_, is_empty)| !is_empty) {
        let span = scope.document.key_span(&format!("/network/{key}"));
        let message = format!("`{key}` has no effect on the host's network");
        scope.report(
            Diagnostic::error("network-host-lists", span, message)
                .with_related(place, "the host's network")
                .with_help("write `mode: filtered`, which enforces lists, or leave the list out"),
        );
    }
}
