//! Paths of the host.

use super::{files, outcome};

#[test]
fn a_part_of_a_writable_tree_that_is_protected_there_is_no_finding() {
    let clean = Vec::<&str>::new();
    assert_eq!(
        files(&[("./src", "/project/src")], &[("./x", "/project")]),
        clean
    );
    assert_eq!(
        files(&[("./x/src", "/project/src")], &[("./x", "/project")]),
        clean
    );
    assert_eq!(
        files(&[("./x/src", "/src")], &[("./x", "/project")]),
        ["read-only-also-writable"]
    );
    assert_eq!(
        files(&[("./x", "/src")], &[("./x", "/project")]),
        ["read-only-also-writable"]
    );
    // The directory around an output path is read-only but for it, which is plain to see.
    assert_eq!(
        files(&[(".", "/project")], &[("./output", "/output")]),
        clean
    );
    assert_eq!(
        files(&[(".git", "/project/.git")], &[(".", "/project")]),
        clean
    );
    assert_eq!(files(&[], &[("./.", "/project")]), clean);
    assert_eq!(
        files(&[], &[("./.git/hooks", "/hooks")]),
        ["project-writable"]
    );
}

/// What is worst about a path is not all: that it can be changed is said too.
#[test]
fn a_dangerous_path_that_is_writable_is_called_both() {
    for (host, shown) in [
        ("/", "host-root-shown"),
        ("/etc", "credentials-shown"),
        ("/root/.ssh", "credentials-shown"),
        ("/home/bob", "home-shown"),
        ("/usr/..", "host-root-shown"),
    ] {
        let found = files(&[], &[(host, "/out")]);
        assert!(
            found.contains(&shown) && found.contains(&"host-system-writable"),
            "{found:?}"
        );
        let found = files(&[(host, "/in")], &[]);
        assert!(
            found.contains(&shown) && !found.contains(&"host-system-writable"),
            "{found:?}"
        );
    }
}

#[test]
fn what_lies_around_secrets_is_called_dangerous_too() {
    for host in [
        "/var",
        "/var/lib",
        "/var/log",
        "/var/log/nginx",
        "/var/backups",
        "/boot",
        "/srv",
        "/etc/ssl",
        "/etc/pki",
        "/etc/sudoers.d",
        "/etc/wireguard",
        "/etc/letsencrypt/live",
    ] {
        assert_eq!(files(&[(host, "/x")], &[]), ["credentials-shown"], "{host}");
        assert_eq!(
            files(&[], &[(host, "/x")]),
            ["credentials-shown", "host-system-writable"],
            "{host}"
        );
    }
    for host in [
        "/export/home/me",
        "/mnt/c/Users",
        "/mnt/c/Users/me",
        "/home",
    ] {
        assert_eq!(files(&[(host, "/x")], &[]), ["home-shown"], "{host}");
    }
    let clean = Vec::<&str>::new();
    for host in [
        "/etc/ssl/certs",
        "/srv/project",
        "/var/lib/app",
        "/opt/tool",
    ] {
        assert_eq!(files(&[(host, "/x")], &[]), clean, "{host}");
    }
}

#[test]
fn what_a_shell_would_replace_is_not() {
    for path in ["~", "~bob/x", "$HOME/x", "/srv/$NAME"] {
        assert_eq!(
            files(&[(path, "/x")], &[]),
            ["host-path-not-expanded"],
            "{path}"
        );
    }
    for path in ["..", "../x", "./a/../../x"] {
        assert_eq!(files(&[(path, "/x")], &[]), ["host-path-upward"], "{path}");
    }
    // What lies in the directory of the start is not kept.
    let found = files(&[], &[("..", "/x")]);
    assert!(found.contains(&"project-writable"), "{found:?}");
    // `@project` keeps what git runs, also where the policy shows the repository alone.
    assert_eq!(files(&[], &[("/srv/x/.git", "/x")]), [""; 0]);
    for path in ["a/../x", "../a/../x", "/srv/a/../x"] {
        assert_eq!(files(&[(path, "/x")], &[]), ["host-path-upward"], "{path}");
        assert_eq!(files(&[], &[(path, "/x")]), ["host-path-upward"], "{path}");
    }
    assert_eq!(
        files(&[("..x", "/x"), ("a~b", "/y")], &[]),
        Vec::<&str>::new()
    );
}

/// What no plan can hold is said before anything is worked out, and once.
#[test]
fn more_paths_than_a_plan_holds_are_refused_at_once() {
    let names: Vec<(String, String)> = (0..8_000)
        .map(|at| (format!("./o{at}"), format!("/o{at}")))
        .collect();
    let paths: Vec<(&str, &str)> = names
        .iter()
        .map(|(host, inside)| (host.as_str(), inside.as_str()))
        .collect();
    assert_eq!(files(&[], &paths), ["plan-too-large"]);
    assert_eq!(files(&paths, &[]), ["plan-too-large"]);
    let few = paths.get(..200).unwrap_or_default();
    assert_eq!(files(&[], few), Vec::<&str>::new());
}

#[test]
fn what_one_view_hides_or_keeps_no_other_view_shows_or_changes() {
    let found = outcome(
        "name: a\nresources: {session_timeout_seconds: 60}\nfilesystem:\n  immutable_paths:\n    - {host_path: /usr, sandbox_path: /usr}\n    - {host_path: ., sandbox_path: /workspace}\n    - {host_path: ., sandbox_path: /src}\n  output_paths:\n    - {host_path: ./p, sandbox_path: /a, read_only: [ci]}\n    - {host_path: ./p, sandbox_path: /b}\n  masked_paths: [/workspace/.env]\n",
    );
    assert_eq!(found.diagnostics, []);
    let listing = found.listing.unwrap_or_default();
    for step in [
        "mask /workspace/.env ",
        "mask /src/.env ",
        "protect /a/ci read-only",
        "protect /b/ci read-only",
    ] {
        assert!(listing.contains(step), "{step}: {listing}");
    }
}
