//! Names: what resolves, and what that opens.

use crate::lab::resolver::{Asked, Record, Reply, Resolver, addresses, ask, ask_by_stream};
use crate::lab::{Lab, RESOLVER, SERVER, SERVER_V6, allow, name, on_port, public, service};
use crate::streams::{connect, echo};
use domain::base::iana::{Rcode, Rtype};
use purple_plan::net_rule_flags::WILDCARD;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

fn list(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn a_listed_name_resolves_and_opens_what_it_gave() {
    let rules = [
        on_port(name(c"api.test", 0), 7100),
        on_port(name(c"below.test", WILDCARD), 7100),
    ];
    let Some(lab) = Lab::new("a_listed_name_resolves", &rules) else {
        return;
    };
    let resolver = Resolver::start(&lab.world, RESOLVER, |asked| {
        addresses("api.test", &[if asked.v6 { SERVER_V6 } else { SERVER }])
    });
    let at = format!("{SERVER}:7100");
    echo(&lab, &at);
    let to: SocketAddr = at.parse().unwrap();
    let before = lab.inside.run(move || TcpStream::connect(to).unwrap_err());
    assert_eq!(before.raw_os_error(), Some(libc::ECONNREFUSED));
    assert_eq!(
        ask(&lab.inside, "api.test", Rtype::A).addresses,
        list(&[SERVER])
    );
    assert_eq!(
        ask(&lab.inside, "API.test", Rtype::AAAA).addresses,
        list(&[SERVER_V6])
    );
    lab.inside.run(move || {
        let mut stream = connect(&at).expect("it is open now");
        stream.write_all(b"x").unwrap();
        let mut answer = [0; 1];
        stream.read_exact(&mut answer).unwrap();
    });
    let other = lab.inside.run(|| {
        let to: SocketAddr = format!("{SERVER}:7101").parse().unwrap();
        TcpStream::connect(to).unwrap_err()
    });
    assert_eq!(other.raw_os_error(), Some(libc::ECONNREFUSED));
    // A name that is not listed does not exist inside, and no query for it is sent.
    for unlisted in ["below.test", "secret-data.evil.test", "xapi.test"] {
        let said = ask(&lab.inside, unlisted, Rtype::A);
        assert_eq!((said.code, said.addresses), (Rcode::NXDOMAIN, vec![]));
    }
    // Reverse lookups are refused, and no entry allows one.
    let said = ask(&lab.inside, "5.113.0.203.in-addr.arpa", Rtype::PTR);
    assert_eq!((said.code, said.addresses), (Rcode::NXDOMAIN, vec![]));
    // Nothing but addresses is asked for.
    for kind in [Rtype::HTTPS, Rtype::SVCB, Rtype::TXT, Rtype::MX, Rtype::ANY] {
        let said = ask(&lab.inside, "api.test", kind);
        assert_eq!((said.code, said.addresses), (Rcode::NOERROR, vec![]));
    }
    assert!(
        resolver
            .asked()
            .iter()
            .all(|asked| asked.name == "api.test")
    );
    let report = lab.report();
    for line in [
        r#"{"kind":"refused_name","name":"secret-data.evil.test","times":1}"#,
        r#""address":"203.0.113.5","port":7101,"name":"api.test","rule":null,"host":false,"times":1"#,
    ] {
        assert!(report.contains(line), "{line} is not in:\n{report}");
    }
    assert!(!report.contains("in-addr.arpa"), "{report}");
}

#[test]
fn addresses_that_are_not_public_are_left_out() {
    let rules = [name(c"api.test", 0), allow("10.9.9.0/24")];
    let Some(lab) = Lab::new("addresses_that_are_not_public", &rules) else {
        return;
    };
    let _resolver = Resolver::start(&lab.world, RESOLVER, |asked| {
        let v4 = [
            "127.0.0.1",
            "10.1.1.1",
            "169.254.169.254",
            "10.77.0.1",
            "0.0.0.0",
            "10.9.9.9",
            SERVER,
        ];
        let v6 = [
            "::1",
            "::ffff:10.1.1.1",
            "fd00::1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            SERVER_V6,
        ];
        addresses("api.test", if asked.v6 { &v6 } else { &v4 })
    });
    let of = |kind| ask(&lab.inside, "api.test", kind).addresses;
    // One is listed by its address.
    assert_eq!(of(Rtype::A), list(&["10.9.9.9", SERVER]));
    assert_eq!(of(Rtype::AAAA), list(&[SERVER_V6]));
}

#[test]
fn aliases_are_followed_and_do_not_go_in_circles() {
    let rules = [
        name(c"api.test", 0),
        name(c"part.test", 0),
        name(c"circle.test", 0),
    ];
    let Some(lab) = Lab::new("aliases_are_followed", &rules) else {
        return;
    };
    let server: IpAddr = SERVER.parse().unwrap();
    let resolver = Resolver::start(&lab.world, RESOLVER, move |asked| {
        Reply::Records(match asked.name.as_str() {
            "api.test" => vec![
                Record::Address("end.cdn.test", server),
                Record::Alias("middle.cdn.test", "end.cdn.test"),
                Record::Alias("api.test", "middle.cdn.test"),
                Record::Address("unrelated.test", "203.0.113.99".parse().unwrap()),
            ],
            "part.test" => vec![Record::Alias("part.test", "rest.test")],
            "rest.test" => vec![Record::Address("rest.test", server)],
            _ => vec![
                Record::Alias("circle.test", "other.test"),
                Record::Alias("other.test", "circle.test"),
            ],
        })
    });
    for text in ["api.test", "part.test"] {
        let said = ask(&lab.inside, text, Rtype::A);
        assert_eq!(
            (said.code, said.addresses),
            (Rcode::NOERROR, list(&[SERVER]))
        );
    }
    assert!(
        resolver
            .asked()
            .iter()
            .any(|asked| asked.name == "rest.test")
    );
    assert_eq!(
        ask(&lab.inside, "circle.test", Rtype::A).code,
        Rcode::SERVFAIL
    );
}

#[test]
fn long_answers_come_over_connections_on_both_sides() {
    let Some(lab) = Lab::new("long_answers", &[public(443)]) else {
        return;
    };
    let resolver = Resolver::start(&lab.world, RESOLVER, |asked| {
        if !asked.tcp {
            return Reply::Truncated;
        }
        Reply::Records(
            (1..=41)
                .map(|last| Record::Address("many.test", Ipv4Addr::new(203, 0, 113, last).into()))
                .collect(),
        )
    });
    let said = ask(&lab.inside, "many.test", Rtype::A);
    assert!(said.cut && said.addresses.is_empty());
    let said = ask_by_stream(&lab.inside, &["many.test", "localhost", "many.test"]);
    let counts: Vec<_> = said.iter().map(|said| said.addresses.len()).collect();
    assert_eq!(counts, [41, 1, 41]);
    assert!(said.iter().all(|said| !said.cut));
    assert!(resolver.asked().iter().any(|asked| asked.tcp));
}

#[test]
fn a_resolver_that_lies_or_is_silent_or_old_is_got_on_with() {
    let rules = [
        name(c"api.test", 0),
        name(c"old.test", 0),
        name(c"none.test", 0),
    ];
    let second = "203.0.113.66";
    let resolvers = [&format!("{RESOLVER}:53")[..], &format!("{second}:53")];
    let Some(lab) = Lab::with_resolvers("a_resolver_that_lies", &rules, &resolvers) else {
        return;
    };
    let server: IpAddr = SERVER.parse().unwrap();
    let _first = Resolver::start(&lab.world, RESOLVER, move |asked| {
        match asked.name.as_str() {
            "api.test" if asked.v6 => Reply::Silence,
            "api.test" => Reply::AfterLies(vec![Record::Address("api.test", server)]),
            "old.test" if asked.edns => Reply::Code(Rcode::FORMERR),
            "old.test" => addresses("old.test", &[SERVER]),
            _ => Reply::Code(Rcode::NXDOMAIN),
        }
    });
    let other = Resolver::start(&lab.world, second, |_| addresses("api.test", &[SERVER_V6]));
    assert_eq!(
        ask(&lab.inside, "api.test", Rtype::A).addresses,
        list(&[SERVER])
    );
    assert_eq!(
        ask(&lab.inside, "old.test", Rtype::A).addresses,
        list(&[SERVER])
    );
    assert_eq!(
        ask(&lab.inside, "none.test", Rtype::A).code,
        Rcode::NXDOMAIN
    );
    assert!(other.asked().is_empty());
    let start = Instant::now();
    assert_eq!(
        ask(&lab.inside, "api.test", Rtype::AAAA).addresses,
        list(&[SERVER_V6])
    );
    assert!(start.elapsed() < Duration::from_secs(6));
    assert!(matches!(&other.asked()[..], [Asked { v6: true, .. }]));
}

#[test]
fn the_host_has_a_name_where_it_has_services() {
    let rules = [service(8080, 80)];
    let Some(lab) = Lab::new("the_host_has_a_name", &rules) else {
        return;
    };
    let of = |text, kind| ask(&lab.inside, text, kind).addresses;
    assert_eq!(of("host.purple.internal", Rtype::A), list(&["10.77.0.1"]));
    assert_eq!(of("host.purple.internal", Rtype::AAAA), list(&[]));
    assert_eq!(of("localhost", Rtype::A), list(&["127.0.0.1"]));
    assert_eq!(of("localhost", Rtype::AAAA), list(&["::1"]));
}

#[test]
fn why_a_name_gives_nothing_is_reported() {
    let rules = [name(c"db.test", 0), name(c"api.test", 0)];
    let resolvers = ["203.0.113.77:53", &format!("{RESOLVER}:53")];
    let Some(lab) = Lab::with_resolvers("why_a_name_gives_nothing", &rules, &resolvers) else {
        return;
    };
    let _second = Resolver::start(&lab.world, RESOLVER, |asked| match asked.name.as_str() {
        "db.test" => addresses("db.test", &["10.1.2.3"]),
        _ => addresses("api.test", &["10.1.2.3", SERVER]),
    });
    assert_eq!(ask(&lab.inside, "db.test", Rtype::A).addresses, list(&[]));
    assert_eq!(
        ask(&lab.inside, "api.test", Rtype::A).addresses,
        list(&[SERVER])
    );
    let report = lab.report();
    for line in [
        r#"{"kind":"withheld_name","name":"db.test","address":"10.1.2.3","times":1}"#,
        // Each query asks it first.
        r#"{"kind":"resolver","address":"203.0.113.77","port":53,"unanswered":2,"answered":0,"errno":"EHOSTUNREACH"}"#,
    ] {
        assert!(report.contains(line), "{line} is not in:\n{report}");
    }
    assert_eq!(report.matches("withheld_name").count(), 1, "{report}");
    assert_eq!(
        report.matches(r#""kind":"resolver""#).count(),
        1,
        "{report}"
    );
}
