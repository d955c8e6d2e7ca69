//! What a filtered network has carried and refused, in words.

use super::super::read::OwnedValues;
use super::super::summary::most;
use super::entry::{DEFAULT_PORT, bracketed};
use crate::policy_line;
use purple_plan::{AddressPlace, HOST_INSIDE, HOST_INSIDE_NAME};
use purple_report::{
    Attempts, Beyond, Carried, Connections, DeniedConnection, Place, RefusedName, Resolver,
    UnansweredService, WithheldName, WrongServerName,
};
use purplec::diagnostics::render::visible;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

type All = Connections<OwnedValues>;

/// What attempts have in common, for those that have no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    To(Place),
    Names,
    ServerNames,
}

/// Attempts that were refused, in a line of their own.
struct Item {
    text: String,
    class: Class,
}

/// How much was refused.
pub fn refused(all: &All) -> u64 {
    let items = items(all);
    let listed = items.iter().map(|(times, _)| *times);
    let beyond = all.beyond.iter().map(|one| one.times);
    let beyond = beyond.fold(0, u64::saturating_add);
    listed.fold(all.unlisted.saturating_sub(beyond), u64::saturating_add)
}

/// Everything, one line each: what was carried, what was refused, and what else went wrong.
pub fn in_full(all: &All) -> Vec<String> {
    let carried = all.carried.iter().map(carried);
    let refused = items(all);
    let refused = refused.into_iter().map(|(_, item)| refusal(&item.text));
    carried.chain(refused).chain(troubles(all)).collect()
}

/// What people see at the end: what was refused most.
pub(in super::super) fn lines(all: &All) -> Vec<String> {
    let items = items(all);
    let beyond = all.beyond.iter().map(|one| one.times);
    let left_out = beyond.fold(all.unlisted, u64::saturating_sub);
    let mut lines = most("refused", items, left_out, |item| item.text, others);
    lines.extend(troubles(all));
    lines
}

fn refusal(text: &str) -> String {
    format!("refused {text}")
}

/// Each refusal, with how often it came.
fn items(all: &All) -> Vec<(u64, Item)> {
    let denied = all.denied.iter().map(|one| {
        let class = Class::To(place(one));
        (one.times, denied(one), class)
    });
    let names = all.refused_names.iter();
    let names = names.map(|one| (one.times, refused_name(one), Class::Names));
    let withheld = all.withheld_names.iter();
    let withheld = withheld.map(|one| (one.times, withheld_name(one), Class::Names));
    let wrong = all.server_names.iter();
    let wrong = wrong.map(|one| (one.times, server_name(one), Class::ServerNames));
    let beyond = all.beyond.iter().map(|one| {
        let class = match one.of {
            Attempts::Denied => Class::To(one.addresses.unwrap_or(Place::Special)),
            Attempts::RefusedNames | Attempts::WithheldNames => Class::Names,
            Attempts::ServerNames => Class::ServerNames,
        };
        (one.times, more(one), class)
    });
    denied
        .chain(names)
        .chain(withheld)
        .chain(wrong)
        .chain(beyond)
        .map(|(times, text, class)| (times, Item { text, class }))
        .collect()
}

/// What has no line, by class, so that much of one kind hides nothing of another.
fn others(count: u64, rest: Vec<(u64, Item)>) -> String {
    let mut classes: BTreeMap<Class, u64> = BTreeMap::new();
    for (times, item) in rest {
        let sum = classes.entry(item.class).or_default();
        *sum = sum.saturating_add(times);
    }
    let named = classes.values().copied().fold(0, u64::saturating_add);
    let mut parts: Vec<String> = classes.into_iter().map(of_class).collect();
    if count > named {
        parts.push(format!("{} that no list has", count.saturating_sub(named)));
    }
    let parts = parts.join(", ");
    format!("{count} other attempts and queries: {parts}")
}

fn of_class((class, times): (Class, u64)) -> String {
    match class {
        Class::To(place) => format!("{times} to {}", addresses(place)),
        Class::Names => format!("{times} for names"),
        Class::ServerNames => format!("{times} with wrong TLS server names"),
    }
}

fn addresses(place: Place) -> &'static str {
    match place {
        Place::Host => "the host",
        Place::LinkLocal => "link-local addresses",
        Place::Private => "private addresses",
        Place::Public => "public addresses",
        Place::Special => "special addresses",
    }
}

fn place(denied: &DeniedConnection<OwnedValues>) -> Place {
    let address = denied.address.parse().map(AddressPlace::of);
    match address {
        _ if denied.host => Place::Host,
        Ok(AddressPlace::Host) => Place::Host,
        Ok(AddressPlace::LinkLocal) => Place::LinkLocal,
        Ok(AddressPlace::Private) => Place::Private,
        Ok(AddressPlace::Public) => Place::Public,
        Ok(AddressPlace::Special) | Err(_) => Place::Special,
    }
}

fn carried(one: &Carried<OwnedValues>) -> String {
    let by = one
        .policy_line
        .map_or("by the sandbox itself".to_owned(), |line| {
            policy_line::words(line, one.policy_source.as_deref())
        });
    format!(
        "carried {} connections, {} bytes out, {} bytes in ({by})",
        one.connections, one.bytes_out, one.bytes_in
    )
}

