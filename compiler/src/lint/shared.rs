//! Paths of the host that give a program more than files.

use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use crate::ir::{Action, Ir};
use crate::source::Span;

/// A path of the host, shown inside.
#[derive(Debug, Clone)]
pub struct Share {
    /// On the host, without `.` steps and slashes at the end: `/usr`, `output`, or `.`.
    pub host: String,
    /// Inside.
    pub inside: String,
    /// Whether the program can write there.
    pub writable: bool,
    /// The place of the host path; `None` for a default.
    pub span: Option<Span>,
}

/// How dangerous it is that a program sees a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Danger {
    /// Everything of the host.
    Root,
    /// A way to act outside.
    Socket,
    /// Secrets, or what the sandbox separates.
    Secrets,
    /// The host's programs and settings: harmless to read.
    System,
    /// A directory like any other.
    None,
}

impl Share {
    /// How dangerous it is to see it.
    pub fn danger(&self) -> Danger {
        match kind(self) {
            Kind::Root => Danger::Root,
            Kind::Socket(_) => Danger::Socket,
            Kind::Kernel | Kind::Secrets | Kind::Settings | Kind::Home => Danger::Secrets,
            Kind::System => Danger::System,
            Kind::Plain => Danger::None,
        }
    }

    /// Whether it is the directory that the sandbox is started from, or one above it.
    pub fn is_project(&self) -> bool {
        self.host.split('/').all(|part| matches!(part, "." | ".."))
    }
}

/// Every path of the host that the policy shows, in the order of the paths inside.
pub fn shares(ir: &Ir) -> Vec<Share> {
    let steps = ir.steps.iter();
    steps
        .filter(|step| !step.target.starts_with("/dev/"))
        .filter_map(|step| match &step.action {
            Action::Bind { source, .. } => Some(Share {
                host: plain(source),
                inside: step.target.clone(),
                writable: !step.attributes.read_only,
                span: step.span,
            }),
            _ => None,
        })
        .collect()
}

/// A path without `.` steps, doubled slashes and slashes at the end. A step up takes the step before
/// it away: through a symbolic link it leads elsewhere, which only the host knows.
pub(super) fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match (part, parts.last()) {
            ("..", Some(&before)) if before != ".." => {
                parts.pop();
            }
            // There is nothing above the root.
            ("..", None) if path.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    match (path.starts_with('/'), parts.join("/")) {
        (true, rest) => format!("/{rest}"),
        (false, rest) if rest.is_empty() => ".".to_owned(),
        (false, rest) => rest,
    }
}

/// Whether `path` is `tree` or lies below it, on one host and by their names alone.
pub(super) fn within(path: &str, tree: &str) -> bool {
    below(path, tree).is_some()
}

/// What of a path lies below a tree: empty where they are the same.
pub(super) fn below(path: &str, tree: &str) -> Option<String> {
    let (path, tree) = (plain(path), plain(tree));
    let outside = path.split('/').any(|part| part == "..") && path != tree;
    let rest = match tree.as_str() {
        "/" => path.strip_prefix('/')?,
        "." if !path.starts_with('/') && !outside => {
            return Some(path.trim_start_matches('.').to_owned())
                .filter(|_| path == ".")
                .or(Some(path));
        }
        tree => path.strip_prefix(tree)?,
    };
    if tree != "/" && !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    Some(rest.trim_start_matches('/').to_owned())
}

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

/// Directories below a home directory that hold such files among others, and that tools of the host
/// obey: each as a whole.
const SETTINGS: [&str; 9] = [
    ".config",
    ".cargo",
    ".gem",
    ".gradle",
    ".local",
    ".local/share",
    ".m2",
    ".rustup",
    ".npm",
];

/// What the host runs or obeys below a home directory, besides secrets and settings.
const OBEYED: [&str; 16] = [
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".vimrc",
    ".gitconfig",
    ".cargo/bin",
    ".cargo/config.toml",
    ".rustup/toolchains",
    ".local/bin",
    ".config/autostart",
    ".config/git",
    ".config/systemd",
];

/// The same of the host itself.
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
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Root,
    Kernel,
    Socket(&'static str),
    Secrets,
    Settings,
    Home,
    System,
    Plain,
}

