//! What a path of the host is, by its name: where sockets, secrets and settings lie.

use crate::resolve::host::within;
use crate::resolve::{GROUPS, Group, below_home};

/// Sockets by which a program outside acts for whoever connects, and directories that hold such.
const SOCKETS: [(&str, &str); 20] = [
    ("/run", "the sockets of the host's services"),
    ("/var/run", "the sockets of the host's services"),
    ("/run/user", "the sockets of the user's session"),
    (
        "/tmp",
        "sockets of the user's programs, such as the one of ssh-agent",
    ),
    ("/var/tmp", "files of all the host's programs"),
    (
        "/run/docker.sock",
        "the socket of Docker, which runs anything as root",
    ),
    (
        "/var/run/docker.sock",
        "the socket of Docker, which runs anything as root",
    ),
    (
        "/run/containerd",
        "the socket of containerd, which runs anything as root",
    ),
    (
        "/run/podman",
        "the socket of Podman, which runs anything as its user",
    ),
    (
        "/run/crio",
        "the socket of CRI-O, which runs anything as root",
    ),
    ("/run/dbus", "the socket of the system bus"),
    ("/run/systemd", "the sockets of systemd"),
    ("/var/lib/docker", "the file systems of all containers"),
    ("/run/lxd", "the socket of LXD, which runs anything as root"),
    (
        "/var/snap/lxd",
        "the socket of LXD, which runs anything as root",
    ),
    (
        "/var/lib/lxd",
        "the socket of LXD, which runs anything as root",
    ),
    (
        "/run/incus",
        "the socket of Incus, which runs anything as root",
    ),
    (
        "/var/lib/incus",
        "the socket of Incus, which runs anything as root",
    ),
    (
        "/nix/var/nix/daemon-socket",
        "the socket of the Nix daemon, which builds and installs as root",
    ),
    (
        "/tmp/.X11-unix",
        "the socket of the display, by which a program sees and types everything",
    ),
];

/// Parts of a file's name by which agents' sockets are known.
const SOCKET_NAMES: [&str; 7] = [
    "docker.sock",
    "podman.sock",
    "containerd.sock",
    "crio.sock",
    "ssh-agent",
    "S.gpg-agent",
    "wayland-0",
];

/// Directories and files below a home directory that hold keys, tokens and passwords.
const SECRETS: [&str; 25] = [
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".config/gcloud",
    ".kube",
    ".docker",
    ".netrc",
    ".pgpass",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".cargo/credentials.toml",
    ".config/gh",
    ".config/hub",
    ".password-store",
    ".mozilla",
    ".config/google-chrome",
    ".local/share/keyrings",
    ".vault-token",
    ".terraform.d",
    ".bash_history",
    ".gem/credentials",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
];

/// The same of agents, which have directories of these names in projects too, without secrets.
const AGENTS: [&str; 5] = [
    ".claude",
    ".claude.json",
    ".codex",
    ".gemini",
    ".local/share/opencode",
];

/// Directories below a home directory that hold such files among others, and that tools of the host
/// obey: each as a whole.
const SETTINGS: [&str; 8] = [
    ".config",
    ".cargo",
    ".gem",
    ".gradle",
    ".local",
    ".local/share",
    ".m2",
    ".npm",
];

/// Files and directories of the host itself that hold the like.
const HOST_SECRETS: [&str; 9] = [
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/sudoers",
    "/etc/ssh",
    "/etc/ssl/private",
    "/etc/kubernetes",
    "/var/lib/kubelet",
    "/etc/krb5.keytab",
    "/var/run/secrets",
];

/// What a share is, besides files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Everything.
    Root,
    /// The kernel's own trees.
    Kernel,
    /// Sockets of this kind.
    Socket(&'static str),
    /// Keys, tokens and passwords.
    Secrets,
    /// Settings of many tools.
    Settings,
    /// A home directory.
    Home,
    /// Programs and settings of the system.
    System,
    /// Anything else.
    Plain,
}

