//! Questions about the network: each answer is the evaluator's, and names the line that decides.

use super::Asked;
use serde_json::Value;

const FILTERED: &str = "\
name: asked
network:
  allow:
    - api.github.com
    - \"*.example.org:8443\"
    - \"10.1.0.0/16:5432\"
    - \"[2001:db8:1::]/48:53/udp\"
  host_services: [11434]
  publish: [{host: 18080, inside: 8080}]
  blocked_ips: [198.51.100.0/24]
  allowed_outgoing_ports: [80/tcp]
resources: {session_timeout_seconds: 60}
";

#[test]
fn connections_names_and_ports_are_answered_with_the_line() {
    let asked = Asked::of(FILTERED, "x86_64");
    for (question, allowed, line) in [
        (&["connect", "api.github.com:443"][..], true, 4),
        (&["connect", "api.github.com"], true, 4),
        (&["connect", "api.github.com:443/udp"], false, 0),
        (&["connect", "api.github.com:22"], false, 0),
        (&["connect", "github.com:443"], false, 0),
        (&["connect", "github.com:80"], true, 11),
        (&["connect", "a.example.org:8443"], true, 5),
        (&["connect", "a.b.example.org:8443"], true, 5),
        (&["connect", "example.org:8443"], false, 0),
        (&["connect", "10.1.2.3:5432"], true, 6),
        (&["connect", "10.1.2.3:5433"], false, 0),
        (&["connect", "10.2.2.3:5432"], false, 0),
        (&["connect", "10.1.2.3:80"], false, 0),
        (&["connect", "[2001:db8:1::5]:53/udp"], true, 7),
        (&["connect", "[2001:db8:2::5]:53/udp"], false, 0),
        (&["connect", "203.0.113.9:80"], true, 11),
        (&["connect", "169.254.169.254:80"], false, 0),
        (&["connect", "198.51.100.9:80"], false, 10),
        (&["connect", "203.0.113.9:443"], false, 4),
        (&["connect", "192.168.1.1:443"], false, 0),
        (&["connect", "127.0.0.1:5"], true, 0),
        (&["connect", "10.77.0.2:5"], true, 0),
        (&["connect", "localhost:5"], true, 0),
        (&["connect", "host.purple.internal:11434"], true, 8),
        (&["connect", "host.purple.internal:80"], false, 0),
        (&["connect", "10.77.0.1:53/udp"], true, 0),
        (&["connect", "host.purple.internal:53"], true, 0),
        (&["connect", "0.0.0.0:443"], true, 0),
        (&["connect", "[::]:5"], true, 0),
        (&["connect", "0.1.2.3:443"], false, 0),
        (&["connect", "10.77.0.1:5432"], false, 0),
        (&["resolve", "api.github.com"], true, 4),
        (&["resolve", "other.net"], true, 11),
        (&["resolve", "localhost"], true, 0),
        (&["listen", "8080"], true, 0),
        (&["listen", "8080/udp"], true, 0),
    ] {
        let arguments = [&["query", "plan"], question, &["--format", "json"]].concat();
        let said = asked.purplec(&arguments);
        assert_eq!(said.code, Some(0), "{question:?}: {}", said.err);
        let answer: Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(answer["allowed"], allowed, "{question:?}: {answer}");
        assert_eq!(answer["line"], line, "{question:?}: {answer}");
    }
}

#[test]
fn without_a_list_of_ports_only_listed_names_are_looked_up() {
    let policy = "name: a\nnetwork:\n  allow:\n    - api.github.com\n  allowed_incoming_ports: [8080/tcp]\n  \
                  publish: [{host: 18080, inside: 8080}]\nresources: {session_timeout_seconds: 60}\n";
    let asked = Asked::of(policy, "x86_64");
    for (question, says) in [
        (
            &["resolve", "api.github.com"][..],
            "resolve api.github.com: allowed\n  an entry allows it (line 4)\n",
        ),
        (
            &["resolve", "github.com"],
            "resolve github.com: refused\n  no entry lists it: the answer is NXDOMAIN, and no query is sent\n",
        ),
        (
            &["listen", "8080"],
            "listen on 8080/tcp: allowed\n  an entry allows it; 127.0.0.1:18080 of the host leads there (line 5)\n",
        ),
        (
            &["listen", "9090"],
            "listen on 9090/tcp: refused\n  the policy lists other ports\n",
        ),
        (
            &["connect", "203.0.113.9:443"],
            "connect to 203.0.113.9:443/tcp: refused\n  no entry lists the address; one allows the port if a name that it lists resolves to the address (line 4)\n",
        ),
    ] {
        let said = asked.purplec(&[&["query", "plan"], question].concat());
        assert_eq!(said.out, says, "{}", said.err);
    }
}

