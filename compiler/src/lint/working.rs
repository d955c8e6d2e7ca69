//! The directory that the program starts in.

use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use crate::ir::{Action, Ir};
use crate::resolve::host::within;

/// Runs the lint: a directory that cannot be there refuses every run.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let ir = scope.ir;
    if may_exist(&ir.process.working_dir, ir) {
        return;
    }
    let place = ir
        .process
        .working_dir_span
        .unwrap_or_else(|| scope.key("/filesystem"));
    let written = quote(&ir.process.working_dir);
    let message =
        format!("no path shown holds the working directory {written}, so nothing can start");
    let help = if ir.process.working_dir_span.is_some() {
        "choose a directory that is listed under `immutable_paths`, `scratch_paths` or `output_paths`, or list \
         this one there"
    } else {
        "add `/tmp` to `scratch_paths`, or set `working_dir` to a directory that is shown"
    };
    scope.report(Diagnostic::error("working-dir-missing", place, message).with_help(help));
}

/// Whether a directory is made inside, or may lie in something of the host's.
fn may_exist(path: &str, ir: &Ir) -> bool {
    let mut path = path.to_owned();
    // Each link leads out of the root once: /lib to usr/lib.
    for _ in 0..2 {
        // A directory is made for all that lies below it.
        if ir
            .steps
            .iter()
            .filter(|step| !matches!(step.action, Action::Matches { .. }))
            .any(|step| step.target != path && within(&step.target, &path))
        {
            return true;
        }
        let holds = |action: &Action| {
            use Action::{Bind, Devpts, File, Proc, Symlink, Sysfs, Tmpfs};
            matches!(
                action,
                Tmpfs { .. } | Bind { .. } | Proc | Sysfs | Devpts | File { .. } | Symlink(_)
            )
        };
        let above = ir
            .steps
            .iter()
            .filter(|one| holds(&one.action) && within(&path, &one.target));
        let Some(step) = above.max_by_key(|step| step.target.len()) else {
            return false;
        };
        match &step.action {
            Action::Symlink(to) => {
                let rest = path.get(step.target.len()..).unwrap_or_default();
                path = format!("/{}{rest}", to.trim_start_matches('/'));
            }
            Action::Tmpfs { .. } => return step.target == path,
            Action::File { .. } => return false,
            _ => return true,
        }
    }
    true
}
