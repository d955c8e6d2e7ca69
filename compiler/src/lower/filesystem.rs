//! The steps that build the file system: what every sandbox has, and what the policy adds.

mod guards;

use crate::diagnostics::{Applicability, Diagnostic, Sink, quote};
use crate::ir::{Action, Attributes, Step};
use crate::resolve::{Filesystem, Resolved, Shared};
use crate::source::Span;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

/// Files that a scratch directory may hold.
const SCRATCH_FILES: u32 = 1 << 17;

/// The root holds directories, links and a few small files.
const ROOT_BYTES: u64 = 1 << 20;
const ROOT_FILES: u32 = 4096;

/// Trees that every sandbox has and no policy can put something into.
const RESERVED: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Device files that every sandbox has (null(4), random(4), tty(4)).
const DEVICES: [&str; 6] = [
    "/dev/full",
    "/dev/null",
    "/dev/random",
    "/dev/tty",
    "/dev/urandom",
    "/dev/zero",
];

const DEVICE_LINKS: [(&str, &str); 5] = [
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/ptmx", "pts/ptmx"),
    ("/dev/stderr", "/proc/self/fd/2"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
];

/// What the kernel shows of itself and of the host, and no program inside needs.
const MASKED: [&str; 14] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kallsyms",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/vmallocinfo",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
    "/sys/kernel",
];

/// Kernel files that change the host when written.
const PROTECTED: [&str; 6] = [
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/pressure",
    "/proc/sys",
    "/proc/sysrq-trigger",
];

/// Links of a merged-usr system.
const MERGED: [&str; 5] = ["bin", "lib", "lib32", "lib64", "sbin"];

const PLAIN: Attributes = Attributes {
    read_only: false,
    no_suid: true,
    no_dev: true,
    no_exec: false,
};
const READ_ONLY: Attributes = Attributes {
    read_only: true,
    ..PLAIN
};
const DEVICE: Attributes = Attributes {
    read_only: true,
    no_suid: true,
    no_dev: false,
    no_exec: true,
};

/// Every step, in order.
pub(super) fn steps(resolved: &Resolved, sink: &mut Sink) -> Vec<Step> {
    let wanted = &resolved.filesystem;
    let mut tree = Tree::default();
    for shared in &wanted.immutable {
        tree.claim(shared, bind(shared, false), sink);
    }
    for shared in &wanted.output {
        tree.claim(shared, bind(shared, true), sink);
    }
    for path in &wanted.scratch {
        let place = Place {
            action: scratch(wanted, 0o1777),
            cited: Some(path.span),
            named: Some(path.span),
        };
        tree.put(&path.value, place, sink);
    }
    // What the policy says goes before what every sandbox has.
    tree.offer("/tmp", scratch(wanted, 0o1777));
    for (path, content) in files(&resolved.network.dns_servers) {
        tree.offer(path, Action::File(content));
    }
    for name in MERGED {
        let (inside, target) = (format!("/usr/{name}"), format!("usr/{name}"));
        let usr = tree.places.contains_key("/usr") || tree.places.contains_key(&inside);
        if usr && !tree.is_used(&format!("/{name}")) {
            tree.offer(&format!("/{name}"), Action::Symlink(target));
        }
    }

    let kernel_masks = guards::put(&mut tree, wanted, sink);
    tree.refuse_optional(sink);
    let root = Action::Tmpfs {
        bytes: ROOT_BYTES,
        files: ROOT_FILES,
        mode: 0o755,
        attributes: PLAIN,
    };
    let mut steps = vec![own("/", root)];
    steps.extend(tree.into_steps());
    steps.extend(kernel(wanted, resolved.capabilities != 0));
    steps.extend(kernel_masks);
    steps.push(own("/", Action::Seal));
    steps
}

/// A step that every sandbox has.
fn own(target: &str, action: Action) -> Step {
    Step {
        action,
        target: target.to_owned(),
        existing: false,
        span: None,
    }
}

