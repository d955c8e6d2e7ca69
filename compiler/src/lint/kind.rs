//! What a path of the host is, by its name: where sockets, secrets and settings lie.

mod tables;

pub(super) use tables::TOKENS;

use crate::resolve::host::within;
use crate::resolve::{GROUPS, Group, below_home};
use std::sync::OnceLock;
use tables::{
    AGENTS, DEEP, DEVICES, HOMES, HOST_SECRETS, SECRETS, SETTINGS, SHARED, SOCKET_NAMES, SOCKETS,
    SYSTEM,
};

/// What a share is, besides files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Everything.
    Root,
    /// The kernel's own trees.
    Kernel,
    /// Sockets of this kind.
    Socket(Held),
    /// Keys, tokens, passwords and their like.
    Secrets(Held),
    /// Settings of many tools.
    Settings,
    /// A home directory.
    Home,
    /// Home directories.
    Homes,
    /// Programs and settings of the system.
    System,
    /// Anything else.
    Plain,
}

/// What a path gives, and the part of it that does, where it is not the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) what: &'static str,
    pub(super) part: Option<&'static str>,
}

impl Held {
    const fn whole(what: &'static str) -> Self {
        Self { what, part: None }
    }

    /// The narrowest row of a table that the path is or lies in, else the first one that lies in the path. `alone` are the
    /// rows that only the path itself is.
    fn find(host: &str, table: &[(&'static str, &'static str)], alone: &[&str]) -> Option<Self> {
        let is = |path: &str| host == path || within(host, path) && !alone.contains(&path);
        let rows = || table.iter();
        let narrowest = rows()
            .filter(|(path, _)| is(path))
            .max_by_key(|(path, _)| path.len());
        let part = || rows().find(|(path, _)| within(path, host));
        match narrowest {
            Some((_, what)) => Some(Self::whole(what)),
            None => part().map(|&(path, what)| Self {
                what,
                part: Some(path),
            }),
        }
    }
}

/// What a path is that leads up from where the sandbox is started, if it leads to the root: trees of the kernel, secrets and
/// sockets of the host by names that no project has.
fn led_up(host: &str) -> Option<Kind> {
    let mut rest = host;
    while let Some(lower) = rest.strip_prefix("../") {
        rest = lower;
    }
    if rest == host {
        return None;
    }
    let path = format!("/{rest}");
    let found = kind(&path);
    let is_known = match found {
        Kind::Kernel => match rest.strip_prefix("dev") {
            Some(device) => {
                let device = device.trim_start_matches('/');
                DEVICES.iter().any(|known| device.starts_with(known))
            }
            None => true,
        },
        Kind::Secrets(held) | Kind::Socket(held) => {
            held.part.is_none() && DEEP.iter().any(|tree| path.starts_with(tree))
        }
        _ => false,
    };
    is_known.then_some(found)
}

/// What a path of the host is.
pub(super) fn kind(host: &str) -> Kind {
    if host == "/" {
        return Kind::Root;
    }
    if let Some(kind) = led_up(host) {
        return kind;
    }
    if ["/proc", "/sys", "/dev"]
        .iter()
        .any(|tree| within(host, tree))
    {
        return Kind::Kernel;
    }
    let secrets = Held::find(host, &HOST_SECRETS, &[]);
    if let Some(held) = secrets.filter(|held| held.part.is_none()) {
        return Kind::Secrets(held);
    }
    let name = host.rsplit('/').next().unwrap_or_default();
    let parts: Vec<&str> = host.split('/').collect();
    let agent = parts.iter().any(|part| part.starts_with("ssh-")) && within(host, "/tmp");
    let named = SOCKET_NAMES.iter().any(|socket| name.contains(socket));
    if agent || named {
        return Kind::Socket(Held::whole("the socket of an agent or a service"));
    }
    // Links to a store (NixOS, Guix), in a directory with sockets.
    let system = ["/run/booted-system", "/run/current-system"];
    if system.iter().any(|tree| within(host, tree)) {
        return Kind::System;
    }
    // Other things in these two are a user's own affair.
    let sockets = Held::find(host, &SOCKETS, &["/tmp", "/var/tmp"]);
    if let Some(held) = sockets.filter(|held| held.part.is_none()) {
        return Kind::Socket(held);
    }
    if let Some(kind) = secrets.map(Kind::Secrets).or(sockets.map(Kind::Socket)) {
        return kind;
    }
    let agents = below_home(host).is_some_and(|rest| AGENTS.iter().any(|one| within(rest, one)));
    if agents || is_below_home(host, &SECRETS, true) {
        return Kind::Secrets(Held::whole(TOKENS));
    }
    if is_below_home(host, &SETTINGS, false) || SECRETS.iter().any(|secret| is_above(host, secret))
    {
        return Kind::Settings;
    }
    if below_home(host) == Some("") {
        return Kind::Home;
    }
    if holds_homes(host, &parts) {
        return Kind::Homes;
    }
    if let Some((_, what)) = SHARED.iter().find(|(path, _)| *path == host) {
        return Kind::Secrets(Held::whole(what));
    }
    if SYSTEM
        .iter()
        .any(|tree| within(host, tree) || within(tree, host))
    {
        return Kind::System;
    }
    Kind::Plain
}

