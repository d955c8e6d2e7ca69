//! What counts, and how much.

use super::{Factor, Layer};
use crate::diagnostics::quote;
use crate::ir::Ir;
use crate::ir::syscalls::Action;
use crate::lint::{Danger, Share, Way, shares, way, without_effect};
use crate::resolve::CAPABILITIES;
use crate::source::Span;
use crate::syscalls::{baseline, names};
use purple_policy::Policy;

/// Points by name, in tenths of a layer's score: the table of `docs/exposure-score.md`.
pub const POINTS: &[(&str, u32)] = &[
    ("share/root", 60),
    ("share/control socket", 50),
    ("share/home, credentials, kernel tree", 40),
    ("share/system", 1),
    ("share/other", 2),
    ("share/writable, besides", 8),
    ("share/writable project, besides", 25),
    ("share/writable and sensitive, besides", 40),
    ("calls/share of the table that is open", 40),
    ("calls/each of the baseline", 3),
    ("calls/each of io_uring", 15),
    ("calls/each other interface", 10),
    ("calls/denials let through", 100),
    ("capability/CAP_SYS_ADMIN", 60),
    ("capability/CAP_NET_ADMIN, CAP_SYS_PTRACE", 30),
    ("capability/without effect", 3),
    ("capability/other", 8),
    ("network/not isolated", 40),
    ("network/each outgoing port", 3),
    ("network/each incoming port", 5),
    ("resources/no memory limit", 30),
    ("resources/memory of 8 GiB or more", 10),
    ("resources/no process limit", 25),
    ("resources/1000 processes or more", 8),
    ("resources/no timeout", 25),
    ("resources/a day or more", 8),
    ("resources/no input and output limit", 10),
    ("resources/no processor weight", 10),
    ("environment/each variable passed", 3),
    ("environment/one that loads code, besides", 30),
    ("environment/a secret in the plan", 20),
    ("observation/no audit record", 60),
    ("observation/no tracing", 40),
];

/// The points of a name; the test that compares the tables keeps every name known.
fn points(name: &str) -> u32 {
    POINTS
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(0, |found| found.1)
}

type Place<'p> = &'p dyn Fn(&str) -> Span;

/// Everything that counts, layer by layer.
pub(super) fn factors(policy: &Policy, ir: &Ir, span: Place<'_>) -> Vec<Factor> {
    let mut all = Vec::new();
    files(ir, &mut all);
    calls(policy, ir, span, &mut all);
    capabilities(ir, &mut all);
    network(policy, span, &mut all);
    resources(ir, &mut all);
    environment(policy, &mut all);
    observation(policy, &mut all);
    all.retain(|factor| factor.points > 0);
    all
}

fn factor(layer: Layer, what: impl Into<String>, points: u32) -> Factor {
    Factor {
        layer,
        what: what.into(),
        points,
        change: None,
        span: None,
    }
}

impl Factor {
    fn unless(mut self, change: impl Into<String>, left: u32) -> Self {
        self.change = Some((change.into(), left));
        self
    }
}

fn files(ir: &Ir, all: &mut Vec<Factor>) {
    for share in shares(ir) {
        let danger = share.danger();
        let name = match danger {
            Danger::Root => "share/root",
            Danger::Socket => "share/control socket",
            Danger::Secrets => "share/home, credentials, kernel tree",
            Danger::System => "share/system",
            Danger::None => "share/other",
        };
        let read = points(name);
        let sensitive = !matches!(danger, Danger::None);
        let write = match share.writable {
            false => 0,
            true if sensitive => points("share/writable and sensitive, besides"),
            true if share.is_project() => points("share/writable project, besides"),
            true => points("share/writable, besides"),
        };
        let Share {
            host,
            writable,
            span,
            ..
        } = &share;
        let host = quote(host);
        let how = if *writable { "writable" } else { "read-only" };
        let mut one = factor(Layer::Files, format!("{host} {how}"), read + write);
        one.span = *span;
        let plain = points("share/other") + points("share/writable, besides");
        all.push(match (danger, writable) {
            (Danger::System | Danger::None, false) => one,
            (Danger::None, true) if share.is_project() => {
                one.unless(format!("write to `./output` instead of {host}"), plain)
            }
            (Danger::None, true) => {
                let left = points("share/other");
                one.unless(format!("show {host} read-only"), left)
            }
            _ => one.unless(format!("leave out {host}"), 0),
        });
    }
}

