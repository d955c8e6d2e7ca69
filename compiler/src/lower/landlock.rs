//! The Landlock ruleset: the rules of the file system and of the ports once more.
//!
//! The mounts decide what there is to see. Landlock holds also where a mount does not: for a file
//! that the caller has left open, and for accesses that a flaw in a mount allows. One right is left
//! to the mounts: what is shown read-only may be cut as far as Landlock goes (decision 0018).

use crate::ir::landlock::{Landlock, Level, Path, Ports};
use crate::ir::{Action, Attributes, Step};
use crate::quantity::Protocol;
use crate::resolve::{Network, Placed};
use purple_plan::{landlock_fs as fs, landlock_net as net, landlock_scope as scope};
use purple_policy::NetworkMode;

/// The first version whose restrictions a program does not notice: with the one before it, nothing
/// can be renamed from one directory to another.
const OLDEST: u32 = 2;

/// The version that knows TCP ports.
const TCP: u32 = 4;

/// The versions that restrict more than the one before, and the file rights that each knows.
const VERSIONS: [(u32, u64); 6] = [
    (OLDEST, fs::REFER | (fs::REFER - 1)),
    (3, fs::TRUNCATE | (fs::TRUNCATE - 1)),
    (TCP, fs::TRUNCATE | (fs::TRUNCATE - 1)),
    (5, fs::IOCTL_DEV | (fs::IOCTL_DEV - 1)),
    (SCOPES, fs::IOCTL_DEV | (fs::IOCTL_DEV - 1)),
    (9, fs::ALL),
];

/// The version that knows scopes.
const SCOPES: u32 = 6;

const READ: u64 = fs::READ_FILE | fs::READ_DIR;

/// What Landlock asks for beside the right that a file is opened by, to know later whether the file
/// may be cut: where no rule gives it, each open(2) walks up to the root (`hook_file_open` in the
/// kernel's security/landlock/fs.c). Below a read-only mount nothing can be cut, so it is given.
const ASKED_FOR_AT_EACH_OPEN: u64 = fs::TRUNCATE;

/// What is restricted, for these steps and ports.
pub(super) fn lower(steps: &[Step], network: &Network) -> Landlock {
    let mut paths = Vec::new();
    for step in steps {
        let (access, optional) = access(step);
        if access != 0 {
            let path = Path {
                path: step.target.clone(),
                access,
                optional,
                span: step.span,
            };
            paths.push(path);
        }
    }
    let mut ports = Vec::new();
    let mut restricted = 0;
    // In a filtered network the rules decide, also about the sandbox's own addresses, of which Landlock knows nothing.
    let outgoing = match network.mode {
        NetworkMode::Filtered => &[][..],
        NetworkMode::None | NetworkMode::Host => &network.outgoing,
    };
    for (access, listed) in [
        (net::CONNECT_TCP, outgoing),
        (net::BIND_TCP, &network.incoming),
    ] {
        if !listed.is_empty() {
            restricted |= access;
        }
        let tcp = listed
            .iter()
            .filter(|ports| ports.value.are_for(Protocol::Tcp));
        ports.extend(tcp.map(|&Placed { value, span }| {
            let (first, last) = (value.first, value.last);
            Ports {
                access,
                first,
                last,
                span,
            }
        }));
    }
    let first = outgoing
        .first()
        .or(network.incoming.first())
        .map(|ports| ports.span);
    let levels = VERSIONS
        .iter()
        .filter(|(abi, _)| restricted == 0 || *abi >= TCP)
        .filter(|(abi, _)| restricted != 0 || *abi != TCP)
        .map(|&(abi, known)| Level {
            abi,
            span: first.filter(|_| abi == TCP),
            fs: known,
            net: restricted,
            scope: if abi >= SCOPES { scope::ALL } else { 0 },
        })
        .collect();
    Landlock {
        levels,
        paths,
        ports,
    }
}