/// What a path of the host is.
pub(super) fn kind(host: &str) -> Kind {
    if host == "/" {
        return Kind::Root;
    }
    if ["/proc", "/sys", "/dev"]
        .iter()
        .any(|tree| within(host, tree))
    {
        return Kind::Kernel;
    }
    if HOST_SECRETS
        .iter()
        .any(|secret| within(host, secret) || (host == "/etc" && within(secret, host)))
    {
        return Kind::Secrets;
    }
    let name = host.rsplit('/').next().unwrap_or_default();
    let parts: Vec<&str> = host.split('/').collect();
    let agent = parts.iter().any(|part| part.starts_with("ssh-")) && within(host, "/tmp");
    let named = SOCKET_NAMES.iter().any(|socket| name.contains(socket));
    // Other things in these two are a user's own affair.
    let holds =
        |path: &str| host == path || within(host, path) && !matches!(path, "/tmp" | "/var/tmp");
    let known = SOCKETS
        .iter()
        .filter(|(path, _)| holds(path))
        .max_by_key(|(path, _)| path.len());
    if agent || named {
        return Kind::Socket("the socket of an agent or a service");
    }
    // Links to a store (NixOS, Guix), in a directory with sockets.
    let system = ["/run/booted-system", "/run/current-system"];
    if system.iter().any(|tree| within(host, tree)) {
        return Kind::System;
    }
    if let Some((_, what)) = known {
        return Kind::Socket(what);
    }
    let agents = below_home(host).is_some_and(|rest| AGENTS.iter().any(|one| within(rest, one)));
    if agents || is_below_home(host, &SECRETS, true) {
        return Kind::Secrets;
    }
    if is_below_home(host, &SETTINGS, false) {
        return Kind::Settings;
    }
    if is_home(&parts) {
        return Kind::Home;
    }
    let system = [
        "/usr",
        "/etc",
        "/bin",
        "/sbin",
        "/lib",
        "/lib64",
        "/nix/store",
        "/gnu/store",
        "/boot",
        "/opt",
        "/var/spool/cron",
        "/var/lib",
    ];
    if host == "/var" || system.iter().any(|tree| within(host, tree)) {
        return Kind::System;
    }
    Kind::Plain
}

/// Whether a path ends in one of these, or lies below it.
fn is_below_home(host: &str, names: &[&str], deep: bool) -> bool {
    let host = format!("/{host}");
    names.iter().any(|name| {
        host.ends_with(&format!("/{name}")) || deep && host.contains(&format!("/{name}/"))
    })
}

/// Whether the host runs or obeys what lies at a path below a home directory. A name with a dot is known
/// by itself, unless it is one of a project too.
pub(super) fn is_obeyed(host: &str) -> bool {
    let groups = GROUPS.iter();
    let of = |home: bool| groups.clone().filter(move |group| group.is_of_home == home);
    let own = |name: &&str| of(false).all(|group| group.names().all(|other| other != *name));
    let names = || of(true).flat_map(Group::names);
    let dotted: Vec<&str> = names()
        .filter(|name| name.starts_with('.'))
        .filter(own)
        .collect();
    of(true).any(|group| group.holding(host).is_some()) || is_below_home(host, &dotted, true)
}

/// `/root`, `/home`, `/home/NAME`, and their like of other systems.
fn is_home(parts: &[&str]) -> bool {
    below_home(&parts.join("/")) == Some("")
        || matches!(parts, ["", "home" | "Users"] | ["", "var", "home"])
}

#[cfg(test)]
mod tests {
    use super::{Kind, kind};
    use crate::resolve::host::plain;

    fn of(host: &str) -> Kind {
        kind(&plain(host))
    }

    #[test]
    fn paths_are_distinguished_by_what_they_give() {
        assert_eq!(of("/"), Kind::Root);
        assert_eq!(of("//./"), Kind::Root);
        for path in ["/proc", "/sys/kernel", "/dev/kvm"] {
            assert_eq!(of(path), Kind::Kernel, "{path}");
        }
        for path in [
            "/var/run/docker.sock",
            "/run",
            "/run/user/1000",
            "/tmp/ssh-x/agent.1",
            "/tmp",
        ] {
            assert!(matches!(of(path), Kind::Socket(_)), "{path}");
        }
        for path in [
            "/etc",
            "/etc/shadow",
            "/home/me/.ssh/id_rsa",
            "../me/.aws",
            "/root/.config/gh",
        ] {
            assert_eq!(of(path), Kind::Secrets, "{path}");
        }
        for path in ["/root", "/home/", "/home/me"] {
            assert_eq!(of(path), Kind::Home, "{path}");
        }
        for path in ["/home/me/.config", "/root/.cargo", "../me/.local/share"] {
            assert_eq!(of(path), Kind::Settings, "{path}");
        }
        for path in [
            "/var/lib/incus/unix.socket",
            "/nix/var/nix/daemon-socket",
            "/tmp/.X11-unix",
        ] {
            assert!(
                matches!(of(path), Kind::Socket(what) if !what.contains("services")),
                "{path}"
            );
        }
        for path in [
            "/etc/cron.d",
            "/usr/local/bin",
            "/var",
            "/run/current-system/sw",
            "/run/current-system",
            "/nix/store",
            "/gnu/store",
        ] {
            assert_eq!(of(path), Kind::System, "{path}");
        }
        for path in [
            ".",
            "./output",
            "/home/me/project",
            "/tmp/output",
            "/srv",
            "/running",
            "/homes",
        ] {
            assert_eq!(of(path), Kind::Plain, "{path}");
        }
    }
}
