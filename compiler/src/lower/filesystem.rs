//! The steps that build the file system: what every sandbox has, and what the policy adds.

mod attributes;
mod inline;
mod own;
mod protected;
mod tree;

pub(crate) use protected::hidden_anyway;

use crate::diagnostics::Sink;
use crate::ir::{Action, Attributes, Step};
use crate::resolve::{Resolved, Shared};
use attributes::{PLAIN, READ_ONLY};
use inline::FILE_MODE;
use own::{files, kernel, root, scratch, seal};
use purple_policy::NetworkMode;
use tree::{PlannedPath, Tree};

/// Where git inside finds the user's settings.
pub(super) const GIT_CONFIG: &str = "/etc/gitconfig";

/// Links of a merged-usr system.
const MERGED: [&str; 5] = ["bin", "lib", "lib32", "lib64", "sbin"];

/// The list of resolvers (resolv.conf(5)).
const RESOLVERS: &str = "/etc/resolv.conf";

/// The time zone of the host, and where the zones are (localtime(5)).
const LOCAL_TIME: &str = "/etc/localtime";
const ZONES: &str = "../usr/share/zoneinfo";

/// Every step, in order.
pub(super) fn steps(resolved: &Resolved, sink: &mut Sink) -> Vec<Step> {
    let wanted = &resolved.filesystem;
    let mut tree = Tree::default();
    let zone = resolved.process.time_zone.as_ref();
    if let Some(zone) = zone {
        // It takes the place of the host's.
        let planned = PlannedPath {
            cited: Some(zone.span),
            named: Some(zone.span),
            ..PlannedPath::new(
                Action::Symlink(format!("{ZONES}/{}", zone.value)),
                Attributes::NONE,
            )
        };
        tree.put(LOCAL_TIME, planned, sink);
    }
    let is_zone = |shared: &&Shared| zone.is_some() && shared.inside == LOCAL_TIME;
    for shared in wanted.immutable.iter().filter(|shared| !is_zone(shared)) {
        tree.put(&shared.inside, bind(shared, false), sink);
    }
    for shared in &wanted.output {
        tree.put(&shared.inside, bind(shared, true), sink);
    }
    for path in &wanted.scratch {
        let planned = PlannedPath {
            cited: Some(path.span),
            named: Some(path.span),
            ..PlannedPath::new(
                scratch(path.bytes.map_or(wanted.scratch_bytes, |size| size.value)),
                Attributes {
                    no_exec: path.no_exec,
                    ..PLAIN
                },
            )
        };
        tree.put(&path.inside, planned, sink);
    }
    inline::put(&mut tree, wanted, sink);
    // What the policy says goes before what every sandbox has.
    tree.offer(
        "/tmp",
        PlannedPath::new(scratch(wanted.scratch_bytes), PLAIN),
    );
    let git = resolved.git_config.clone();
    let git = git.map(|text| (GIT_CONFIG, text));
    for (path, content) in files(resolved).into_iter().chain(git) {
        let mode = FILE_MODE;
        let file = Action::File { content, mode };
        let planned = match resolved.network.mode {
            NetworkMode::Host if path == RESOLVERS => hosts_resolvers(),
            _ => PlannedPath::new(file, Attributes::NONE),
        };
        tree.offer(path, planned);
    }
    for name in MERGED {
        let (inside, target) = (format!("/usr/{name}"), format!("usr/{name}"));
        let usr = tree.has("/usr") || tree.has(&inside);
        if usr && !tree.is_used(&format!("/{name}")) {
            let link = PlannedPath::new(Action::Symlink(target), Attributes::NONE);
            tree.offer(&format!("/{name}"), link);
        }
    }
    let others = protected::put(&mut tree, wanted, sink);
    tree.refuse_optional(sink);
    if others.matches.is_empty() {
        tree.keep_links(&MERGED);
    }
    let kept = inline::kept(&tree, wanted);
    let mut steps = vec![root(wanted)];
    steps.extend(tree.into_steps());
    steps.extend(kept);
    steps.extend(others.matches);
    steps.extend(kernel(
        wanted,
        resolved.capabilities.mask() != 0,
        resolved.network.mode,
    ));
    steps.extend(others.kernel);
    steps.push(seal());
    steps
}

/// The host's own list of resolvers, for its own network.
fn hosts_resolvers() -> PlannedPath {
    let action = Action::Bind {
        source: RESOLVERS.to_owned(),
        owned: false,
        link: None,
    };
    PlannedPath {
        optional: true,
        ..PlannedPath::new(action, READ_ONLY)
    }
}

/// Something of the host. Messages at run time are about its path there.
fn bind(shared: &Shared, writable: bool) -> PlannedPath {
    let action = Action::Bind {
        source: shared.host.clone(),
        owned: writable,
        link: None,
    };
    PlannedPath {
        optional: shared.optional,
        cited: shared.host_span,
        named: shared.inside_span,
        ..PlannedPath::new(
            action,
            Attributes {
                no_exec: shared.no_exec,
                ..if writable { PLAIN } else { READ_ONLY }
            },
        )
    }
}

#[cfg(test)]
mod tests;