fn denied(one: &DeniedConnection<OwnedValues>) -> String {
    let (to, port) = (bracketed(&visible(&one.address)), one.port);
    let name = one.name.as_deref().map(visible);
    let name = name.map_or(String::new(), |name| format!(" ({name})"));
    let (times, protocol) = (one.times, one.protocol.name());
    format!("{times}x {to}:{port}/{protocol}{name}: {}", why(one))
}

/// One look at a name is a query for each kind of address, and resolvers ask again.
fn queries(times: u64) -> String {
    match times {
        1 => "1 query".to_owned(),
        times => format!("{times} queries"),
    }
}

fn refused_name(one: &RefusedName<OwnedValues>) -> String {
    let (name, queries) = (visible(&one.name), queries(one.times));
    let advice = one.entry.as_deref().map_or_else(
        || "no entry can allow it".to_owned(),
        |entry| format!("{} on port {DEFAULT_PORT}", would_allow(entry)),
    );
    format!("the name {name} ({queries}): {advice}")
}

fn withheld_name(one: &WithheldName<OwnedValues>) -> String {
    let (name, queries) = (visible(&one.name), queries(one.times));
    let address = visible(&one.address);
    let place = one.address.parse().map(AddressPlace::of);
    let advice = match (one.entry.as_deref(), place) {
        (Some(entry), _) => format!(
            "which is not public and needs an entry of its own: {} on port {DEFAULT_PORT}",
            would_allow(entry)
        ),
        (None, Ok(AddressPlace::Public)) => "which the policy blocks".to_owned(),
        (None, _) => "which no entry can allow".to_owned(),
    };
    format!("the addresses of the name {name} ({queries}): it resolves to {address}, {advice}")
}

fn server_name(one: &WrongServerName<OwnedValues>) -> String {
    let (to, port) = (bracketed(&visible(&one.address)), one.port);
    let name = one.name.as_deref().map_or("none".to_owned(), visible);
    let times = one.times;
    let what = format!("{times}x TLS to {to}:{port} with the server name {name}");
    format!("{what}: it is not one of the names that resolved to the address")
}

/// What has no item of its own.
fn more(one: &Beyond<OwnedValues>) -> String {
    let times = one.times;
    let domain = one.domain.as_deref().map(visible);
    let names = domain.map_or("of other domains".to_owned(), |domain| {
        format!("in {domain}")
    });
    match one.of {
        Attempts::Denied => {
            let to = addresses(one.addresses.unwrap_or(Place::Special));
            let protocol = one.protocol.map_or("", |protocol| protocol.name());
            match one.port {
                Some(port) => format!("{times}x more to {to}, port {port}/{protocol}"),
                None => format!("{times}x more to {to}, other {protocol} ports"),
            }
        }
        Attempts::RefusedNames => format!("{} for more names {names}", queries(times)),
        Attempts::WithheldNames => {
            format!("the addresses of more names {names} ({})", queries(times))
        }
        Attempts::ServerNames => format!("{times}x TLS with more server names {names}"),
    }
}

/// What failed although an entry allows it.
fn troubles(all: &All) -> impl Iterator<Item = String> {
    let services = all.services.iter().map(service);
    let resolvers = all.resolvers.iter().map(resolver);
    let lost = (all.lost > 0).then(|| {
        let lost = all.lost;
        format!("the kernel did not report {lost} more attempts that it refused")
    });
    services.chain(resolvers).chain(lost)
}

fn service(one: &UnansweredService<OwnedValues>) -> String {
    let line = one.policy_line.map_or(String::new(), |line| {
        format!(
            ", {}",
            policy_line::words(line, one.policy_source.as_deref())
        )
    });
    format!(
        "nothing listens on {loopback}:{port} of the host ({times}x{line}): start the service there before the run",
        loopback = Ipv4Addr::LOCALHOST,
        port = one.port,
        times = one.times
    )
}

fn resolver(one: &Resolver<OwnedValues>) -> String {
    let at = bracketed(&visible(&one.address));
    let all = one.unanswered.saturating_add(one.answered);
    let errno = one.errno.as_deref().map(visible);
    let errno = errno.map_or(String::new(), |errno| format!(" ({errno})"));
    format!(
        "the resolver {at}:{port} left {unanswered} of {all} queries without an answer{errno}: look at `network.dns_servers`, or where the policy lists none, at the host's /etc/resolv.conf",
        port = one.port,
        unanswered = one.unanswered
    )
}

fn would_allow(entry: &str) -> String {
    let flag = flag(entry).map_or(String::new(), |flag| format!(" or `{}`", visible(&flag)));
    format!("`network: {{{}}}`{flag} would allow it", visible(entry))
}

/// The flag of `purple run` that adds an entry for one run.
fn flag(entry: &str) -> Option<String> {
    let host = entry
        .strip_prefix("allow: [\"")
        .and_then(|rest| rest.strip_suffix("\"]"));
    let port = entry
        .strip_prefix("host_services: [")
        .and_then(|rest| rest.strip_suffix(']'));
    let host = host.map(|host| format!("--allow-host {host}"));
    host.or_else(|| port.map(|port| format!("--allow-host localhost:{port}")))
}

