//! What counts, and how much.

use super::factor::{Factor, Layer};
use super::points::points;
use crate::diagnostics::quote;
use crate::ir::Ir;
use crate::ir::network::{Direction, Link};
use crate::ir::syscalls::Action;
use crate::lint::{
    Access, Danger, Share, access, contains_secret, dangerous, shares, without_effect,
};
use crate::resolve::{CAPABILITIES, DEFAULT_PATHS, Resolved};
use crate::short_forms::is_cache;
use crate::source::Span;
use crate::syscalls::{baseline, names};

/// Gives the places of keys.
type Keys<'k> = &'k dyn Fn(&str) -> Span;

/// Everything that counts, layer by layer.
pub(super) fn factors(resolved: &Resolved, ir: &Ir, span: Keys<'_>) -> Vec<Factor> {
    let mut all = Vec::new();
    files(resolved, ir, &mut all);
    devices(resolved, &mut all);
    calls(ir, span, &mut all);
    set_group_id(resolved, &mut all);
    capabilities(ir, &mut all);
    network(ir, span, &mut all);
    resources(ir, &mut all);
    environment(resolved, &mut all);
    observation(resolved, &mut all);
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

/// Whether a path is one of those that programs look up everywhere and that hold nothing secret. The programs themselves
/// are not.
fn is_default(host: &str) -> bool {
    DEFAULT_PATHS
        .iter()
        .any(|(path, is_optional)| *is_optional && *path == host)
}

fn files(resolved: &Resolved, ir: &Ir, all: &mut Vec<Factor>) {
    let counted = |share: &Share| share.writable || !is_default(&share.host);
    for share in shares(ir).into_iter().filter(counted) {
        // No program of the host uses what is in a cache.
        let is_cache = is_cache(&share.host, &resolved.facts);
        let danger = match share.danger() {
            Danger::System if is_cache => Danger::None,
            danger => danger,
        };
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
            true if is_cache => 0,
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

/// Entries of the list of devices, and not each device that a name stands for.
fn devices(resolved: &Resolved, all: &mut Vec<Factor>) {
    let devices = &resolved.filesystem.devices;
    for entry in devices.chunk_by(|one, next| one.span == next.span) {
        let Some(first) = entry.first() else { continue };
        let name = match dangerous(&first.path) {
            Some(_) => "device/memory, disks, input, interfaces",
            None => "device/other",
        };
        let path = quote(&first.path);
        let mut found = factor(Layer::Files, format!("the device {path}"), points(name))
            .unless(format!("leave out {path}"), 0);
        found.span = Some(first.span);
        all.push(found);
    }
}

fn calls(ir: &Ir, span: Keys<'_>, all: &mut Vec<Factor>) {
    let Some(filter) = ir.meanings().next() else {
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
    let table: Table<'_> = names(one.arch)
        .map(|(name, _)| (name, access(one, name)))
        .collect();
    let mut found = open_calls(&table, one.default.deny);
    found.span = Some(span("/syscalls"));
    all.push(found);
    all.extend(opened(&table, true, "calls/each of io_uring"));
    all.extend(opened(&table, false, "calls/each of the baseline"));
    for other in &filter.compat {
        let what = format!("calls through {} are allowed", other.arch);
        let change = format!("leave `{}` out of `architectures`", other.arch);
        all.push(
            factor(Layer::Calls, what, points("calls/each other interface")).unless(change, 0),
        );
    }
}

fn set_group_id(resolved: &Resolved, all: &mut Vec<Factor>) {
    let Some(span) = resolved.set_group_id else {
        return;
    };
    let what = "set-group-id files can be made";
    let mut found = factor(Layer::Calls, what, points("calls/the set-group-id bit"))
        .unless("leave out `allow_set_group_id`", 0);
    found.span = Some(span);
    all.push(found);
}

/// Every call of an interface, and how far it gets.
type Table<'t> = Vec<(&'t str, Access)>;

/// How much of the table goes through.
fn open_calls(table: &Table<'_>, denies: bool) -> Factor {
    let count = |wanted: fn(&Access) -> bool| {
        let passing = table.iter().filter(|(_, access)| wanted(access));
        passing.count()
    };
    let open = count(|access| matches!(access, Access::Allowed(_)));
    let narrow = count(|access| *access == Access::Conditional);
    let halves = open * 2 + narrow;
    let total = table.len();
    let found = factor(
        Layer::Calls,
        format!("{open} of {total} calls are allowed, {narrow} more under conditions"),
        share_of(halves, total * 2),
    );
    if denies {
        return found;
    }
    // What a list of a hundred calls has, which is more than most programs make.
    let left = share_of(200.min(halves), total * 2);
    found.unless(
        "write `default_deny: true`, and allow the calls that the program makes",
        left,
    )
}

/// The calls of the baseline that go through, those of `io_uring` or the others.
fn opened(table: &Table<'_>, rings: bool, key: &str) -> Option<Factor> {
    let is_opened = |(name, access): &&(&str, Access)| {
        access.passes() && baseline(name).is_some() && name.starts_with("io_uring_") == rings
    };
    let count = table.iter().filter(is_opened).count();
    let (first, access) = table.iter().find(is_opened)?;
    let (what, change) = match count {
        1 => (
            format!("`{first}` goes through"),
            format!("do not allow `{first}`"),
        ),
        count => (
            format!("{count} calls of the baseline are allowed, such as `{first}`"),
            format!(
                "do not allow `{first}` and {} more of the baseline",
                count - 1
            ),
        ),
    };
    let each = u32::try_from(count).unwrap_or(u32::MAX);
    let mut found = factor(Layer::Calls, what, points(key).saturating_mul(each)).unless(change, 0);
    if let Access::Allowed(place) = access {
        found.span = Some(*place);
    }
    Some(found)
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
        .filter(|(bit, _)| ir.process.capabilities.permitted >> bit & 1 == 1)
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

fn network(ir: &Ir, span: Keys<'_>, all: &mut Vec<Factor>) {
    let beyond = ir.network.beyond_loopback();
    if beyond.is_empty() {
        return;
    }
    let (what, name) = match ir.network.link {
        Link::Host => ("the network is the host's", "network/the host's own"),
        Link::Filtered if !ir.network.has_public() => (
            "listed destinations are reachable",
            "network/listed destinations only",
        ),
        _ => ("the network is not isolated", "network/not isolated"),
    };
    let mut found = factor(Layer::Network, what, points(name)).unless("write `isolated: true`", 0);
    found.span = Some(span("/network/isolated"));
    all.push(found);
    if ir.network.has_private() {
        let found = factor(
            Layer::Network,
            "private addresses are reachable",
            points("network/private addresses"),
        );
        all.push(found.unless("leave private addresses out of `allow`", 0));
    }
    let services = u32::try_from(ir.network.host_services.len()).unwrap_or(u32::MAX);
    if services > 0 {
        let what = match services {
            1 => "1 service of the host".to_owned(),
            more => format!("{more} services of the host"),
        };
        let each = points("network/each service of the host");
        let found = services.saturating_mul(each).min(MOST_FOR_PORTS);
        all.push(factor(Layer::Network, what, found).unless("leave out `host_services`", 0));
    }
    // By their number and not by the entries of a list: a range has the points of its ports.
    let outgoing = beyond.count_ports(Direction::Out);
    let each = points("network/each outgoing port");
    let found = ports(outgoing, "outgoing", each);
    all.push(if outgoing < EVERY_PORT {
        found
    } else {
        found.unless("list the used ports under `allowed_outgoing_ports`", each)
    });
    let incoming = beyond.count_ports(Direction::In);
    let found = ports(incoming, "incoming", points("network/each incoming port"));
    all.push(found.unless("leave out `allowed_incoming_ports`", 0));
}

/// How many ports there are.
const EVERY_PORT: u32 = 65_535;

/// The most points that ports of one direction have.
const MOST_FOR_PORTS: u32 = 30;

/// Ports that can be used in a direction.
fn ports(count: u32, direction: &str, each: u32) -> Factor {
    let what = match count {
        EVERY_PORT => format!("every {direction} port"),
        1 => format!("1 {direction} port"),
        count => format!("{count} {direction} ports"),
    };
    let points = count.saturating_mul(each).min(MOST_FOR_PORTS);
    factor(Layer::Network, what, points)
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
            ir.process.timeout.map(|timeout| timeout.as_secs()),
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

fn environment(resolved: &Resolved, all: &mut Vec<Factor>) {
    for variable in resolved.environment.iter().filter(|one| one.is_written) {
        match &variable.value {
            None => passed(&variable.name, all),
            Some(value) => fixed(&variable.name, value, all),
        }
    }
    let files = resolved.filesystem.files.iter();
    for file in files.filter(|file| contains_secret(&file.content)) {
        let what = format!("the content of {} is in the plan", quote(&file.inside));
        let found = factor(
            Layer::Environment,
            what,
            points("environment/a secret in the plan"),
        );
        all.push(found.unless(format!("show {} from the host", quote(&file.inside)), 0));
    }
}

fn passed(name: &str, all: &mut Vec<Factor>) {
    let extra = if crate::lint::loads_code(name) {
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

fn fixed(name: &str, value: &str, all: &mut Vec<Factor>) {
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

fn observation(resolved: &Resolved, all: &mut Vec<Factor>) {
    if resolved.audit.is_none() {
        let found = factor(
            Layer::Observation,
            "there is no audit record",
            points("observation/no audit record"),
        );
        all.push(found.unless("write `audit: {enabled: true}`", 0));
    }
    // The layer is enforced on no host, so that asking for it changes nothing.
    let said = if resolved.is_traced {
        "tracing is not enforced yet"
    } else {
        "there is no tracing"
    };
    all.push(factor(
        Layer::Observation,
        said,
        points("observation/no tracing"),
    ));
}
