//! The programs that people use, in a filtered network and with no variable that names a proxy: what the policy lists they
//! reach, and what it does not list they are refused soon, with an error that they understand. `scripts/clients` runs it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[macro_use(scenarios)]
extern crate purple_tests;

mod site;
mod table;

use purple_tests::identity::skip;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use site::{Done, Site};
use std::time::Duration;
use table::{CLIENTS, Client};

scenarios! {
    every_client_reaches_what_is_listed_and_is_soon_refused_what_is_not
    a_name_that_is_not_listed_is_refused_at_the_address_of_one_that_is
    long_and_parallel_exchanges_go_through
}

/// A program that is refused a name has this long to say so, beside the time for which it tries again on its own.
const SOON: Duration = Duration::from_secs(8);

fn every_client_reaches_what_is_listed_and_is_soon_refused_what_is_not(place: &TestDir) {
    let Some(site) = Site::new(place, "clients-every_client") else {
        return;
    };
    let variables = site.run("web.test", "env").finished.out().to_lowercase();
    assert!(
        variables.contains("ssl_cert_file=") && !variables.contains("proxy"),
        "{variables}"
    );
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut slowest = (Duration::ZERO, "");
    for client in &CLIENTS {
        if !site.has(client.program) {
            skip(
                &format!("client-{}", client.name),
                &format!("{} is not installed", client.program),
            );
            continue;
        }
        count += 1;
        let allowed = site.run(&client.names.join(", "), client.command);
        let refused = site.run("other.test", client.command);
        println!(
            "{} as {}: {:.1} s; refused in {:.1} s: {}",
            client.name,
            site.who(),
            allowed.took.as_secs_f64(),
            refused.took.as_secs_f64(),
            refused.last_line(client.refused),
        );
        wrong.extend(not_reached(client, &allowed));
        wrong.extend(not_refused(client, 0, &refused));
        // An index that is listed leads to files that are not.
        if let [first, _] = client.names {
            wrong.extend(not_refused(client, 1, &site.run(first, client.command)));
        }
        slowest = slowest.max((refused.took, client.name));
    }
    println!(
        "{count} clients as {}, the slowest refused in {:.1} s ({})",
        site.who(),
        slowest.0.as_secs_f64(),
        slowest.1
    );
    assert!(count > 0, "no client is installed");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is wrong with a run that was to reach everything.
fn not_reached(client: &Client, done: &Done) -> Option<String> {
    let connections = &done.report["connections"];
    let reached = done.finished.status.success() && done.finished.out().ends_with(client.prints);
    let refused = ["denied", "refused_names", "server_names"]
        .iter()
        .any(|kind| connections[kind] != json!([]));
    (!reached || refused).then(|| {
        format!(
            "{} does not reach {:?}: {}\n{connections:#}",
            client.name, client.names, done.finished
        )
    })
}

/// What is wrong with a run that was to be refused the name at this place, and nothing else.
fn not_refused(client: &Client, at: usize, done: &Done) -> Option<String> {
    let names = done.refused_names();
    let is_named = names == [client.names[at]];
    let is_clear = done.said().contains(client.refused);
    let failed = !done.finished.status.success();
    let soon = done.took < SOON + Duration::from_secs(client.retry_seconds);
    let right = failed && is_named && is_clear && soon;
    (!right).then(|| {
        format!(
            "{} is not refused as it should be, in {:.1} s, {names:?}: {}",
            client.name,
            done.took.as_secs_f64(),
            done.finished
        )
    })
}

/// Two names at one address, one of which is listed: TLS is refused for the other one.
fn a_name_that_is_not_listed_is_refused_at_the_address_of_one_that_is(place: &TestDir) {
    let Some(site) = Site::new(place, "clients-one_address") else {
        return;
    };
    for (program, words) in [
        (
            "curl",
            "curl -sS https://web.test/hello; curl -sS --connect-to unlisted.test:443:web.test:443 https://unlisted.test/hello",
        ),
        (
            "openssl",
            "curl -sS https://web.test/hello; openssl s_client -connect web.test:443 -servername unlisted.test -quiet </dev/null",
        ),
        (
            "node",
            "curl -sS https://web.test/hello; node -e \"require('tls').connect({host: 'web.test', port: 443, servername: 'unlisted.test'})\"",
        ),
    ] {
        let done = site.run("web.test", words);
        let connections = &done.report["connections"];
        let expected =
            json!([{"address": site::ADDRESS, "port": 443, "name": "unlisted.test", "times": 1}]);
        assert_eq!(
            connections["server_names"], expected,
            "{program}: {}",
            done.finished
        );
        assert_eq!(done.finished.out(), "hello from web.test\n", "{program}");
        assert!(!done.finished.status.success(), "{program}");
        assert!(done.took < SOON, "{program}: {:?}", done.took);
        println!(
            "{program} with another server name as {}: refused in {:.1} s: {}",
            site.who(),
            done.took.as_secs_f64(),
            done.finished.stderr.lines().next().unwrap_or_default()
        );
    }
}

fn long_and_parallel_exchanges_go_through(place: &TestDir) {
    let Some(site) = Site::new(place, "clients-exchanges") else {
        return;
    };
    for (name, words, says) in [
        (
            "HTTP/2 with curl",
            "curl -sS --http2 -w '%{http_version}\\n' https://http2.test/word",
            "2.0 /word\n2\n",
        ),
        (
            "HTTP/2 with node, 50 at once",
            "node /probes/http2.mjs ask https://http2.test",
            "50 answers\n",
        ),
        (
            "a WebSocket",
            "/usr/bin/python3 /probes/web_socket.py web.test",
            "100 messages\n",
        ),
        (
            "server-sent events",
            "/usr/bin/python3 /probes/events.py https://web.test/events",
            "31 events in time\n",
        ),
        (
            "20 MiB up and down",
            "curl -sS https://web.test/big -o big; curl -sS --data-binary @big https://web.test/; echo; sha256sum <big | cut -c -64 | tee sum; wc -c <big",
            "20971520\n",
        ),
        (
            "20 connections at once",
            "for one in $(seq 20); do curl -sS https://web.test/hello & done; wait",
            "hello from web.test\n",
        ),
    ] {
        let done = site.run("web.test, http2.test", words);
        let out = done.finished.out();
        assert!(
            done.finished.status.success() && out.ends_with(says),
            "{name}: {}",
            done.finished
        );
        let lines: Vec<&str> = out.lines().collect();
        match name {
            "20 MiB up and down" => assert_eq!(lines[0], lines[1], "the same sum at both ends"),
            "20 connections at once" => assert_eq!(lines.len(), 20, "{out}"),
            _ => {}
        }
        assert_eq!(done.report["connections"]["denied"], json!([]), "{name}");
        println!("{name} as {}: {:.1} s", site.who(), done.took.as_secs_f64());
    }
}

impl Done {
    /// The names that purple-net did not look up.
    fn refused_names(&self) -> Vec<&str> {
        let names = self.report["connections"]["refused_names"].as_array();
        let names = names.map(Vec::as_slice).unwrap_or_default();
        names
            .iter()
            .filter_map(|one| one["name"].as_str())
            .collect()
    }

    /// All that the program has printed.
    fn said(&self) -> String {
        self.finished.out() + &self.finished.stderr
    }

    /// The line with these words, or the program's last one.
    fn last_line(&self, words: &str) -> String {
        let said = self.said();
        let own = || said.lines().filter(|line| !line.starts_with("purple: "));
        let found = own().find(|line| line.contains(words));
        found
            .or_else(|| own().next_back())
            .unwrap_or_default()
            .trim()
            .to_owned()
    }
}
