//! Limits of each process with which few programs start, and a mask that opens new files to other users.
//!
//! Measured with prlimit(1), Debian 12 on x86-64: bash and Python 3.11 start with 6 open files, dash with 12; dash starts in 4 MiB
//! of address space, Python in 16 MiB. Node and Java reserve gigabytes.

use super::scope::Scope;
use crate::diagnostics::Diagnostic;
use crate::ir::Resource;

/// Permission bits with which other users can change a file.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    if let Some(umask) = scope.resolved.process.umask
        && umask.value & WRITABLE_BY_OTHERS != WRITABLE_BY_OTHERS
    {
        let who = match umask.value & WRITABLE_BY_OTHERS {
            0 => "all other users",
            0o020 => "users outside of their group",
            _ => "users of their group",
        };
        let message = format!(
            "files that the program creates in output paths can be changed by {who} on the host"
        );
        scope.report(
            Diagnostic::note("umask-open", umask.span, message)
                .with_help("write `\"022\"`, or `\"027\"` to keep other users from reading too"),
        );
    }
    for limit in &scope.resolved.resources.of_each_process {
        let what = match (limit.resource, limit.most) {
            (Resource::OpenFiles, 0..12) => "a shell cannot start",
            (Resource::AddressSpace, 0..4_194_304) => "no program can start",
            (Resource::AddressSpace, 4_194_304..16_777_216) => "Python cannot start",
            (Resource::Processes, 0..4) => "a shell cannot start a pipe",
            (Resource::Stack, 0..131_072) => "few programs can start",
            _ => continue,
        };
        let name = limit.resource.name();
        let message = format!("a limit of {} for `{name}` is very low: {what}", limit.most);
        scope.report(
            Diagnostic::warning("rlimit-too-low", limit.span, message).with_help(
                "a number without a unit counts bytes where the limit has bytes; leave the limit out to keep the caller's",
            ),
        );
    }
}