/// Runs the lints: the worst that is to be said of each path, and whether it can be changed.
pub(super) fn lint(scope: &mut Scope<'_>) {
    for share in shares(scope.ir) {
        let Some(span) = share.span else { continue };
        let host = quote(&share.host);
        let kind = kind(&share);
        let obeyed = is_below_home(&share.host, &OBEYED, true)
            || matches!(
                kind,
                Kind::Root | Kind::Secrets | Kind::Settings | Kind::Home | Kind::System
            );
        if let Some(first) = unexpanded(&share.host) {
            not_expanded(&share, first, span, scope);
            continue;
        }
        if share.host.starts_with("..") {
            upward(&host, span, scope);
        }
        if share.writable && obeyed {
            let message = format!("{host} is writable, and the host runs or obeys what lies there");
            scope.report(
                Diagnostic::warning("host-system-writable", span, message).with_help(
                    "write to a directory of its own, such as `./output`, and copy from there",
                ),
            );
        }
        let found = match kind {
            Kind::Root => Diagnostic::warning(
                "host-root-shown",
                span,
                "the whole file system of the host is shown: every secret and every socket in it",
            )
            .with_help("show `/usr` for programs and libraries, and the directories that the program works on"),
            Kind::Kernel => Diagnostic::warning(
                "kernel-tree-shown",
                span,
                format!("{host} is the host's own: it shows, and lets a program change, what the sandbox separates"),
            )
            .with_help("leave it out: every sandbox has a `/proc`, `/sys` and `/dev` of its own"),
            Kind::Socket(what) => Diagnostic::warning(
                "control-socket-shown",
                span,
                format!("{host} holds {what}: by it a program acts outside of the sandbox"),
            )
            .with_help("leave it out; showing it read-only does not help, for connecting is not writing"),
            Kind::Secrets => Diagnostic::warning(
                "credentials-shown",
                span,
                format!("{host} holds keys, tokens or passwords, which the program can read"),
            )
            .with_help("leave it out; give the program a token of its own, by a variable under `environment.pass`"),
            Kind::Settings => Diagnostic::warning(
                "credentials-shown",
                span,
                format!("{host} holds the settings of many tools, and among them tokens and passwords"),
            )
            .with_help("show the single directory that the program needs, and look into it first"),
            Kind::Home => Diagnostic::warning(
                "home-shown",
                span,
                format!("{host} is a home directory: keys, tokens and the history of its user are in it"),
            )
            .with_help("show the project's directory, such as `.`, and single directories that a tool needs"),
            Kind::System | Kind::Plain => continue,
        };
        scope.report(found);
    }
}

fn kind(share: &Share) -> Kind {
    let host = share.host.as_str();
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
    if let Some((_, what)) = known {
        return Kind::Socket(what);
    }
    if is_below_home(host, &SECRETS, true) {
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

/// The part of a path that a shell would have replaced: `~`, `~user`, `$HOME` or `${HOME}`.
fn unexpanded(host: &str) -> Option<&str> {
    let mut parts = host.split('/');
    let first = parts.next().filter(|first| first.starts_with('~'));
    first.or_else(|| host.split('/').find(|part| part.starts_with('$')))
}

fn not_expanded(share: &Share, part: &str, span: Span, scope: &mut Scope<'_>) {
    let message = format!(
        "{} is not replaced: {} names a directory that is called {}",
        quote(part),
        quote(&share.host),
        quote(part)
    );
    scope.report(Diagnostic::warning("host-path-not-expanded", span, message).with_help(
        "write the path in full, such as `/home/me/project`, or relative to the directory that the sandbox is started from",
    ));
}

fn upward(host: &str, span: Span, scope: &mut Scope<'_>) {
    let message = format!(
        "{host} lies outside of the directory that the sandbox is started from: what it is depends on where that is"
    );
    scope.report(
        Diagnostic::note("host-path-upward", span, message)
            .with_help("write the path in full, or start the sandbox from the directory above"),
    );
}

/// `/root`, `/home`, `/home/NAME`, and their like of other systems.
fn is_home(parts: &[&str]) -> bool {
    matches!(
        parts,
        ["", "root" | "home" | "Users"] | ["", "home" | "Users", _] | ["", "var", "home", _]
    )
}

#[cfg(test)]
mod tests {
    use super::{Kind, Share, below, kind, plain};

    fn of(host: &str) -> Kind {
        kind(&Share {
            host: plain(host),
            inside: "/x".to_owned(),
            writable: true,
            span: None,
        })
    }

    #[test]
    fn paths_are_told_apart_by_what_they_give() {
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
        for path in ["/etc/cron.d", "/usr/local/bin", "/var"] {
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

    #[test]
    fn what_lies_below_is_told_by_names() {
        assert_eq!(below("/usr/bin", "/usr"), Some("bin".to_owned()));
        assert_eq!(below("./src/", "."), Some("src".to_owned()));
        assert_eq!(below("./", "."), Some(String::new()));
        assert_eq!(below("/a", "/"), Some("a".to_owned()));
        assert_eq!(below("/usrs", "/usr"), None);
        assert_eq!(below("../other", "."), None);
        assert_eq!(below("/a", "."), None);
    }
}
