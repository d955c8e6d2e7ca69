//! Reading the mounts back from the kernel: each must be one that the plan asks for, or hang below one
//! that came with everything below it, and have its attributes.

use super::step::{Step, has};
use crate::message::{Refused, refuse};
use crate::mountinfo::{self, Entry, Relation, relation};
use purple_plan::mount_flags;
use purple_sys::mount;

const STEP: &str = "mount";

/// The attributes that are looked at, and what mountinfo calls them.
const ATTRIBUTES: [(u64, &[u8]); 4] = [
    (mount::RDONLY, b"ro"),
    (mount::NOSUID, b"nosuid"),
    (mount::NODEV, b"nodev"),
    (mount::NOEXEC, b"noexec"),
];

/// Checks every mount of this process's namespace, of which the kernel gave the list, and returns how many
/// there are.
pub(crate) fn check(steps: &mut [Step], mounts: &[Entry<'_>]) -> Result<u64, Refused> {
    for entry in mounts {
        check_entry(steps, entry, mounts)?;
    }

    let is_optional = |step: &&Step| has(&step.mount, mount_flags::OPTIONAL) && !step.mounted;
    let is_required = |step: &&Step| step.is_mount() && !is_optional(step);
    match steps.iter().filter(is_required).find(|step| !step.found) {
        Some(step) => Err(wrong(step, " is not mounted")),
        None => Ok(u64::try_from(mounts.len()).unwrap_or(u64::MAX)),
    }
}

/// Checks one mount out of all of them, and marks the steps whose mount it is.
fn check_entry(steps: &mut [Step], entry: &Entry<'_>, all: &[Entry<'_>]) -> Result<(), Refused> {
    let Some(expected) = find_expected(steps, entry.point.to_bytes()) else {
        if is_covered(entry, all) {
            return Ok(());
        }
        let what = " is mounted, and the plan does not say so";
        return Err(refuse!(STEP, entry.point, what));
    };
    if entry.is_propagated {
        let what = " is not private: what is mounted outside would be mounted there too";
        return Err(wrong(expected.step, what));
    }
    let is_lacking =
        |(attribute, name): &(u64, &[u8])| expected.attributes & attribute != 0 && !entry.has(name);
    // A mask is a mount of the executor's own, also where another view shows its place.
    let is_mask = entry.has(b"ro") && entry.has(b"noexec");
    let what = if ATTRIBUTES.iter().any(is_lacking) {
        " does not have the attributes that were set"
    } else if expected.mapped && !entry.has(b"idmapped") && !is_mask {
        " is not id-mapped"
    } else {
        return Ok(());
    };
    if is_covered(entry, all) {
        return Ok(());
    }
    Err(wrong(expected.step, what))
}

/// Whether no path leads to a mount: another one lies on its top, or over its place, or over those of a
/// mount that it hangs on.
fn is_covered(entry: &Entry<'_>, all: &[Entry<'_>]) -> bool {
    let mut entry = entry;
    // A mount hangs on an older one, but for those that were moved: the list is as long as the chain at most.
    for _ in all {
        let covers = |other: &Entry<'_>| {
            other.id != entry.id
                && match relation(entry.point.to_bytes(), other.point.to_bytes()) {
                    Relation::Same => other.parent == entry.id,
                    Relation::Below => other.parent == entry.parent,
                    Relation::Neither => false,
                }
        };
        if all.iter().any(covers) {
            return true;
        }
        match mountinfo::find(all, entry.parent) {
            Some(above) => entry = above,
            None => return false,
        }
    }
    false
}

/// What the plan wants of a mount.
struct ExpectedMount<'s> {
    /// The step that says so, or the last one of several.
    step: &'s Step,
    attributes: u64,
    mapped: bool,
}

/// What the steps want of a mount at this point; marks those whose mount it is.
///
/// The step with the longest place at or above the point counts, and of several at the point itself
/// all of them. `None` where that step is above the point and came without what is mounted below it.
fn find_expected<'s>(steps: &'s mut [Step], point: &[u8]) -> Option<ExpectedMount<'s>> {
    let mut longest = 0;
    let mut expected: Option<ExpectedMount<'s>> = None;
    for step in steps {
        let relation = relation(point, step.inside_path);
        // Most steps end here: there are some thousand of them, over all mounts.
        if relation == Relation::Neither || !step.is_mount() {
            continue;
        }
        step.found |= relation == Relation::Same;
        let length = step.inside_path.len();
        let mut own = ExpectedMount {
            step,
            attributes: step.mount.attrs,
            mapped: step.mapped,
        };
        match relation {
            Relation::Same if length >= longest => {
                if let Some(before) = expected.filter(|_| length == longest) {
                    own.attributes |= before.attributes;
                    own.mapped |= before.mapped;
                }
                expected = Some(own);
                longest = length;
            }
            Relation::Below if length > longest => {
                expected = has(&step.mount, mount_flags::RECURSIVE).then_some(own);
                longest = length;
            }
            _ => {}
        }
    }
    expected
}