#[test]
fn an_isolated_network_ends_at_loopback_and_the_hosts_does_not() {
    let asked = Asked::of("name: a\n", "x86_64");
    let said = asked.purplec(&["query", "plan", "connect", "1.1.1.1:443"]);
    let end = "connect to 1.1.1.1:443/tcp: refused\n  the network has only a loopback interface\n";
    assert_eq!(said.out, end);
    let said = asked.purplec(&["query", "plan", "connect", "127.0.0.1:443"]);
    assert!(
        said.out
            .starts_with("connect to 127.0.0.1:443/tcp: allowed\n"),
        "{}",
        said.out
    );
    let host =
        "name: a\nnetwork: {mode: host, reason: x}\nresources: {session_timeout_seconds: 60}\n";
    let asked = Asked::of(host, "x86_64");
    let said = asked.purplec(&["query", "plan", "connect", "10.0.0.1:443"]);
    assert!(
        said.out
            .starts_with("connect to 10.0.0.1:443/tcp: allowed\n"),
        "{}",
        said.out
    );
}

#[test]
fn a_call_is_asked_about_by_its_arguments_and_a_question_with_a_mistake_says_what_is_wrong() {
    let asked = Asked::of(FILTERED, "x86_64");
    for question in [
        &["connect"][..],
        &["connect", "fd=3"],
        &["connect", "3"],
        &["listen", "fd=3"],
    ] {
        let said = asked.purplec(&[&["query", "plan"], question].concat());
        assert!(
            said.out.contains(" on x86_64: "),
            "{question:?}: {}{}",
            said.out,
            said.err
        );
    }
    for (question, says) in [
        (&["resolve"][..], "`resolve` takes one name"),
        (&["resolve", "a..b"], "`a..b` is not a name"),
        (
            &["connect", "*.example.org:443"],
            "`*.example.org:443` is not one host",
        ),
        (&["connect", "a.org:1-2"], "ask about one port"),
        (&["listen", "80-90"], "ask about one port"),
        (&["listen", "70000"], "`70000` is not a port"),
        (&["listen", "0/udp"], "`0` is not a port"),
        (&["connect", "https://a.org"], "a destination is not a URL"),
    ] {
        let said = asked.purplec(&[&["query", "plan"], question].concat());
        assert!(said.err.contains(says), "{question:?}: {}", said.err);
    }
}

#[test]
fn show_says_the_network_in_words() {
    let asked = Asked::of(FILTERED, "x86_64");
    let said = asked.purplec(&["show", "plan"]);
    for words in [
        "filtered: everything that is not listed is refused",
        "connects to api.github.com, port 443, tcp (line 4)",
        "connects to *.example.org, port 8443, tcp (line 5)",
        "connects to 10.1.0.0/16, port 5432, tcp (line 6)",
        "connects to 2001:db8:1::/48, port 53, udp (line 7)",
        "connects to port 11434 of the host, tcp (line 8)",
        "127.0.0.1:18080 of the host leads to port 8080 inside (line 9)",
        "never connects to 198.51.100.0/24 (line 10)",
        "connects to every public address and name, port 80, tcp (line 11)",
        "names are resolved by the host's resolvers",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let said = asked.purplec(&["show", "plan", "--json"]);
    let shown: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(shown["network"]["mode"], "filtered");
    assert_eq!(shown["network"]["entries"][0]["line"], 4);
}
