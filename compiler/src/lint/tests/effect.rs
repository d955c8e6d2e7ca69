//! Entries without which the plan means the same.

use super::outcome;

const USR: &str = "    - {host_path: /usr, sandbox_path: /usr}\n";

/// What is said of entries that change nothing.
fn said(text: &str) -> Vec<String> {
    let found = outcome(&format!(
        "name: a\nresources: {{session_timeout_seconds: 60}}\n{text}"
    ));
    let found = found.diagnostics.into_iter();
    let found: Vec<_> = found
        .filter(|one| one.code == "entry-without-effect")
        .collect();
    found.into_iter().map(|one| one.message).collect()
}

/// The same of a file system.
fn files(immutable: &str, output: &str, masked: &str) -> Vec<String> {
    said(&format!(
        "filesystem:\n  immutable_paths:\n{USR}{immutable}  output_paths: [{output}]\n  masked_paths: [{masked}]\n"
    ))
}

fn names(found: &[String]) -> Vec<&str> {
    let name = |text: &String| text.split('`').nth(1).map(str::len);
    let named = found.iter().filter_map(|text| text.get(1..=name(text)?));
    named.collect()
}

#[test]
fn a_share_of_what_a_share_above_it_shows_there() {
    let shown = |entry: &str| files(&format!("    - {entry}\n"), "", "");
    assert_eq!(
        shown("{host_path: /usr/lib/jvm, sandbox_path: /usr/lib/jvm}"),
        ["`/usr/lib/jvm` has no effect: `/usr` shows the same there"]
    );
    for other in [
        "{host_path: /opt/jvm, sandbox_path: /usr/lib/jvm}",
        "{host_path: /usr/lib/jvm, sandbox_path: /usr/lib/java}",
        "{host_path: /usr/lib/jvm, sandbox_path: /jvm}",
        "{host_path: /etc/ssl, sandbox_path: /etc/ssl}",
    ] {
        assert_eq!(shown(other), Vec::<String>::new(), "{other}");
    }
    let written = |inner: &str| {
        files(
            "",
            &format!("{{host_path: ./x, sandbox_path: /w}}, {inner}"),
            "",
        )
    };
    let found = written("{host_path: x/a/, sandbox_path: /w/a}");
    assert_eq!(names(&found), ["/w/a"]);
    // Its own list of what is kept is an effect, and so is other access.
    let kept = "{host_path: ./x/a, sandbox_path: /w/a, read_only: [b]}";
    assert_eq!(written(kept), Vec::<String>::new());
    let narrow = files(
        "    - {host_path: ./x/a, sandbox_path: /w/a}\n",
        "{host_path: ./x, sandbox_path: /w}",
        "",
    );
    assert_eq!(narrow, Vec::<String>::new());
    // Between the two is something else.
    let between = said(&format!(
        "filesystem:\n  immutable_paths:\n{USR}    - {{host_path: ./x, sandbox_path: /w}}\n    - {{host_path: ./x/a/b, sandbox_path: /w/a/b}}\n    - {{host_path: ./y, sandbox_path: /w/a}}\n"
    ));
    assert_eq!(between, Vec::<String>::new());
}

#[test]
fn what_is_hidden_anyway() {
    assert_eq!(
        files("", "", "/proc/kcore, /proc/x"),
        ["`/proc/kcore` has no effect: every sandbox hides it"]
    );
    let found = files("", "", "/proc/x/y, /proc/x, /proc/xy");
    assert_eq!(found, ["`/proc/x/y` has no effect: `/proc/x` hides it"]);
    let twice = "    - {host_path: ., sandbox_path: /w}\n    - {host_path: ., sandbox_path: /s}\n";
    assert_eq!(names(&files(twice, "", "/w/.env, /s/.env")), ["/s/.env"]);
    assert_eq!(files(twice, "", "/w/.env, /s/.npmrc"), Vec::<String>::new());
    let once = "    - {host_path: ., sandbox_path: /w}\n";
    let hidden = |masked: &str| files(once, "", masked);
    assert_eq!(
        hidden("\"/w/**/.env\", /w/.env"),
        ["`/w/.env` has no effect: `/w/**/.env` hides it"]
    );
    assert_eq!(
        names(&hidden("\"/w/*.pem\", \"/w/**/*.pem\"")),
        ["/w/*.pem"]
    );
    assert_eq!(
        hidden("\"/w/*.pem\", \"/w/*.key\", /w/a/b.pem"),
        Vec::<String>::new()
    );
    // What is missing in a writable directory is hidden by its name, and a pattern does not match it.
    let open = "{host_path: ./x, sandbox_path: /w}";
    assert_eq!(
        files("", open, "\"/w/**/.env\", /w/.env"),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_kept_anyway() {
    let kept = |host: &str, list: &str| {
        files(
            "",
            &format!("{{host_path: {host}, sandbox_path: /w, read_only: [{list}]}}"),
            "",
        )
    };
    assert_eq!(
        kept(".", ".git/hooks"),
        ["`/w/.git/hooks` has no effect: `@project` keeps it there"]
    );
    assert_eq!(kept(".", "\"@project\"").len(), 1);
    assert_eq!(names(&kept(".", "\"*.toml\", \"a*.toml\"")), ["/w/a*.toml"]);
    for (host, list) in [
        ("./x", ".git/hooks"),
        ("./x", "\"@project\""),
        (".", "\"@ci\""),
        (".", "src, \"!.git/hooks\""),
        (".", "\"!@project\", .git/hooks"),
        (".", "\"*.toml\", a.toml"),
    ] {
        assert_eq!(kept(host, list), Vec::<String>::new(), "{host} {list}");
    }
    let twice = "{host_path: ./p, sandbox_path: /a, read_only: [ci]}, {host_path: ./p, sandbox_path: /b, read_only: [ci]}";
    assert_eq!(names(&files("", twice, "")), ["/b/ci"]);
}

#[test]
fn a_variable_that_is_set_or_taken_over_anyway() {
    assert_eq!(
        said("environment: {pass: [TERM, EXTRA], set: {HOME: /tmp, USER: me}}\n"),
        [
            "`TERM` has no effect: it is taken over anyway",
            "`HOME` has no effect: it has this value anyway"
        ]
    );
    let other = "environment: {pass: [HOME], set: {TERM: dumb}}\n";
    assert_eq!(said(other), Vec::<String>::new());
}

#[test]
fn an_address_that_nothing_reaches() {
    let network = |allow: &str, blocked: &str| {
        said(&format!(
            "network: {{mode: filtered, allow: [{allow}], blocked_ips: [{blocked}]}}\n"
        ))
    };
    let block = "\"192.0.2.0/24:443\"";
    assert_eq!(network(block, "192.0.2.7"), Vec::<String>::new());
    assert_eq!(
        network(block, "192.0.2.7, 198.51.100.1"),
        ["blocking `198.51.100.1` has no effect: it is reached by no entry"]
    );
    // A name may lead to any address, but for the sandbox's own.
    let name = "\"example.org:443\"";
    assert_eq!(network(name, "198.51.100.1"), Vec::<String>::new());
    assert_eq!(network(name, "127.0.0.1").len(), 1);
}