fn why(denied: &DeniedConnection<OwnedValues>) -> String {
    let at_host = |entry: &str| {
        let entry = visible(entry);
        format!(
            "the address is the host's own, which no entry opens; `network: {{{entry}}}` opens the port of the host's loopback interface at {HOST_INSIDE_NAME}"
        )
    };
    match (&denied.entry, denied.policy_line, &denied.policy_source) {
        (Some(entry), ..) if denied.host => at_host(entry),
        (Some(entry), ..) => would_allow(entry) + caution(denied),
        (None, Some(line), source) => {
            let line = policy_line::words(line, source.as_deref());
            format!("{line} refuses it")
        }
        (None, None, _) if denied.host => "the address is the host's own".to_owned(),
        (None, None, _) if denied.address.parse() == Ok(HOST_INSIDE) => {
            "of the host only the TCP ports under `host_services` are reached".to_owned()
        }
        (None, None, _) => "no entry can allow it".to_owned(),
    }
}

/// What to consider before an entry is added.
fn caution(denied: &DeniedConnection<OwnedValues>) -> &'static str {
    /// The port of DNS.
    const NAMES: u64 = 53;
    let address: Option<IpAddr> = denied.address.parse().ok();
    if address == Some(HOST_INSIDE) {
        return "";
    }
    match address {
        // RFC 3927; the metadata services of clouds are there.
        Some(IpAddr::V4(address)) if address.is_link_local() => {
            ", and clouds keep credentials at such addresses"
        }
        _ if denied.port == NAMES => {
            ", and lookups would pass by the list of names; the sandbox's own name server is 10.77.0.1"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::super::connections;
    use super::{All, in_full, lines, refused};
    use crate::plans::of_text;
    use purple_plan::Plan;
    use std::net::Ipv4Addr;

    /// What purple-net writes, by its own test.
    const COUNTED: &str = include_str!("../../../../../schema/report/tests/counted.jsonl");

    const POLICY: &str =
        "name: p\nextends: base\nnetwork:\n  mode: filtered\n  host_services:\n  - 1\n";

    fn read(counted: &str) -> All {
        let bytes = of_text("p", POLICY).unwrap();
        let plan = Plan::decode(&bytes).unwrap();
        connections(&plan, counted).unwrap()
    }

    #[test]
    fn each_thing_has_its_own_words() {
        let all = read(COUNTED);
        let text = in_full(&all).join("\n");
        for line in [
            "carried 2 connections, 10 bytes out, 20 bytes in (policy line 6)",
            r#"refused 1x 192.0.2.1:443/tcp (api.example.org): `network: {allow: ["api.example.org"]}` or `--allow-host api.example.org` would allow it"#,
            "refused 1x 192.0.2.1:443/tcp: the address is the host's own, which no entry opens; `network: {host_services: [443]}` opens the port of the host's loopback interface at host.purple.internal",
            "refused the name evil??.test (1 query): no entry can allow it",
            r#"refused the addresses of the name db.example.org (1 query): it resolves to 10.1.0.7, which is not public and needs an entry of its own: `network: {allow: ["10.1.0.7"]}` or `--allow-host 10.1.0.7` would allow it on port 443"#,
            "refused 1x TLS to 192.0.2.1:443 with the server name none: it is not one of the names that resolved to the address",
            "refused 915x more to private addresses, other tcp ports",
            &format!(
                "nothing listens on {}:1 of the host (1x, policy line 6): start the service there before the run",
                Ipv4Addr::LOCALHOST
            ),
            "the resolver 192.0.2.53:53 left 2 of 3 queries without an answer (ENETUNREACH): look at `network.dns_servers`, or where the policy lists none, at the host's /etc/resolv.conf",
            "the kernel did not report 4 more attempts that it refused",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n\nin:\n{text}");
        }
        assert_eq!(refused(&all), 915 + 1 + 1 + 3 + 1 + 1 + 1);
    }

    #[test]
    fn the_end_hides_no_kind_behind_another() {
        let denied = |address: &str, times: u64| {
            format!(
                r#"{{"kind":"denied","protocol":"tcp","address":"{address}","port":80,"name":null,"rule":null,"host":false,"times":{times}}}"#
            )
        };
        let mut counted: Vec<String> = (1..=200)
            .map(|number| denied(&format!("8.0.0.{number}"), 50))
            .collect();
        counted.push(denied("169.254.169.254", 1));
        counted.push(denied("10.0.0.1", 2));
        counted.push(r#"{"kind":"refused_name","name":"a.example","times":3}"#.to_owned());
        counted.push(
            r#"{"kind":"others","without_room":0,"malformed":0,"lost":0,"lines_left_out":7}"#
                .to_owned(),
        );
        let last = lines(&read(&counted.join("\n"))).pop().unwrap();
        assert_eq!(
            last,
            "refused 9813 other attempts and queries: 1 to link-local addresses, 2 to private addresses, 9800 to public addresses, 3 for names, 7 that no list has"
        );
    }
}
