//! What a policy takes back of its parent is reported.

use super::super::compiled_beside;
use super::super::texts::Texts;

/// The findings of a policy with one parent, of which this is the section of calls.
fn findings(parent: &str, calls: &str) -> Vec<String> {
    super::findings(parent, &format!("syscalls: {{{calls}}}\n"))
}

#[test]
fn taking_back_what_a_parent_denies_is_reported() {
    let parent = "name: p\nsyscalls:\n  default_deny: false\n  \
                  deny: [\"@network\", getcpu, {getrandom: \"flags == 1\"}]\n";
    let note = |name: &str| vec![format!("loosens-parent: `!{name}` removes a denial")];
    for name in ["connect", "@network", "getcpu", "getrandom"] {
        assert_eq!(
            findings(parent, &format!("deny: [\"!{name}\"]")),
            note(name),
            "{name}"
        );
    }
    // Denied without a condition it is denied more.
    assert_eq!(
        findings(parent, "deny: [\"!getrandom\", getrandom]"),
        Vec::<String>::new()
    );
    assert_eq!(
        findings(parent, "deny: [\"!getcpu\", getcpu]"),
        Vec::<String>::new()
    );
    let unused = findings(parent, "deny: [\"!getpid\"]");
    assert_eq!(
        unused,
        ["exclusion-unused: no group of `deny` has `getpid`: this excludes nothing"]
    );
}

#[test]
fn taking_away_the_condition_of_an_allowed_call_is_reported() {
    let parent = "name: p\nsyscalls:\n  allow: [\"@libc-start\", getcpu, {fcntl: \"cmd == 1\"}]\n";
    let lifted = ["loosens-parent: `!fcntl` removes the condition under which a call is allowed"];
    assert_eq!(findings(parent, "allow: [\"!fcntl\", fcntl]"), lifted);
    assert_eq!(
        findings(parent, "allow: [\"!fcntl\"]"),
        Vec::<String>::new()
    );
    assert_eq!(
        findings(parent, "allow: [\"!getcpu\"]"),
        Vec::<String>::new()
    );
    let open = format!("{parent}  default_deny: false\n");
    assert_eq!(findings(&open, "allow: [\"!fcntl\"]"), lifted);
}

