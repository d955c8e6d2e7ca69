//! What a policy allows although its parents deny it. It may, and a reviewer sees it.

use super::change::{Change, ChangeKind};
use crate::diagnostics::{Diagnostic, Sink, quote};
use crate::parse::{Style, resolve_scalar};
use crate::quantity;
use crate::source::Span;
use serde_json::Value;

/// Whether a change of this kind at a key can loosen anything.
pub(super) fn watches(kind: ChangeKind, pointer: &str) -> bool {
    match kind {
        ChangeKind::Value => {
            limit(pointer).is_some()
                || pointer.starts_with("/ebpf_monitoring/")
                || matches!(
                    pointer,
                    "/syscalls/default_deny"
                        | "/capabilities/default_drop"
                        | "/syscalls/on_deny"
                        | "/network/isolated"
                        | "/network/mode"
                        | "/filesystem/allow_set_group_id"
                        | "/process/umask"
                        | "/audit/enabled"
                        | "/audit/on_failure"
                )
        }
        ChangeKind::Added => matches!(
            pointer,
            "/capabilities/add"
                | "/filesystem/devices"
                | "/network/allowed_outgoing_ports"
                | "/network/allowed_incoming_ports"
                | "/network/allow"
                | "/network/host_services"
                | "/network/publish"
                | "/syscalls/architectures"
        ),
        ChangeKind::Removed => {
            matches!(
                pointer,
                "/syscalls/allow"
                    | "/syscalls/deny"
                    | "/network/blocked_ips"
                    | "/capabilities/drop"
            )
        }
        ChangeKind::Writable => true,
    }
}

/// A key by which a text may loosen what others say.
pub(crate) struct Loosened<'c> {
    /// The key, as a JSON pointer.
    pub(crate) pointer: &'c str,
    /// What is said there now.
    pub(crate) written: &'c str,
    /// Where.
    pub(crate) place: Span,
    /// Whether the policy itself says it, and not a parent that comes later.
    pub(crate) is_own: bool,
}

/// Reports the changes that loosen something. `extends` is the place where the policy names its
/// parents: what they leave at its default is denied there. `counts` says whether one at a key makes a difference.
pub(super) fn report<'c>(
    changes: impl Iterator<Item = &'c Change> + Clone,
    extends: Span,
    counts: impl Fn(&Loosened<'_>) -> bool,
    sink: &mut Sink,
) {
    let opened: Vec<u8> = changes
        .clone()
        .filter(|change| opens_the_network(change) && counts(&loosened_by(change, extends)))
        .map(|change| change.new.1.file)
        .collect();
    for change in changes {
        // The text that opens the network lists what is reached outside.
        if is_listed_for_the_network(change) && opened.contains(&change.new.1.file) {
            continue;
        }
        if !counts(&loosened_by(change, extends)) {
            continue;
        }
        let Some(message) = message(change) else {
            continue;
        };
        let (place, said) = match (&change.old, change.beside) {
            (Some((_, span)), _) => (*span, "the inherited value is here"),
            (None, Some(span)) => (span, "the inherited section does not have it"),
            (None, None) => (extends, "no inherited policy has it"),
        };
        let new = change.new.1;
        let found = if new.file == extends.file {
            Diagnostic::note("loosens-parent", new, message)
                .with_related(place, said)
                .with_help("leave it out to keep the inherited value")
        } else {
            Diagnostic::note("loosens-parent", extends, message)
                .with_related(new, "a later parent sets it here")
                .with_related(place, said)
                .with_help("the later parent overrides the earlier one: change the order, or set the value in the policy")
        };
        sink.push(found);
    }
}

fn loosened_by(change: &Change, extends: Span) -> Loosened<'_> {
    Loosened {
        pointer: &change.pointer,
        written: &change.new.0,
        place: change.new.1,
        is_own: change.new.1.file == extends.file,
    }
}

/// Whether a network that had nothing is opened.
fn opens_the_network(change: &Change) -> bool {
    let old = change.old.as_ref().map_or(0, |(text, _)| extent(text));
    change.kind == ChangeKind::Value
        && matches!(
            change.pointer.as_str(),
            "/network/mode" | "/network/isolated"
        )
        && old == 0
        && extent(&change.new.0) > 0
}

/// Whether a change lists what of the network outside is reached. The host's services and published ports are something else.
fn is_listed_for_the_network(change: &Change) -> bool {
    change.kind == ChangeKind::Added
        && matches!(
            change.pointer.as_str(),
            "/network/allow"
                | "/network/allowed_outgoing_ports"
                | "/network/allowed_incoming_ports"
        )
}

