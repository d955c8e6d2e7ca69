//! The steps that build the file system, as records.

use super::lines::Lines;
use super::texts::StepTexts;
use crate::ir::{Action, Attributes, Step, Stub};
use purple_plan::{Mount, MountKind, mount_attrs, mount_flags};

/// The record of a step.
pub(super) fn mount<'t>(step: &Step, text: &'t StepTexts, lines: Lines<'_>) -> Mount<'t> {
    let (size, inodes, mode) = match step.action {
        Action::Tmpfs { bytes, files, mode } => (bytes, files, mode),
        Action::File { mode, .. } => (0, 0, mode),
        _ => (0, 0, 0),
    };
    Mount {
        kind: kind(&step.action),
        flags: flags(step),
        attrs: attributes(step.attributes),
        size,
        inodes,
        mode,
        line: lines.of(step.span),
        source: &text.source,
        target: &text.target,
        content: &text.content,
    }
}

const fn kind(action: &Action) -> MountKind {
    match action {
        Action::Tmpfs { .. } => MountKind::Tmpfs,
        Action::Bind { .. } => MountKind::Bind,
        Action::Proc => MountKind::Proc,
        Action::Sysfs => MountKind::Sysfs,
        Action::Devpts => MountKind::Devpts,
        Action::File { .. } => MountKind::File,
        Action::Symlink(_) => MountKind::Symlink,
        Action::Mask | Action::Protect { hidden: true, .. } => MountKind::Mask,
        Action::Matches { hidden: true } => MountKind::MaskMatches,
        Action::Matches { hidden: false } => MountKind::SelfBindMatches,
        Action::ReadOnly | Action::Pin | Action::Protect { hidden: false, .. } => {
            MountKind::SelfBind
        }
        Action::Seal => MountKind::Attributes,
        Action::Setting(_) => MountKind::Setting,
    }
}

fn flags(step: &Step) -> u32 {
    let of_action = match &step.action {
        Action::Bind { owned: true, .. } => mount_flags::RECURSIVE | mount_flags::OWNED,
        Action::Bind { .. } | Action::ReadOnly | Action::Pin => mount_flags::RECURSIVE,
        Action::Protect { stub, .. } => {
            mount_flags::RECURSIVE
                | match stub {
                    Stub::Directory => mount_flags::STUB_DIRECTORY,
                    Stub::File(_) => mount_flags::STUB_FILE,
                    Stub::Socket => mount_flags::STUB_SOCKET,
                }
        }
        _ => 0,
    };
    let existing = if step.existing {
        mount_flags::EXISTING
    } else {
        0
    };
    let optional = if step.optional {
        mount_flags::OPTIONAL
    } else {
        0
    };
    of_action | existing | optional
}

fn attributes(attributes: Attributes) -> u64 {
    [
        (attributes.read_only, mount_attrs::RDONLY),
        (attributes.no_suid, mount_attrs::NOSUID),
        (attributes.no_dev, mount_attrs::NODEV),
        (attributes.no_exec, mount_attrs::NOEXEC),
    ]
    .into_iter()
    .filter(|&(set, _)| set)
    .fold(0, |bits, (_, bit)| bits | bit)
}
