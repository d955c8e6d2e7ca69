//! What a filtered network reaches, and entries that change nothing of it. They look at the sets of connections, so that it
//! makes no difference how something is written.

use super::scope::Scope;
use crate::diagnostics::{Applicability, Diagnostic, quote};
use crate::ir::network::{
    Connection, ConnectionRule, Connections, Destination, Direction, Effect, Host, Link,
    NamePattern, Network,
};
use crate::quantity::{Ports, Protocol};
use crate::source::Span;
use purple_plan::is_public;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let ir = scope.ir;
    match ir.network.link {
        Link::Loopback => return,
        Link::Host => return host(scope),
        Link::Filtered => {}
    }
    capabilities(scope);
    nothing(scope);
    let allowed: Vec<(&ConnectionRule, Span)> = ir
        .network
        .entries
        .iter()
        .filter(|one| one.effect == Effect::Allow && one.direction == Direction::Out)
        .filter_map(|one| Some((one, one.span?)))
        .collect();
    everything(&allowed, scope);
    metadata(&ir.network, &allowed, scope);
    for &(one, span) in &allowed {
        private(one, span, scope);
        clear_text(one, span, scope);
        shell(one, span, scope);
        public_suffix(one, span, scope);
    }
    without_effect(&ir.network, &allowed, scope);
    incoming(scope);
}

/// The host's network.
fn host(scope: &mut Scope<'_>) {
    let place = scope.resolved.network.mode_span;
    let place = place.unwrap_or_else(|| scope.key("/network"));
    scope.report(
        Diagnostic::warning(
            "network-host",
            place,
            "the program has the host's network: everything that the host reaches, and its own services",
        )
        .with_help("write `mode: filtered` and list what the program needs"),
    );
}

/// Capabilities over a network: with one of these a program undoes what filters it.
fn capabilities(scope: &mut Scope<'_>) {
    const OVER_NETWORKS: [(usize, &str); 2] = [(12, "CAP_NET_ADMIN"), (13, "CAP_NET_RAW")];
    for (number, name) in OVER_NETWORKS {
        let mut kept = scope.resolved.capabilities.numbers.iter();
        let Some(span) = kept.find(|one| one.value == number).map(|one| one.span) else {
            continue;
        };
        let mut found = Diagnostic::error(
            "network-capability",
            span,
            format!("`{name}` and a filtered network exclude each other"),
        )
        .with_help(
            "leave the capability out, or write `isolated: true`: who holds it can undo a filter",
        );
        if let Some(mode) = scope.resolved.network.mode_span {
            found = found.with_related(mode, "filtered here");
        }
        scope.report(found);
    }
}

/// A filtered network in which nothing is listed.
fn nothing(scope: &mut Scope<'_>) {
    let wanted = &scope.resolved.network;
    let lists = wanted.allowed_span.is_some()
        || wanted.host_services_span.is_some()
        || wanted.published_span.is_some()
        || wanted.outgoing_span.is_some()
        || wanted.incoming_span.is_some();
    if lists {
        return;
    }
    let place = wanted.mode_span.unwrap_or_else(|| scope.key("/network"));
    scope.report(
        Diagnostic::warning(
            "network-nothing-listed",
            place,
            "the network is filtered and nothing is listed: the program reaches nothing",
        )
        .with_help("list under `allow` what the program needs, or write `isolated: true`"),
    );
}

/// Every port of every public address.
fn everything(allowed: &[(&ConnectionRule, Span)], scope: &mut Scope<'_>) {
    for &(one, span) in allowed {
        if is_everything(one) {
            scope.report(
                Diagnostic::warning(
                    "network-open",
                    span,
                    "this opens the whole internet: what the program reads it can send anywhere",
                )
                .with_help("list under `allow` the names that the program needs"),
            );
            return;
        }
    }
}

fn is_everything(one: &ConnectionRule) -> bool {
    let tcp = Ports {
        protocol: Some(Protocol::Tcp),
        ..Ports::ALL
    };
    match &one.destination {
        Destination::Public | Destination::Anywhere => one.ports.covers(tcp),
        Destination::Addresses(block) => block.prefix == 0,
        Destination::Names(_) => false,
    }
}