fn wrong(step: &Step, what: &'static str) -> Refused {
    refuse!(STEP, step.mount.target, what, step.mount.line)
}

#[cfg(test)]
mod tests {
    use super::{Entry, Step, check_entry, is_covered};
    use core::ffi::CStr;
    use purple_plan::{Mount, MountKind, SourceLine, mount_flags};
    use purple_sys::mount;
    use std::vec::Vec;

    const LINE: &str = "36 35 98:0 / /data/sub rw,nosuid,nodev - ext4 /dev/root rw";

    /// Three lines, of which the last is given.
    macro_rules! line {
        ($ids:literal, $point:literal) => {
            concat!(
                "35 1 98:0 / /data rw - ext4 a rw\n36 35 98:0 / /data/sub rw - ext4 a rw\n",
                $ids,
                " 0:9 / ",
                $point,
                " ro - tmpfs a rw\n"
            )
        };
    }

    fn step(kind: MountKind, target: &'static CStr, flags: u32, attrs: u64) -> Step {
        Step {
            mount: Mount {
                kind,
                flags,
                attrs,
                size: 0,
                inodes: 0,
                mode: 0,
                source: c"",
                target,
                content: b"",
                line: SourceLine::NONE,
            },
            inside_path: target.to_bytes(),
            stub: None,
            tree: None,
            is_link: false,
            mapped: false,
            covered: None,
            mounted: false,
            found: false,
        }
    }

    fn is_refused(steps: &mut [Step]) -> bool {
        let mut line = Vec::from(LINE);
        let all: Vec<Entry<'_>> = Entry::of(&mut line).into_iter().collect();
        let mut found = all.iter().map(|entry| check_entry(steps, entry, &all));
        found.any(|checked| checked.is_err())
    }

    #[test]
    fn a_mount_below_one_that_came_alone() {
        let bind = |flags| step(MountKind::Bind, c"/data", flags, mount::NOSUID);
        assert!(is_refused(&mut [bind(0)]));
        assert!(!is_refused(&mut [bind(mount_flags::RECURSIVE)]));
        let root = step(MountKind::Tmpfs, c"/", mount_flags::RECURSIVE, 0);
        assert!(is_refused(&mut [root, bind(0)]));
    }

    #[test]
    fn what_no_path_leads_to_needs_no_attributes() {
        // Each with its number, its parent and its place.
        for (over, covered) in [
            (line!("37 36", "/data/sub"), true),
            (line!("37 35", "/data/su"), false),
            (line!("37 36", "/data/sub/below"), false),
            (line!("37 35", "/data"), true),
            (line!("37 1", "/data"), false),
            ("", false),
        ] {
            let mut lines: Vec<Vec<u8>> = over.lines().map(Vec::from).collect();
            let all: Vec<Entry<'_>> = lines
                .iter_mut()
                .filter_map(|line| Entry::of(line))
                .collect();
            let mut line = *b"36 35 98:0 / /data/sub rw - ext4 a rw";
            let entry = Entry::of(&mut line);
            let found = entry.map(|entry| is_covered(&entry, &all));
            assert_eq!(found, Some(covered), "{over}");
        }
    }

    #[test]
    fn a_mount_has_the_attributes_of_all_steps_at_its_place() {
        let at = |attrs| step(MountKind::SelfBind, c"/data/sub", 0, attrs);
        assert!(!is_refused(&mut [at(mount::NOSUID), at(mount::NODEV)]));
        assert!(is_refused(&mut [at(mount::RDONLY), at(mount::NODEV)]));
        assert!(is_refused(&mut [at(mount::NODEV), at(mount::NOEXEC)]));
    }

    #[test]
    fn what_was_mapped_is_mapped() {
        let bind = |mapped| Step {
            mapped,
            ..step(MountKind::Bind, c"/data/sub", 0, 0)
        };
        assert!(is_refused(&mut [bind(true)]));
        assert!(!is_refused(&mut [bind(false)]));
    }

    #[test]
    fn a_step_finds_its_mount() {
        let mut steps = [
            step(MountKind::Bind, c"/data/sub", 0, 0),
            step(MountKind::File, c"/data/sub", 0, 0),
        ];
        assert!(!is_refused(&mut steps));
        let [bind, file] = steps;
        assert!(bind.found && !file.found);
    }
}