/// What may be done where a step puts something, and whether there may be nothing.
fn access(step: &Step) -> (u64, bool) {
    match &step.action {
        // Directories can be listed everywhere. What is in them has steps of its own.
        Action::Tmpfs { .. } if step.target == "/" => (fs::READ_DIR, false),
        Action::Tmpfs { .. } | Action::Bind { .. } => {
            // Those of the policy may be directories.
            let is_device = !step.attributes.no_dev && step.span.is_some();
            let listed = if is_device { fs::READ_DIR } else { 0 };
            (tree(step.attributes) | listed, step.optional)
        }
        // A program writes to files of its own there, such as oom_score_adj.
        Action::Proc => (READ | fs::WRITE_FILE | fs::TRUNCATE, false),
        Action::Sysfs => (READ, false),
        Action::Devpts => (READ | fs::WRITE_FILE | fs::IOCTL_DEV, false),
        Action::File { mode, .. } => {
            let execute = if mode & 0o111 == 0 { 0 } else { fs::EXECUTE };
            (fs::READ_FILE | ASKED_FOR_AT_EACH_OPEN | execute, false)
        }
        Action::Symlink(_)
        | Action::Mask
        | Action::Matches { .. }
        | Action::ReadOnly
        | Action::Protect { .. }
        | Action::Pin
        | Action::Seal
        | Action::Setting(_) => (0, false),
    }
}

/// What the attributes of a mount leave.
const fn tree(attributes: Attributes) -> u64 {
    if !attributes.no_dev {
        return fs::READ_FILE | fs::WRITE_FILE | fs::TRUNCATE | fs::IOCTL_DEV;
    }
    let execute = if attributes.no_exec { 0 } else { fs::EXECUTE };
    if attributes.read_only {
        return READ | execute | ASKED_FOR_AT_EACH_OPEN;
    }
    let never = fs::MAKE_CHAR | fs::MAKE_BLOCK | fs::EXECUTE | fs::IOCTL_DEV;
    (fs::ALL & !never) | execute
}

#[cfg(test)]
#[expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::lower;
    use crate::ir::{Action, Attributes, Step};
    use crate::quantity;
    use crate::resolve::{Network, Placed};
    use crate::source::Span;
    use purple_plan::{landlock_fs as fs, landlock_net as net};

    fn bind(target: &str, read_only: bool) -> Step {
        let attributes = Attributes {
            read_only,
            no_suid: true,
            no_dev: true,
            no_exec: false,
        };
        let action = Action::Bind {
            source: "/x".to_owned(),
            owned: !read_only,
            link: None,
        };
        Step {
            action,
            target: target.to_owned(),
            attributes,
            optional: true,
            existing: false,
            span: None,
        }
    }

    #[test]
    fn a_mount_s_attributes_decide_what_may_be_done_in_it() {
        let steps = [bind("/usr", true), bind("/out", false)];
        let found = lower(&steps, &Network::default());
        let [usr, out] = found.paths.as_slice() else {
            panic!("two paths: {found:?}")
        };
        assert_eq!(
            usr.access,
            fs::EXECUTE | fs::READ_FILE | fs::READ_DIR | fs::TRUNCATE
        );
        assert_eq!(
            out.access,
            fs::ALL & !(fs::MAKE_CHAR | fs::MAKE_BLOCK | fs::IOCTL_DEV)
        );
        assert!(usr.optional && out.optional);
    }

    #[test]
    fn ports_need_the_version_that_knows_them() {
        let none = lower(&[], &Network::default());
        assert_eq!(
            none.levels
                .iter()
                .map(|level| level.abi)
                .collect::<Vec<_>>(),
            [2, 3, 5, 6, 9]
        );
        assert!(none.levels.iter().all(|level| level.net == 0));

        let span = Span::default();
        let listed = |texts: &[&str]| {
            let ports = texts
                .iter()
                .map(|text| quantity::ports(text).expect("ports"));
            ports.map(|value| Placed { value, span }).collect()
        };
        let network = Network {
            outgoing: listed(&["443", "53/udp", "8000-8100/tcp"]),
            ..Network::default()
        };
        let found = lower(&[], &network);
        assert_eq!(
            found
                .levels
                .iter()
                .map(|level| level.abi)
                .collect::<Vec<_>>(),
            [4, 5, 6, 9]
        );
        assert!(
            found
                .levels
                .iter()
                .all(|level| level.net == net::CONNECT_TCP)
        );
        let ports: Vec<_> = found
            .ports
            .iter()
            .map(|ports| (ports.first, ports.last))
            .collect();
        assert_eq!(ports, [(443, 443), (8000, 8100)]);
    }
}