#[test]
fn a_time_limit_is_compared_as_a_duration() {
    let files = |policy: &str| {
        let parent = "name: p\nresources: {session_timeout_seconds: 1h}\n";
        let files = Texts::new([("p.yaml", parent)]).files();
        let text =
            format!("name: a\nextends: p.yaml\nresources: {{session_timeout_seconds: {policy}}}\n");
        let (outcome, _) = compiled_beside("policy.yaml", text.as_bytes(), Some(files));
        outcome
            .diagnostics
            .iter()
            .map(|one| one.message.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(files("30m"), Vec::<String>::new());
    assert_eq!(files("3600"), Vec::<String>::new());
    assert_eq!(
        files("2h"),
        ["`session_timeout_seconds` is raised from `1h` to `2h`"]
    );
    assert_eq!(
        files("3601"),
        ["`session_timeout_seconds` is raised from `1h` to `3601`"]
    );
}

/// What is said at the policy's own places, of a parent and a policy that extends it.
fn said(parent: &str, policy: &str) -> Vec<String> {
    let files = Texts::new([("p.yaml", parent)]).files();
    let text = format!("name: a\nextends: p.yaml\n{policy}");
    let (outcome, _) = compiled_beside("policy.yaml", text.as_bytes(), Some(files));
    let found = outcome.diagnostics.iter();
    found
        .filter(|one| one.span.file == 0)
        .map(|one| format!("{}: {}", one.code, one.message))
        .collect()
}

const USR: &str = "  immutable_paths:\n    - {host_path: /usr, sandbox_path: /usr}\n";

#[test]
fn what_a_parent_keeps_and_hides_stays_so_or_is_reported() {
    let parent = format!(
        "name: p\nfilesystem:\n{USR}  output_paths:\n    - {{host_path: ./p, sandbox_path: /p, read_only: [ci]}}\n  masked_paths: [/p/.env]\nresources: {{session_timeout_seconds: 60}}\n"
    );
    let shown = |entry: &str| {
        said(
            &parent,
            &format!("filesystem:\n  output_paths: [{entry}]\n"),
        )
    };
    let open = ["loosens-parent: `/p/ci` is writable; it was read-only"];
    assert_eq!(shown("{host_path: ./p, sandbox_path: /p}"), open);
    assert_eq!(shown("{host_path: p/, sandbox_path: /p/}"), open);
    let clean = Vec::<String>::new();
    assert_eq!(
        shown("{host_path: ./p, sandbox_path: /p, read_only: [ci]}"),
        clean
    );
    // What one view keeps the others keep.
    assert_eq!(shown("{host_path: ./p, sandbox_path: /q}"), clean);
    assert_eq!(shown("{host_path: ./other, sandbox_path: /p}"), clean);
    assert_eq!(
        said(&parent, "filesystem: {masked_paths: [\"!/p/.env\"]}\n"),
        ["loosens-parent: `/p/.env` is shown; it was masked"]
    );
    assert_eq!(
        said(&parent, "filesystem: {masked_paths: [/p/.env, /p/x]}\n"),
        clean
    );
}

#[test]
fn what_a_parent_grants_until_a_day_ends_then_or_is_reported() {
    let parent = format!(
        "name: p\nfilesystem:\n{USR}    - {{host_path: /srv/team/data, sandbox_path: /data, expires: 2027-01-31}}\nsyscalls:\n  allow: [\"@libc-start\", {{syscall: getcpu, expires: 2027-01-31}}]\ncapabilities:\n  add: [{{capability: CAP_CHOWN, expires: 2027-01-31}}]\nresources: {{session_timeout_seconds: 60}}\n"
    );
    let granted = |name: &str, until: &str| {
        vec![format!(
            "loosens-parent: `{name}` is granted {until}; it was until 2027-01-31"
        )]
    };
    let shown = |host: &str, more: &str| {
        let entry = format!("{{host_path: {host}, sandbox_path: /data{more}}}");
        said(
            &parent,
            &format!("filesystem: {{immutable_paths: [{entry}]}}\n"),
        )
    };
    let endless = "without an end";
    assert_eq!(
        shown("/srv/team/data", ""),
        granted("/srv/team/data", endless)
    );
    for host in ["/srv/team/data/a", "/srv/team"] {
        let message = format!(
            "loosens-parent: `{host}` is granted without an end; `/srv/team/data` was until 2027-01-31"
        );
        assert_eq!(shown(host, ""), [message]);
    }
    let later = shown("/srv/team/data", ", expires: 2027-02-01");
    assert_eq!(later, granted("/srv/team/data", "until 2027-02-01"));
    for more in ["31", "30"].map(|day| format!(", expires: 2027-01-{day}")) {
        assert_eq!(shown("/srv/team/data", &more), Vec::<String>::new());
    }
    assert_eq!(shown("/srv/team/database", ""), Vec::<String>::new());
    let calls = |entry: &str| said(&parent, &format!("syscalls: {{allow: [{entry}]}}\n"));
    let again = calls("{syscall: getcpu, reason: it asks}");
    assert_eq!(again, granted("getcpu", endless));
    // The name alone says nothing new: the parent's words stay.
    assert_eq!(calls("getcpu"), Vec::<String>::new());
    let kept = said(
        &parent,
        "capabilities: {add: [{capability: CAP_CHOWN, reason: archives}]}\n",
    );
    let lost = granted("CAP_CHOWN", endless);
    assert!(lost.iter().all(|one| kept.contains(one)), "{kept:?}");
}

#[test]
fn more_arguments_than_a_parent_allows_are_reported() {
    let parent =
        "name: p\nsyscalls:\n  allow: [\"@libc-start\", {fcntl: \"cmd == 1 || cmd == 2\"}]\n";
    let more = ["loosens-parent: `fcntl` is allowed with more arguments than before"];
    assert_eq!(findings(parent, "allow: [{fcntl: \"cmd == 3\"}]"), more);
    let logged = findings(parent, "advanced_rules: [{syscall: fcntl, action: log}]");
    assert!(logged.iter().any(|one| one == more[0]), "{logged:?}");
    assert_eq!(
        findings(parent, "allow: [{fcntl: \"cmd == 1 && arg == 2\"}]"),
        ["rule-unreachable: this rule on `fcntl` is never reached"]
    );
}

#[test]
fn a_denial_taken_back_that_leaves_the_call_denied_has_no_effect() {
    let parent = "name: p\nsyscalls: {default_deny: false, deny: [ptrace, getcpu]}\n";
    let unused = "entry-without-effect: `!ptrace` has no effect: `ptrace` stays denied";
    assert_eq!(findings(parent, "deny: [\"!ptrace\"]"), [unused]);
    let back = "loosens-parent: `!getcpu` removes a denial";
    assert_eq!(findings(parent, "deny: [\"!getcpu\"]"), [back]);
    let opened = findings(parent, "deny: [\"!ptrace\"], allow: [ptrace]");
    let back = "loosens-parent: `!ptrace` removes a denial";
    assert!(opened.iter().any(|one| one == back), "{opened:?}");
}

#[test]
fn ports_beside_an_isolated_network_open_nothing() {
    let parent = "name: p\nnetwork: {isolated: true}\n";
    let listed = said(parent, "network: {allowed_incoming_ports: [8081]}\n");
    let unused = "ports-while-isolated: ports are listed while the network is isolated: one of the two is a mistake";
    assert_eq!(listed, [unused]);
    let opened = said(
        parent,
        "network: {mode: filtered, allowed_incoming_ports: [8081]}\n",
    );
    assert!(!opened.iter().any(|one| one == unused), "{opened:?}");
    let mode = "`mode: filtered` allows more of the network than the inherited mode";
    assert_eq!(
        loosened(
            parent,
            "network: {mode: filtered, allowed_incoming_ports: [8081]}\n"
        ),
        [mode]
    );
    let open = "name: p\nnetwork: {mode: filtered, allowed_incoming_ports: [80]}\n";
    let port = "port `8081` is opened; it was closed";
    let more = "network: {allowed_incoming_ports: [8081]}\n";
    assert_eq!(loosened(open, more), [port]);
}

/// The messages with one code among what is said.
fn loosened(parent: &str, policy: &str) -> Vec<String> {
    let found = said(parent, policy).into_iter();
    let found = found.filter_map(|one| Some(one.strip_prefix("loosens-parent: ")?.to_owned()));
    found.collect()
}

#[test]
fn limits_are_compared_as_they_are_enforced() {
    let memory = "name: p\nresources: {memory_limit_bytes: 1G}\n";
    let swap = "resources: {memory_limit_bytes: 512M, memory_swap_limit_bytes: 2G}\n";
    let raised = ["`memory_swap_limit_bytes` is raised to `2G`; it was 0"];
    assert_eq!(loosened(memory, swap), raised);
    let scratch = |parent: &str, size: &str| {
        loosened(
            &format!("name: p\nfilesystem: {{{parent}}}\n"),
            &format!("filesystem: {{scratch_size_bytes: {size}}}\n"),
        )
    };
    assert_eq!(
        scratch("scratch_size_bytes: 1G", "2G"),
        ["`scratch_size_bytes` is raised from `1G` to `2G`"]
    );
    // A default is no decision of a parent's.
    assert_eq!(scratch("scratch_paths: [/s]", "4G"), Vec::<String>::new());
    let shares = "name: p\nresources: {cpu_shares: 0.5}\n";
    assert_eq!(
        loosened(shares, "resources: {cpu_shares: 0.50}\n"),
        Vec::<String>::new()
    );
    assert_eq!(
        loosened(shares, "resources: {cpu_shares: 0.75}\n"),
        ["`cpu_shares` is raised from `0.5` to `0.75`"]
    );
    // One limit, written in another unit.
    let bytes = "resources: {memory_limit_bytes: 1073741824}\n";
    assert_eq!(loosened(memory, bytes), Vec::<String>::new());
    // A parent without a limit has none that could be raised.
    assert_eq!(loosened("name: p\n", swap), Vec::<String>::new());
}

#[test]
fn the_set_group_id_bit_and_a_capability_are_opened() {
    let files = format!("name: p\nfilesystem:\n{USR}");
    assert_eq!(
        loosened(&files, "filesystem: {allow_set_group_id: true}\n"),
        ["`allow_set_group_id: true` lets programs set the set-group-id bit; it was denied"]
    );
    let open = format!("{files}  allow_set_group_id: true\n");
    assert_eq!(
        loosened(&open, "filesystem: {allow_set_group_id: true}\n"),
        Vec::<String>::new()
    );
    let drop = "name: p\ncapabilities: {default_drop: false, drop: [CAP_KILL, CAP_CHOWN]}\n";
    assert_eq!(
        loosened(drop, "capabilities: {drop: [\"!CAP_KILL\"]}\n"),
        ["`CAP_KILL` is no longer dropped"]
    );
}

#[test]
fn a_part_of_what_a_parent_shows_read_only_is_written() {
    let parent = format!(
        "name: p\nfilesystem:\n{USR}    - {{host_path: /srv/data, sandbox_path: /data}}\n    - {{host_path: ./x, sandbox_path: /x}}\n  output_paths: [{{host_path: ./x/out, sandbox_path: /out}}]\n"
    );
    let written = |host: &str, inside: &str| {
        let entry = format!("{{host_path: {host}, sandbox_path: {inside}}}");
        loosened(
            &parent,
            &format!("filesystem: {{output_paths: [{entry}]}}\n"),
        )
    };
    assert_eq!(
        written("/srv/data/cache", "/cache"),
        ["`/srv/data/cache` is writable; it was read-only, as a part of `/srv/data`"]
    );
    // The directory around it holds it.
    assert_eq!(
        written("/srv", "/srv"),
        ["`/srv/data` is writable; it was read-only"]
    );
    // What is said by the same path, or the same directory, is said once.
    assert_eq!(written("/srv/data", "/out2").len(), 1);
    assert_eq!(written("/srv/data", "/data").len(), 1);
    for (host, inside) in [("/srv/database", "/d"), ("./x/out/a", "/a"), ("./y", "/y")] {
        assert_eq!(written(host, inside), Vec::<String>::new(), "{host}");
    }
}

#[test]
fn what_a_parent_hides_or_keeps_by_a_pattern() {
    let parent = format!(
        "name: p\nfilesystem:\n{USR}    - {{host_path: ., sandbox_path: /w}}\n  output_paths: [{{host_path: ./o, sandbox_path: /o, read_only: [\"**/*.toml\"]}}]\n  masked_paths: [\"/w/**/.env\"]\n"
    );
    let changed = |lists: &str| loosened(&parent, &format!("filesystem: {{{lists}}}\n"));
    let shows = ["`/w` shows what `/w/**/.env` hid"];
    let taken_out = |more: &str| changed(&format!("masked_paths: [\"!/w/**/.env\"{more}]"));
    assert_eq!(taken_out(""), shows);
    assert_eq!(taken_out(", \"/w/src/**/.env\""), shows);
    assert_eq!(taken_out(", \"/w/**/.e*\""), Vec::<String>::new());
    // Another view of a part: a run hides there what the pattern matches in the first one.
    let part = "immutable_paths: [{host_path: ./src, sandbox_path: /src}]";
    assert_eq!(changed(part), Vec::<String>::new());
    // Instead of the first one it is open.
    let instead = "immutable_paths: [{host_path: ./other, sandbox_path: /w}, {host_path: ./src, sandbox_path: /src}]";
    assert_eq!(changed(instead), ["`/src` shows what `/w/**/.env` hid"]);
    let kept = |entry: &str| changed(&format!("output_paths: [{entry}]"));
    assert_eq!(
        kept("{host_path: ./o, sandbox_path: /o}"),
        ["what `/o/**/*.toml` kept read-only is writable in `/o`"]
    );
    assert_eq!(
        kept("{host_path: ./o, sandbox_path: /o, read_only: [\"**/*.t?ml\"]}"),
        Vec::<String>::new()
    );
}

#[test]
fn destinations_until_a_day_are_compared_by_what_they_reach() {
    let parent = "name: p\nresources: {session_timeout_seconds: 60}\nnetwork:\n  mode: filtered\n  allow:\n    - {to: \"*.example.org:443\", expires: 2027-01-31}\n    - {to: \"192.0.2.0/24:443\", expires: 2027-01-31}\n    - \"www.example.org:443\"\n";
    let granted = |to: &str| loosened(parent, &format!("network: {{allow: [\"{to}\"]}}\n"));
    assert_eq!(
        granted("api.example.org:443"),
        [
            "`api.example.org:443` is granted without an end; `*.example.org:443` was until 2027-01-31"
        ]
    );
    assert_eq!(
        granted("192.0.2.7:443"),
        ["`192.0.2.7:443` is granted without an end; `192.0.2.0/24:443` was until 2027-01-31"]
    );
    // The parent grants this one without an end, by another entry.
    assert_eq!(granted("WWW.example.org:443"), Vec::<String>::new());
    let other = ["`api.example.org:80` is allowed; it was not"];
    assert_eq!(granted("api.example.org:80"), other);
}