/// Whether a path ends in a directory that a path below a home directory leads through.
fn is_above(host: &str, secret: &str) -> bool {
    let ends = secret
        .match_indices('/')
        .filter_map(|(at, _)| secret.get(..at));
    ends.into_iter()
        .any(|above| is_below_home(host, &[above], false))
}

/// Whether a path ends in one of these, or lies below it.
fn is_below_home(host: &str, names: &[&str], deep: bool) -> bool {
    names.iter().any(|name| {
        host.match_indices(name).any(|(at, _)| {
            let (before, after) = (host.get(..at), host.get(at + name.len()..));
            let begins = before.is_some_and(|before| before.is_empty() || before.ends_with('/'));
            begins && after.is_some_and(|after| after.is_empty() || deep && after.starts_with('/'))
        })
    })
}

/// Whether the host runs or obeys what lies at a path below a home directory. A name with a dot is known
/// by itself, unless it is one of a project too.
pub(super) fn is_obeyed(host: &str) -> bool {
    static DOTTED: OnceLock<Vec<&str>> = OnceLock::new();
    let of = |home: bool| GROUPS.iter().filter(move |group| group.is_of_home == home);
    let dotted = DOTTED.get_or_init(|| {
        let own = |name: &&str| of(false).all(|group| group.names().all(|other| other != *name));
        let names = of(true).flat_map(Group::names);
        names
            .filter(|name| name.starts_with('.'))
            .filter(own)
            .collect()
    });
    of(true).any(|group| group.holding(host).is_some()) || is_below_home(host, dotted, true)
}

/// `/home` and its like of other systems, and what they lie in.
fn holds_homes(host: &str, parts: &[&str]) -> bool {
    let windows = |drive: &str| drive.len() == 1;
    HOMES.iter().any(|homes| within(homes, host))
        || matches!(parts, ["", "mnt", drive, "Users"] if windows(drive))
        || host == "/mnt/c"
}

#[cfg(test)]
mod tests {
    use super::tables::{HOST_SECRETS, SECRETS, SOCKETS, SYSTEM};
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
            "/etc/ssl/private/key.pem",
            "/home/me/.ssh/id_rsa",
            "../me/.aws",
            "/root/.config/gh",
        ] {
            assert!(matches!(of(path), Kind::Secrets(_)), "{path}");
        }
        for path in [
            "/home",
            "/Users",
            "/var/home",
            "/export",
            "/mnt/c",
            "/mnt/d/Users",
        ] {
            assert_eq!(of(path), Kind::Homes, "{path}");
        }
        for path in [
            "/root",
            "/home/me",
            "/home/me/",
            "/export/home/me",
            "/mnt/c/Users/me",
            "/var/home/me",
        ] {
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
                matches!(of(path), Kind::Socket(held) if !held.what.contains("services")),
                "{path}"
            );
        }
        for path in [
            "/etc/cron.d",
            "/usr/local/bin",
            "/etc/ssl/certs",
            "/var/lib/x",
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
            "/srv/project",
            "/mnt/disk",
            "/running",
            "/homes",
        ] {
            assert_eq!(of(path), Kind::Plain, "{path}");
        }
    }

    #[test]
    fn a_path_that_leads_up_and_then_to_a_tree_of_the_kernel_is_that_tree() {
        for path in [
            "../proc",
            "../../proc/kcore",
            "../../../sys/kernel",
            "../../dev/kvm",
            "../../dev/sda1",
        ] {
            assert_eq!(of(path), Kind::Kernel, "{path}");
        }
        for path in [
            "../../etc/shadow",
            "../../etc/ssl/private/key.pem",
            "../../run/dbus",
            "../../var/lib/docker",
        ] {
            assert!(
                matches!(of(path), Kind::Secrets(_) | Kind::Socket(_)),
                "{path}"
            );
        }
        for path in [
            "../dev",
            "../../dev/app",
            "../../var/log",
            "../etc",
            "../run",
            "../tmp",
            "../procs",
            "../..",
        ] {
            assert_eq!(of(path), Kind::Plain, "{path}");
        }
    }

    /// What is dangerous is so as a part of what is above it too.
    #[test]
    fn each_path_of_the_tables_is_found_above_and_below() {
        let secrets = HOST_SECRETS.iter().map(|(path, _)| *path);
        let sockets = SOCKETS.iter().map(|(path, _)| *path);
        for path in secrets.chain(sockets) {
            let mut above = path;
            while let Some((next, _)) = above.rsplit_once('/').filter(|(next, _)| !next.is_empty())
            {
                assert!(
                    matches!(of(above), Kind::Secrets(_) | Kind::Socket(_)),
                    "{above} of {path}"
                );
                above = next;
            }
            let below = format!("{path}/x");
            let own = matches!(path, "/tmp" | "/var/tmp");
            assert_eq!(
                matches!(of(&below), Kind::Secrets(_) | Kind::Socket(_)),
                !own,
                "{below}"
            );
        }
        for path in SECRETS {
            let mut above = format!("/home/me/{path}");
            while above != "/home/me" {
                assert!(
                    matches!(of(&above), Kind::Secrets(_) | Kind::Settings),
                    "{above}"
                );
                above.truncate(above.rfind('/').unwrap_or_default());
            }
        }
        for tree in SYSTEM {
            assert_ne!(of(tree), Kind::Plain, "{tree}");
        }
    }
}
