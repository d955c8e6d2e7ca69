//! Reading the mounts back from the kernel: each must be one that the plan asks for, or hang below one
//! that came with everything below it, and have its attributes.

use super::step::{Step, has};
use crate::message::{OrRefuse, Refused, refuse};
use crate::mountinfo::{self, Entry, Relation, relation, unescaped};
use crate::text::lines;
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

/// Checks every mount of this process's namespace, and returns how many there are. `mapped` says
/// whether what the payload owns must be id-mapped.
pub(crate) fn check(steps: &mut [Step], mapped: bool) -> Result<u64, Refused> {
    let count = mountinfo::lend(|text| {
        let mut count = 0_u64;
        for line in lines(text) {
            check_line(steps, mapped, line)?;
            count = count.saturating_add(1);
        }
        Ok(count)
    })
    .or_refuse(STEP, "reading the mounts back")??;

    let is_optional = |step: &&Step| has(&step.mount, mount_flags::OPTIONAL) && !step.mounted;
    let is_required = |step: &&Step| step.is_mount() && !is_optional(step);
    match steps.iter().filter(is_required).find(|step| !step.found) {
        Some(step) => Err(wrong(step, " is not mounted")),
        None => Ok(count),
    }
}

/// Checks one line, and marks the steps whose mount it is.
fn check_line(steps: &mut [Step], mapped: bool, line: &[u8]) -> Result<(), Refused> {
    let Some(entry) = Entry::of(line) else {
        return Err(refuse!(STEP, "an unknown form: ", line));
    };
    let point = unescaped(entry.point);
    let Some(expected) = find_expected(steps, point.bytes()) else {
        let what = " is mounted, and the plan does not say so";
        return Err(refuse!(STEP, entry.point, what));
    };
    if entry.is_propagated {
        let what = " is not private: what is mounted outside would be mounted there too";
        return Err(wrong(expected.step, what));
    }
    for (attribute, name) in ATTRIBUTES {
        if expected.attributes & attribute != 0 && !entry.has(name) {
            let what = " does not have the attributes that were set";
            return Err(wrong(expected.step, what));
        }
    }
    if mapped && expected.owned && !entry.has(b"idmapped") {
        return Err(wrong(expected.step, " is not id-mapped"));
    }
    Ok(())
}

/// What the plan wants of a mount.
struct ExpectedMount<'s> {
    /// The step that says so, or the last one of several.
    step: &'s Step,
    attributes: u64,
    owned: bool,
}

/// What the steps want of a mount at this point; marks those whose mount it is.
///
/// The step with the longest place at or above the point counts, and of several at the point itself
/// all of them. `None` where that step is above the point and came without what is mounted below it.
fn find_expected<'s>(steps: &'s mut [Step], point: &[u8]) -> Option<ExpectedMount<'s>> {
    let mut longest = 0;
    let mut expected: Option<ExpectedMount<'s>> = None;
    for step in steps.iter_mut().filter(|step| step.is_mount()) {
        let relation = relation(point, step.inside_path);
        step.found |= relation == Relation::Same;
        let length = step.inside_path.len();
        let mut own = ExpectedMount {
            step,
            attributes: step.mount.attrs,
            owned: has(&step.mount, mount_flags::OWNED),
        };
        match relation {
            Relation::Same if length >= longest => {
                if let Some(before) = expected.filter(|_| length == longest) {
                    own.attributes |= before.attributes;
                    own.owned |= before.owned;
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
    use super::{Step, check_line};
    use core::ffi::CStr;
    use purple_plan::{Mount, MountKind, SourceLine, mount_flags};
    use purple_sys::mount;

    const LINE: &[u8] = b"36 35 98:0 / /data/sub rw,nosuid,nodev - ext4 /dev/root rw";

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
            mounted: false,
            found: false,
        }
    }

    fn is_refused(steps: &mut [Step], mapped: bool) -> bool {
        check_line(steps, mapped, LINE).is_err()
    }

    #[test]
    fn a_mount_below_one_that_came_alone() {
        let bind = |flags| step(MountKind::Bind, c"/data", flags, mount::NOSUID);
        assert!(is_refused(&mut [bind(0)], false));
        assert!(!is_refused(&mut [bind(mount_flags::RECURSIVE)], false));
        let root = step(MountKind::Tmpfs, c"/", mount_flags::RECURSIVE, 0);
        assert!(is_refused(&mut [root, bind(0)], false));
    }

    #[test]
    fn a_mount_has_the_attributes_of_all_steps_at_its_place() {
        let at = |attrs| step(MountKind::SelfBind, c"/data/sub", 0, attrs);
        assert!(!is_refused(
            &mut [at(mount::NOSUID), at(mount::NODEV)],
            false
        ));
        assert!(is_refused(
            &mut [at(mount::RDONLY), at(mount::NODEV)],
            false
        ));
        assert!(is_refused(
            &mut [at(mount::NODEV), at(mount::NOEXEC)],
            false
        ));
    }

    #[test]
    fn what_the_payload_owns_is_mapped_where_root_starts_the_sandbox() {
        let owned = || step(MountKind::Bind, c"/data/sub", mount_flags::OWNED, 0);
        assert!(is_refused(&mut [owned()], true));
        assert!(!is_refused(&mut [owned()], false));
    }

    #[test]
    fn a_step_finds_its_mount() {
        let mut steps = [
            step(MountKind::Bind, c"/data/sub", 0, 0),
            step(MountKind::File, c"/data/sub", 0, 0),
        ];
        assert!(!is_refused(&mut steps, false));
        let [bind, file] = steps;
        assert!(bind.found && !file.found);
    }
}