/// Where clouds keep the metadata of a machine, credentials among it: by the link-local address that all of them share,
/// and by that of AWS for IPv6.
const METADATA: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V6(Ipv6Addr::new(0xFD00, 0xEC2, 0, 0, 0, 0, 0, 0x254)),
];

fn metadata(network: &Network, allowed: &[(&ConnectionRule, Span)], scope: &mut Scope<'_>) {
    for address in METADATA {
        let to = Connection {
            direction: Direction::Out,
            protocol: Protocol::Tcp,
            host: Host::Address(address),
            port: 80,
        };
        if !network.verdict(&to).allowed {
            continue;
        }
        let entry = network.first(Effect::Allow, &to).and_then(|one| one.span);
        let Some(span) = entry else { continue };
        let message =
            format!("this reaches `{address}`, where a cloud keeps a machine's credentials");
        // Once the address is blocked, an entry for it alone has no effect.
        let is_alone = |one: &ConnectionRule| match one.destination {
            Destination::Addresses(block) => block == address.into(),
            _ => false,
        };
        let rules = || allowed.iter().map(|(one, _)| *one);
        let mut reaching = rules().filter(|one| one.names(&to));
        let help = if reaching.all(is_alone) {
            "leave the entry out".to_owned()
        } else if rules().any(is_alone) {
            format!("add `{address}` to `blocked_ips`, and leave out the entries for it alone")
        } else {
            format!("add `{address}` to `blocked_ips`, or list the addresses that are needed")
        };
        scope.report(Diagnostic::warning("metadata-reachable", span, message).with_help(help));
    }
}

/// A block with more than one address of a private network.
fn private(one: &ConnectionRule, span: Span, scope: &mut Scope<'_>) {
    let Destination::Addresses(block) = one.destination else {
        return;
    };
    if is_public(block.address) || block == block.address.into() || block.prefix == 0 {
        return;
    }
    let message = format!("`{block}` is a private network: every machine in it is reached");
    scope.report(
        Diagnostic::note("private-network-reachable", span, message)
            .with_help("list the addresses of the machines that are needed"),
    );
}

/// Connections that anyone on the way reads and changes.
fn clear_text(one: &ConnectionRule, span: Span, scope: &mut Scope<'_>) {
    if opens(one, 80) && !is_private(&one.destination) {
        scope.report(
            Diagnostic::note(
                "clear-text-http",
                span,
                "port 80 is for HTTP without encryption: who is on the way reads and changes it",
            )
            .with_help("use 443"),
        );
    }
}

/// A shell on any machine that takes one. Where everything is open, that is said instead.
fn shell(one: &ConnectionRule, span: Span, scope: &mut Scope<'_>) {
    if is_everything(one) {
        return;
    }
    if opens(one, 22) && matches!(one.destination, Destination::Public | Destination::Anywhere) {
        scope.report(
            Diagnostic::warning(
                "ssh-anywhere",
                span,
                "port 22 of every public address is open: a tunnel to any machine that takes one",
            )
            .with_help("list the host: `allow: [\"github.com:22\"]`"),
        );
    }
}

fn opens(one: &ConnectionRule, port: u16) -> bool {
    one.ports.hold(port, Protocol::Tcp) && one.ports != Ports::ALL
}

fn is_private(destination: &Destination) -> bool {
    matches!(destination, Destination::Addresses(block) if !is_public(block.address))
}

/// Names below which anyone gets one: two labels and more of the list of public suffixes (publicsuffix.org), those that
/// programs meet most.
const SUFFIXES: [&str; 24] = [
    "amazonaws.com",
    "appspot.com",
    "azurewebsites.net",
    "blob.core.windows.net",
    "cloudfront.net",
    "co.jp",
    "co.uk",
    "com.au",
    "com.br",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "herokuapp.com",
    "netlify.app",
    "ngrok.io",
    "onrender.com",
    "org.uk",
    "pages.dev",
    "run.app",
    "s3.amazonaws.com",
    "vercel.app",
    "web.app",
    "workers.dev",
];

fn public_suffix(one: &ConnectionRule, span: Span, scope: &mut Scope<'_>) {
    let Destination::Names(NamePattern::Below(name)) = &one.destination else {
        return;
    };
    let name = name.to_string();
    if name.contains('.') && !SUFFIXES.contains(&name.as_str()) {
        return;
    }
    let message = format!("anyone can get a name below {}", quote(&name));
    scope.report(
        Diagnostic::warning("wildcard-public-suffix", span, message)
            .with_help("list the names that the program needs"),
    );
}