/// `/proc`, `/sys` and `/dev`.
fn kernel(wanted: &Filesystem, capable: bool) -> Vec<Step> {
    let mut steps = vec![own("/proc", Action::Proc), own("/sys", Action::Sysfs)];
    // A program with capabilities lives in one user namespace below, which takes the only place
    // that there is; others have none.
    let namespaces = if capable { "1" } else { "0" };
    let setting = Action::Setting(namespaces.to_owned());
    steps.push(own("/proc/sys/user/max_user_namespaces", setting));
    steps.extend(MASKED.map(|path| own(path, Action::Mask)));
    steps.extend(PROTECTED.map(|path| own(path, Action::Protect)));
    steps.extend(DEVICES.map(|path| {
        let device = Action::Bind {
            source: path.to_owned(),
            attributes: DEVICE,
            optional: false,
            owned: false,
        };
        own(path, device)
    }));
    steps.push(own("/dev/pts", Action::Devpts));
    steps.push(own("/dev/shm", scratch(wanted, 0o1777)));
    steps.extend(DEVICE_LINKS.map(|(path, target)| own(path, Action::Symlink(target.to_owned()))));
    steps
}

/// Files that programs expect in `/etc`.
fn files(dns_servers: &[IpAddr]) -> [(&'static str, String); 6] {
    let mut resolv = String::new();
    for server in dns_servers {
        // Writing to a string cannot fail.
        if writeln!(resolv, "nameserver {server}").is_err() {
            break;
        }
    }
    let hosts = "127.0.0.1 localhost purple\n::1 localhost purple\n".to_owned();
    let switch = "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n".to_owned();
    let passwd = "agent:x:1000:1000:agent:/tmp:/bin/sh\n\
                  nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
        .to_owned();
    [
        ("/etc/group", "agent:x:1000:\nnogroup:x:65534:\n".to_owned()),
        ("/etc/hostname", "purple\n".to_owned()),
        ("/etc/hosts", hosts),
        ("/etc/nsswitch.conf", switch),
        ("/etc/passwd", passwd),
        ("/etc/resolv.conf", resolv),
    ]
}

fn bind(shared: &Shared, writable: bool) -> Action {
    Action::Bind {
        source: shared.host.clone(),
        attributes: if writable { PLAIN } else { READ_ONLY },
        optional: shared.optional,
        owned: writable,
    }
}

fn scratch(wanted: &Filesystem, mode: u32) -> Action {
    Action::Tmpfs {
        bytes: wanted.scratch_bytes,
        files: SCRATCH_FILES,
        mode,
        attributes: PLAIN,
    }
}

/// What goes where, by path: a path comes before what lies below it.
#[derive(Default)]
struct Tree {
    places: BTreeMap<String, Place>,
}

struct Place {
    action: Action,
    /// The line that a message at run time cites.
    cited: Option<Span>,
    /// Where the policy names the path inside.
    named: Option<Span>,
}

impl Tree {
    fn claim(&mut self, shared: &Shared, action: Action, sink: &mut Sink) {
        // Messages at run time are about the host path.
        let place = Place {
            action,
            cited: shared.host_span,
            named: shared.inside_span,
        };
        self.put(&shared.inside, place, sink);
    }

    /// What the policy asks for: an error where it cannot be.
    fn put(&mut self, path: &str, what: Place, sink: &mut Sink) {
        let place = what.named.unwrap_or_default();
        if path == "/" {
            sink.push(
                Diagnostic::error("reserved-path", place, "nothing can be put at `/` itself")
                    .with_help("the root is the sandbox's own; name the directories below it"),
            );
            return;
        }
        if let Some(tree) = RESERVED.iter().find(|tree| is_within(path, tree)) {
            let message = format!("nothing can be put into `{tree}`: every sandbox has its own");
            sink.push(
                Diagnostic::error("reserved-path", place, message)
                    .with_help("leave it out, or give it a path outside of this tree"),
            );
            return;
        }
        if let Some(first) = self.places.get(path) {
            let message = format!("{} is used twice", quote(path));
            let mut diagnostic = Diagnostic::error("duplicate-path", place, message)
                .with_help("each path inside has one meaning: remove one, or change it");
            let both = [&first.action, &what.action];
            if both
                .iter()
                .all(|action| matches!(action, Action::Tmpfs { .. }))
            {
                // Two scratch directories, which are alike.
                diagnostic = diagnostic.with_item_removed(Applicability::Safe, place);
            }
            if let Some(first) = first.named {
                diagnostic = diagnostic.with_related(first, "used here first");
            }
            sink.push(diagnostic);
            return;
        }
        self.places.insert(path.to_owned(), what);
    }

    /// What every sandbox has, unless the policy puts something there or above it.
    fn offer(&mut self, path: &str, action: Action) {
        let hides = |place: &Place| !is_link_or_file(&place.action);
        let covered = self.places.get(path).is_some_and(hides)
            || self.above(path).any(|(_, place)| hides(place));
        if !covered {
            let place = Place {
                action,
                cited: None,
                named: None,
            };
            self.places.entry(path.to_owned()).or_insert(place);
        }
    }

    /// Whether there is something at a path or below it.
    fn is_used(&self, path: &str) -> bool {
        self.places.contains_key(path) || self.below(path).is_some()
    }

    /// The first thing below a path.
    fn below(&self, path: &str) -> Option<(&str, &Place)> {
        let below = format!("{path}/");
        let first = self.places.range(below.clone()..).next();
        first
            .map(|(at, place)| (at.as_str(), place))
            .filter(|(at, _)| at.starts_with(&below))
    }

    /// What lies above a path, the nearest first.
    fn above<'t>(&'t self, path: &'t str) -> impl Iterator<Item = (&'t str, &'t Place)> {
        path.rmatch_indices('/')
            .filter_map(|(at, _)| path.get(..at))
            .filter_map(|parent| Some((parent, self.places.get(parent)?)))
    }

    /// What decides about a path: the nearest thing above it.
    fn nearest<'t>(&'t self, path: &'t str) -> Option<(&'t str, &'t Place)> {
        self.above(path).next()
    }

    /// What is protected in a writable tree of the host must be there: a program could make what
    /// is missing, and the next run would find it.
    fn refuse_optional(&self, sink: &mut Sink) {
        for (path, place) in &self.places {
            let optional = matches!(
                &place.action,
                Action::Bind { optional: true, attributes, .. } if attributes.read_only
            );
            let upper = self.nearest(path).map(|(_, upper)| upper);
            let Some(upper) = upper.filter(|upper| optional && upper.action.is_writable_bind())
            else {
                continue;
            };
            let message = format!(
                "{} is optional and lies in an output path: where it is missing, the program can make it",
                quote(path)
            );
            let at = place.named.unwrap_or_default();
            let mut diagnostic = Diagnostic::error("optional-below-output", at, message)
                .with_help("leave out `optional`, so that it must exist, or put it elsewhere");
            if let Some(upper) = upper.named {
                diagnostic = diagnostic.with_related(upper, "writable from here on");
            }
            sink.push(diagnostic);
        }
    }

    /// Pins the directories on the way from a writable tree of the host to what is mounted below it.
    /// The kernel lets nobody rename a mount point, but it does let them rename its parent.
    fn pin(&mut self) {
        let mut pins = Vec::new();
        for (path, place) in &self.places {
            let upper = self.nearest(path);
            if let Some((upper, _)) = upper.filter(|(_, place)| place.action.is_writable_bind()) {
                let pin = |dir: &str| {
                    let (cited, named) = (place.cited, place.named);
                    (
                        dir.to_owned(),
                        Place {
                            action: Action::Pin,
                            cited,
                            named,
                        },
                    )
                };
                pins.extend(between(upper, path).map(pin));
            }
        }
        self.places.extend(pins);
    }

    /// The steps, parents first. A target below something of the host must exist there: making it
    /// would write to the host.
    fn into_steps(mut self) -> Vec<Step> {
        self.pin();
        // The nearest thing above a path decides whom its directory belongs to.
        let existing: Vec<bool> = self
            .places
            .keys()
            .map(|path| {
                let mut above = self.above(path).map(|(_, place)| &place.action);
                above
                    .find(|action| matches!(action, Action::Bind { .. } | Action::Tmpfs { .. }))
                    .is_some_and(|action| matches!(action, Action::Bind { .. }))
            })
            .collect();
        self.places
            .into_iter()
            .zip(existing)
            .map(|((target, place), existing)| Step {
                existing: existing
                    && !matches!(
                        place.action,
                        Action::Pin | Action::Mask | Action::Guard { .. }
                    ),
                action: place.action,
                target,
                span: place.cited,
            })
            .collect()
    }
}

/// The directories between two paths, the upper one and the lower one left out.
fn between<'p>(upper: &'p str, lower: &'p str) -> impl Iterator<Item = &'p str> {
    let places = lower
        .match_indices('/')
        .map(|(at, _)| at)
        .filter(|at| *at > upper.len());
    places.filter_map(|at| lower.get(..at))
}

fn is_link_or_file(action: &Action) -> bool {
    matches!(action, Action::Symlink(_) | Action::File(_))
}

/// Whether `path` is `tree` or lies below it.
fn is_within(path: &str, tree: &str) -> bool {
    path.strip_prefix(tree)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