fn calls(policy: &Policy, ir: &Ir, span: Place<'_>, all: &mut Vec<Factor>) {
    let Some(filter) = ir.filters.first() else {
        return;
    };
    // The rules that output paths bring with them make no policy better than one without these paths.
    let brought = span("/filesystem/output_paths");
    let mut one = filter.native.clone();
    for call in one.calls.values_mut() {
        call.rules.retain(|rule| rule.span != brought);
        call.hidden = call.hidden.filter(|hidden| *hidden != brought);
    }
    let one = &one;
    if one.denial == Action::Log {
        let mut found = factor(
            Layer::Calls,
            "denied calls go through",
            points("calls/denials let through"),
        )
        .unless("leave out `on_deny: log`", share_of(60, 1));
        found.span = Some(span("/syscalls/on_deny"));
        all.push(found);
        return;
    }
    let table: Vec<&str> = names(one.arch).map(|(name, _)| name).collect();
    let ways: Vec<(&str, Way)> = table.iter().map(|name| (*name, way(one, name))).collect();
    let count = |wanted: &dyn Fn(Way) -> bool| ways.iter().filter(|(_, way)| wanted(*way)).count();
    let (open, narrow) = (
        count(&|way| matches!(way, Way::Open(_))),
        count(&|way| way == Way::Narrow),
    );
    let halves = open * 2 + narrow;
    let mut found = factor(
        Layer::Calls,
        format!(
            "{open} of {} calls go through, {narrow} more by rules",
            table.len()
        ),
        share_of(halves, table.len() * 2),
    );
    let denies = policy
        .syscalls
        .as_ref()
        .is_some_and(|section| section.default_deny);
    found.span = Some(span("/syscalls"));
    if !denies {
        // What a list of a hundred calls has, which is more than most programs make.
        let left = share_of(200.min(halves), table.len() * 2);
        found = found.unless(
            "write `default_deny: true`, and allow the calls that the program makes",
            left,
        );
    }
    all.push(found);
    for (rings, key) in [
        (true, "calls/each of io_uring"),
        (false, "calls/each of the baseline"),
    ] {
        let opened: Vec<(&str, Way)> = ways
            .iter()
            .filter(|(name, way)| {
                way.passes() && baseline(name).is_some() && name.starts_with("io_uring_") == rings
            })
            .copied()
            .collect();
        let Some((first, way)) = opened.first() else {
            continue;
        };
        let (what, change) = match opened.len() {
            1 => (
                format!("`{first}` goes through"),
                format!("do not allow `{first}`"),
            ),
            count => (
                format!("{count} calls of the baseline go through, `{first}` first"),
                format!(
                    "do not allow `{first}` and {} more of the baseline",
                    count - 1
                ),
            ),
        };
        let count = u32::try_from(opened.len()).unwrap_or(u32::MAX);
        let mut found =
            factor(Layer::Calls, what, points(key).saturating_mul(count)).unless(change, 0);
        if let Way::Open(place) = way {
            found.span = Some(*place);
        }
        all.push(found);
    }
    for other in &filter.compat {
        let what = format!("calls of {} go through", other.arch);
        let change = format!("leave `{}` out of `architectures`", other.arch);
        all.push(
            factor(Layer::Calls, what, points("calls/each other interface")).unless(change, 0),
        );
    }
}

/// The points for a part of the table.
fn share_of(part: usize, whole: usize) -> u32 {
    let most = points("calls/share of the table that is open");
    let whole = u32::try_from(whole).unwrap_or(u32::MAX).max(1);
    let part = u32::try_from(part).unwrap_or(u32::MAX).min(whole);
    part.saturating_mul(most) / whole
}

fn capabilities(ir: &Ir, all: &mut Vec<Factor>) {
    for (_, name) in (0_u32..)
        .zip(CAPABILITIES)
        .filter(|(bit, _)| ir.capabilities >> bit & 1 == 1)
    {
        let key = match name {
            "CAP_SYS_ADMIN" => "capability/CAP_SYS_ADMIN",
            "CAP_NET_ADMIN" | "CAP_SYS_PTRACE" => "capability/CAP_NET_ADMIN, CAP_SYS_PTRACE",
            name if without_effect(name) => "capability/without effect",
            _ => "capability/other",
        };
        let found = factor(
            Layer::Capabilities,
            format!("`{name}` is held"),
            points(key),
        );
        all.push(found.unless(format!("leave out `{name}`"), 0));
    }
}