/// How many entries are compared with each other: beyond that it takes too long.
const MOST_COMPARED: usize = 192;

/// Entries that are blocked, or that another one covers.
fn without_effect(network: &Network, allowed: &[(&ConnectionRule, Span)], scope: &mut Scope<'_>) {
    let blocked = network.of(Effect::Block);
    let closed = network.gateway().union(&network.own());
    let mut dead = Vec::new();
    for &(one, span) in allowed {
        // Names are among these, of which no block and nothing of the sandbox's own has all.
        let is_wide = matches!(one.destination, Destination::Public | Destination::Anywhere);
        let set = if is_wide {
            Connections::default()
        } else {
            one.connections()
        };
        let is_blocked = !is_wide && set.is_within(&blocked);
        let never = is_blocked || !is_wide && set.is_within(&closed);
        dead.push(never);
        if never {
            let why = if is_blocked {
                "`blocked_ips` blocks all of it"
            } else {
                "it is the sandbox's own"
            };
            let message = format!("this allows nothing: {why}");
            scope.report(
                Diagnostic::warning("allow-without-effect", span, message)
                    .with_help("remove the entry, or the one that blocks it"),
            );
        }
    }
    if allowed.len() > MOST_COMPARED {
        return;
    }
    let sets: Vec<Connections> = allowed.iter().map(|(one, _)| one.connections()).collect();
    for (at, (&(_, span), set)) in allowed.iter().zip(&sets).enumerate() {
        if dead.get(at) == Some(&true) {
            continue;
        }
        let mut others = allowed.iter().zip(&sets).enumerate();
        let covering = others.find(|(other, ((_, place), wider))| {
            // Of two equal ones the later says nothing new. The members of a group are one entry.
            *place != span && set.is_within(wider) && (*other < at || !wider.is_within(set))
        });
        let Some((_, (&(_, place), _))) = covering else {
            continue;
        };
        // Of a group, only one that another entry covers as a whole can go.
        let group = allowed.iter().filter(|(_, other)| *other == span).count();
        if group > 1 {
            continue;
        }
        scope.report(
            Diagnostic::note("allow-covered", span, "another entry allows all of this")
                .with_related(place, "this one")
                .with_help("keep one entry, so that removing it closes the way")
                .with_item_removed(Applicability::Safe, span),
        );
    }
}

/// Ports that lead in.
fn incoming(scope: &mut Scope<'_>) {
    let wanted = &scope.resolved.network;
    if let Some(place) = wanted.incoming_span
        && wanted.published.is_empty()
    {
        scope.report(
            Diagnostic::note(
                "incoming-not-published",
                place,
                "nothing outside reaches these ports: none is published",
            )
            .with_help(
                "add `publish: [{host: PORT, inside: PORT}]` where the host should reach one",
            ),
        );
    }
    let wanted = &scope.resolved.network;
    let closed: Vec<(u16, Span)> = wanted
        .published
        .iter()
        .filter(|one| {
            let inside = one.value.inside;
            let mut incoming = wanted.incoming.iter();
            let listed = incoming.any(|ports| ports.value.hold(inside, Protocol::Tcp));
            !wanted.incoming.is_empty() && !listed
        })
        .map(|one| (one.value.inside, one.span))
        .collect();
    for (port, span) in closed {
        let message = format!(
            "no program can listen on port {port}: `allowed_incoming_ports` does not list it"
        );
        let mut found = Diagnostic::warning("published-port-closed", span, message)
            .with_help("add the port to `allowed_incoming_ports`, or leave that list out");
        if let Some(list) = scope.resolved.network.incoming_span {
            found = found.with_related(list, "the list");
        }
        scope.report(found);
    }
    let open: Vec<Span> = scope
        .resolved
        .network
        .published
        .iter()
        .filter(|one| !one.value.address.is_loopback())
        .map(|one| one.span)
        .collect();
    for span in open {
        scope.report(
            Diagnostic::warning(
                "published-beyond-host",
                span,
                "this port is published at an address that other machines reach",
            )
            .with_help("leave `address` out: then only the host itself reaches it"),
        );
    }
}
