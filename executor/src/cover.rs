//! What lies on top of a path inside: a mask, or the path itself with other attributes.

use crate::filesystem::{copy_tree, is_directory, move_to, set, tmpfs};
use crate::message::{OrRefuse, Refused, Text};
use crate::step::Step;
use crate::stub::guards;
use crate::target::find;
use purple_plan::{Mount, MountKind};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::CWD;

/// Puts covers, and knows what masks show instead: one empty directory and one /dev/null, a mount of
/// which covers each. They are empty and cannot be written, so that sharing one tells nobody anything.
#[derive(Default)]
pub(crate) struct Covers {
    /// With its size, number of files, mode and attributes.
    directory: Option<(OwnedFd, [u64; 4])>,
    /// With its attributes.
    file: Option<(OwnedFd, u64)>,
}

impl Covers {
    /// Takes the step at `index`, which covers what is at `place`, if there is something.
    pub(crate) fn put(
        &mut self,
        root: &OwnedFd,
        steps: &[Step],
        index: usize,
        &Step {
            mount: ref step,
            place,
            ..
        }: &Step,
    ) -> Result<(), Refused> {
        // What keeps a path as it is needs no pin below it, and not another of its kind.
        let before = if guards(step) { index } else { steps.len() };
        let mut kept = steps.iter().take(before);
        if kept.any(|other| guards(&other.mount) && other.place == place) {
            return Ok(());
        }
        let path = Text::<4096>::of(place);
        let path = path.c_str();
        let Some(target) = find(root, step, path.at(step)?)? else {
            return Ok(());
        };
        // Where a path cannot be, what stands in its way stays visible.
        if step.kind == MountKind::Mask && place == step.target.to_bytes() {
            return self.mask(step, &target);
        }
        let copy = copy_tree(target.as_fd(), c"", true).at(step)?;
        set(step, &copy)?;
        move_to(&copy, target.as_fd(), c"").at(step)
    }

    /// Masks a file or directory. A cover is copied from where it is in use already: older kernels
    /// copy no mount that hangs nowhere (before 6.15).
    fn mask(&mut self, step: &Mount<'_>, target: &OwnedFd) -> Result<(), Refused> {
        let status = rustix::fs::fstat(target).at(step)?;
        if is_directory(&status) {
            let shape = [step.size, step.inodes.into(), step.mode.into(), step.attrs];
            let used = self.directory.as_ref().filter(|(_, used)| *used == shape);
            let cover = match used {
                Some((cover, _)) => copy_tree(cover.as_fd(), c"", false).at(step)?,
                None => tmpfs(step)?,
            };
            move_to(&cover, target.as_fd(), c"").at(step)?;
            self.directory = Some((cover, shape));
        } else {
            let used = self.file.as_ref().filter(|(_, used)| *used == step.attrs);
            let (dir, path) = used.map_or((CWD, c"/dev/null"), |(cover, _)| (cover.as_fd(), c""));
            let cover = copy_tree(dir, path, false).at(step)?;
            if used.is_none() {
                set(step, &cover)?;
            }
            move_to(&cover, target.as_fd(), c"").at(step)?;
            self.file = Some((cover, step.attrs));
        }
        Ok(())
    }
}