fn network(policy: &Policy, span: Place<'_>, all: &mut Vec<Factor>) {
    let Some(network) = policy.network.as_ref().filter(|network| !network.isolated) else {
        return;
    };
    let many = |count: usize, each: &str| {
        u32::try_from(count)
            .unwrap_or(u32::MAX)
            .saturating_mul(points(each))
            .min(30)
    };
    let mut found = factor(
        Layer::Network,
        "the network is not isolated",
        points("network/not isolated"),
    )
    .unless("write `isolated: true`", 0);
    found.span = Some(span("/network/isolated"));
    all.push(found);
    let (outgoing, incoming) = (
        network.allowed_outgoing_ports.len(),
        network.allowed_incoming_ports.len(),
    );
    all.push(factor(
        Layer::Network,
        format!("{outgoing} outgoing ports"),
        many(outgoing, "network/each outgoing port"),
    ));
    let found = factor(
        Layer::Network,
        format!("{incoming} incoming ports"),
        many(incoming, "network/each incoming port"),
    );
    all.push(found.unless("leave out `allowed_incoming_ports`", 0));
}

fn resources(ir: &Ir, all: &mut Vec<Factor>) {
    let value = |file: &str| {
        let found = ir.cgroup.iter().find(|value| value.file == file);
        found.map(|found| found.value.parse::<u64>().unwrap_or(0))
    };
    let limit =
        |value: Option<u64>, none: (&str, &str), large: (&str, u64), change: &str| match value {
            None => factor(Layer::Resources, none.0, points(none.1)).unless(change, 0),
            Some(value) if value >= large.1 => {
                factor(Layer::Resources, "a large limit", points(large.0)).unless(change, 0)
            }
            Some(_) => factor(Layer::Resources, "", 0),
        };
    let rows = [
        (
            value("memory.max"),
            ("memory is not limited", "resources/no memory limit"),
            ("resources/memory of 8 GiB or more", 8 << 30),
            "set `memory_limit_bytes: 2G`",
        ),
        (
            value("pids.max"),
            ("processes are not limited", "resources/no process limit"),
            ("resources/1000 processes or more", 1000),
            "set `pids_limit: 100`",
        ),
        (
            ir.timeout,
            ("the time is not limited", "resources/no timeout"),
            ("resources/a day or more", 86_400),
            "set `session_timeout_seconds: 3600`",
        ),
        (
            value("io.max"),
            (
                "input and output are not limited",
                "resources/no input and output limit",
            ),
            ("", u64::MAX),
            "set `block_io_limit_bytes_per_sec: 100M`",
        ),
        (
            value("cpu.weight"),
            (
                "the processor's weight is not set",
                "resources/no processor weight",
            ),
            ("", u64::MAX),
            "set `cpu_shares: 0.5`",
        ),
    ];
    all.extend(rows.map(|(value, none, large, change)| limit(value, none, large, change)));
}

fn environment(policy: &Policy, all: &mut Vec<Factor>) {
    let Some(section) = policy.environment.as_ref() else {
        return;
    };
    for name in &section.pass {
        let loads = crate::lint::loads_code(name);
        let extra = if loads {
            points("environment/one that loads code, besides")
        } else {
            0
        };
        let what = format!("{} comes from the caller", quote(name));
        let found = factor(
            Layer::Environment,
            what,
            points("environment/each variable passed") + extra,
        );
        all.push(found.unless(format!("do not pass {}", quote(name)), 0));
    }
    for (name, value) in &section.set {
        if crate::lint::holds_secret(name, value) {
            let found = factor(
                Layer::Environment,
                format!("{} is in the plan", quote(name)),
                points("environment/a secret in the plan"),
            );
            all.push(found.unless(
                format!("pass {} instead of setting it", quote(name)),
                points("environment/each variable passed"),
            ));
        }
    }
}

fn observation(policy: &Policy, all: &mut Vec<Factor>) {
    if !policy.audit.as_ref().is_some_and(|audit| audit.enabled) {
        let found = factor(
            Layer::Observation,
            "there is no audit record",
            points("observation/no audit record"),
        );
        all.push(found.unless("write `audit: {enabled: true}`", 0));
    }
    if !policy
        .ebpf_monitoring
        .as_ref()
        .is_some_and(|monitoring| monitoring.enabled)
    {
        all.push(factor(
            Layer::Observation,
            "there is no tracing",
            points("observation/no tracing"),
        ));
    }
}