/// How a change loosens what parents say; `None` where it does not.
fn message(change: &Change) -> Option<String> {
    let new = change.new.0.as_str();
    let old = change.old.as_ref().map(|(text, _)| text.as_str());
    let key = change.pointer.rsplit('/').next().unwrap_or_default();
    match (change.kind, change.pointer.as_str()) {
        (ChangeKind::Writable, _) => Some(format!("{} is writable; it was read-only", quote(new))),
        (ChangeKind::Removed, "/syscalls/deny") => Some(format!("{} removes a denial", quote(new))),
        (ChangeKind::Removed, "/syscalls/allow") => Some(format!(
            "{} removes the condition under which a call is allowed",
            quote(new)
        )),
        (ChangeKind::Removed, "/capabilities/drop") => {
            Some(format!("{} is no longer dropped", quote(old?)))
        }
        (ChangeKind::Removed, _) => Some(format!("{} is no longer blocked", quote(old?))),
        (ChangeKind::Added, "/capabilities/add") => {
            Some(format!("{} is kept; it was dropped", quote(new)))
        }
        (ChangeKind::Added, "/filesystem/devices") => {
            Some(format!("the device {} is shown; it was not", quote(new)))
        }
        (ChangeKind::Added, "/syscalls/architectures") => Some(format!(
            "calls through {} are allowed; they killed the process",
            quote(new)
        )),
        (ChangeKind::Added, "/network/allow") => {
            // What begins with `!` takes something out of a group.
            (!new.starts_with('!')).then(|| format!("{} is allowed; it was not", quote(new)))
        }
        (ChangeKind::Added, "/network/host_services") => Some(format!(
            "the host's service {} is reachable; it was not",
            quote(new)
        )),
        (ChangeKind::Added, "/network/publish") => {
            Some("a port of the host leads inside; none did".to_owned())
        }
        (ChangeKind::Added, _) => Some(format!("port {} is opened; it was closed", quote(new))),
        (ChangeKind::Value, "/syscalls/default_deny") => {
            // A section without the key denies; no section at all does not.
            let denied = old.map_or(change.beside.is_some(), is_true);
            (denied && !is_true(new)).then(|| {
                "`default_deny: false` allows calls that no list names; they were denied".to_owned()
            })
        }
        (ChangeKind::Value, "/capabilities/default_drop") => {
            (!is_true(new) && old.is_none_or(is_true)).then(|| {
                "`default_drop: false` keeps capabilities that no list names; they were dropped"
                    .to_owned()
            })
        }
        (ChangeKind::Value, "/filesystem/allow_set_group_id") => {
            (is_true(new) && !old.is_some_and(is_true)).then(|| {
                "`allow_set_group_id: true` lets programs set the set-group-id bit; it was denied"
                    .to_owned()
            })
        }
        (ChangeKind::Value, "/process/umask") => {
            let bits = |text: &str| u32::from_str_radix(text, 8).ok();
            let before = old.map_or(Some(0o022), bits)?;
            (before & !bits(new)? != 0)
                .then(|| format!("`umask: {new}` gives new files permissions that they lacked"))
        }
        (ChangeKind::Value, "/syscalls/on_deny") => (new == "log" && old != Some("log"))
            .then(|| "`on_deny: log` lets denied calls through; they failed".to_owned()),
        (ChangeKind::Value, "/audit/on_failure") => (new == "continue" && old != Some("continue"))
            .then(|| "`on_failure: continue` lets a run continue without its record".to_owned()),
        (ChangeKind::Value, "/network/isolated") => (!is_true(new) && old.is_none_or(is_true))
            .then(|| "`isolated: false` opens the network; it was isolated".to_owned()),
        (ChangeKind::Value, "/network/mode") => (extent(new) > old.map_or(0, extent))
            .then(|| format!("`mode: {new}` allows more of the network than the inherited mode")),
        (ChangeKind::Value, pointer) => match limit(pointer) {
            Some(read) => {
                let verb = match (read(old?), read(new)) {
                    (Some(before), Some(after)) if after <= before => return None,
                    (Some(_), Some(_)) => "raised",
                    _ => "changed",
                };
                Some(format!(
                    "`{key}` is {verb} from {} to {}",
                    quote(old?),
                    quote(new)
                ))
            }
            None => (old.is_some_and(is_true) && !is_true(new))
                .then(|| format!("`{key}: false` turns off something that was on")),
        },
    }
}

/// How the value of a limit is read, where a key is one.
fn limit(pointer: &str) -> Option<fn(&str) -> Option<f64>> {
    let read: fn(&str) -> Option<f64> = match pointer {
        "/filesystem/scratch_size_bytes"
        | "/resources/memory_limit_bytes"
        | "/resources/memory_swap_limit_bytes" => |text| quantity::size(text).ok().map(rough),
        "/resources/block_io_limit_bytes_per_sec" => |text| quantity::rate(text).ok().map(rough),
        "/resources/cpu_limit" | "/resources/cpu_shares" | "/resources/pids_limit" => {
            |text| resolve_scalar(text, Style::Plain).as_f64()
        }
        "/resources/session_timeout_seconds" => |text| match resolve_scalar(text, Style::Plain) {
            Value::Number(seconds) => seconds.as_f64(),
            _ => quantity::duration(text).ok().map(rough),
        },
        "/resources/rlimits/cpu" => limit("/resources/session_timeout_seconds")?,
        "/resources/rlimits/nofile"
        | "/resources/rlimits/nproc"
        | "/resources/rlimits/sigpending" => limit("/resources/pids_limit")?,
        // No core dump is 0, which is no size elsewhere.
        pointer if pointer.starts_with("/resources/rlimits/") => |text| match text {
            "0" => Some(0.0),
            size => quantity::size(size).ok().map(rough),
        },
        _ => return None,
    };
    Some(read)
}

/// Near enough to say which of two limits is higher.
#[expect(
    clippy::cast_precision_loss,
    reason = "limits are compared, not enforced, by this"
)]
fn rough(limit: u64) -> f64 {
    limit as f64
}

/// How far a mode of the network goes; `isolated` says it too.
fn extent(text: &str) -> u8 {
    match text {
        "host" => 2,
        "filtered" | "false" => 1,
        _ => 0,
    }
}

fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}
