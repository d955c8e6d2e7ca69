//! The other back end: libseccomp makes the program from the same meaning, and it is checked in the
//! same way. For people who must use that library; its programs are several times as long.
//!
//! The library gets only what it is known to be right about: for each call, rules that no two hold
//! of at once, each a comparison of arguments under masks ([`cubes`]). What is above the table gets
//! its default action; so every number below has a rule. One architecture, the machine's own.

mod cubes;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _};

use libseccomp::{
    ScmpAction, ScmpArch, ScmpArgCompare, ScmpCompareOp, ScmpFilterContext, ScmpSyscall,
};
use nix::sys::memfd::{MFdFlags, memfd_create};

use self::cubes::{Cube, rules};
use super::generate::{Graph, Label, on_call};
use super::instruction::ARGUMENTS;
use super::{LONGEST, Program, Report, check};
use crate::diagnostics::{Diagnostic, Sink};
use crate::ir::syscalls::{Action, CallMeaning, Meaning, evaluate};
use crate::source::Span;
use crate::syscalls::Arch;

/// The checked program that libseccomp makes for a meaning. `None`: it cannot, and the sink says why.
pub fn emit_by_libseccomp(meaning: &Meaning, sink: &mut Sink) -> Option<(Program, Report)> {
    match generate(meaning).and_then(|program| checked(meaning, program)) {
        Ok(done) => Some(done),
        Err(refused) => {
            let Refused { span, message } = refused;
            let span = span.unwrap_or(meaning.native.default.span);
            sink.push(Diagnostic::error("libseccomp-cannot", span, message).with_help(
                "compile without `--backend libseccomp`: the compiler's own filters are also shorter",
            ));
            None
        }
    }
}

/// Why there is no program, and the line that is to blame, if there is one.
struct Refused {
    span: Option<Span>,
    message: String,
}

impl Refused {
    fn whole(message: String) -> Self {
        Self {
            span: None,
            message,
        }
    }
}

/// Like a program of our own; what is wrong is the library's fault.
fn checked(meaning: &Meaning, program: Program) -> Result<(Program, Report), Refused> {
    let length = program.instructions.len();
    if length > LONGEST {
        return Err(Refused::whole(format!(
            "libseccomp makes a filter of {length} instructions; the kernel accepts at most {LONGEST}"
        )));
    }
    match check(meaning, &program) {
        Ok(report) => Ok((program, report)),
        Err(found) => Err(Refused {
            span: evaluate(meaning, &found.call).origin,
            message: format!("libseccomp makes a wrong filter: {found}"),
        }),
    }
}

fn generate(meaning: &Meaning) -> Result<Program, Refused> {
    let native = &meaning.native;
    if !meaning.compat.is_empty() {
        return Err(Refused::whole(
            "libseccomp cannot distinguish the calls of several architectures by number".to_owned(),
        ));
    }
    if machine() != Some(native.arch) {
        let message = format!("libseccomp cannot make a filter for {} here", native.arch);
        return Err(Refused::whole(message));
    }
    let failed = |error| Refused::whole(format!("libseccomp fails: {error}"));
    let unknown = ScmpAction::Errno(native.enosys.into());
    let mut filter = ScmpFilterContext::new(unknown).map_err(failed)?;
    filter
        .set_act_badarch(ScmpAction::KillProcess)
        .map_err(failed)?;
    // A binary tree over the numbers.
    filter.set_ctl_optimize(2).map_err(failed)?;
    let unnamed = scmp(if native.default.deny {
        native.denial
    } else {
        Action::Allow
    });
    for number in (0..=native.newest).chain(native.beyond.iter().copied()) {
        let Some(call) = native.calls.get(&number) else {
            if unnamed != unknown {
                add(&mut filter, number, unnamed, &[]).map_err(failed)?;
            }
            continue;
        };
        let mut graph = Graph::default();
        let label = on_call(&mut graph, native, call);
        add_call(
            &mut filter,
            number,
            call,
            &graph,
            label,
            native.arch.big_endian(),
            unknown,
        )?;
    }
    export(&filter).map_err(Refused::whole)
}

/// The architecture of this machine, for which alone the library takes plain numbers.
fn machine() -> Option<Arch> {
    match ScmpArch::native() {
        ScmpArch::X8664 => Some(Arch::X86_64),
        ScmpArch::Aarch64 => Some(Arch::Aarch64),
        ScmpArch::Riscv64 => Some(Arch::Riscv64),
        ScmpArch::Ppc64Le => Some(Arch::Ppc64le),
        ScmpArch::S390X => Some(Arch::S390x),
        _ => None,
    }
}

/// Adds the rules of one call.
fn add_call(
    filter: &mut ScmpFilterContext,
    number: u32,
    call: &CallMeaning,
    graph: &Graph,
    label: Label,
    big_endian: bool,
    unknown: ScmpAction,
) -> Result<(), Refused> {
    let refused = |why: String| Refused {
        span: call.rules.first().map(|rule| rule.span).or(call.allowed),
        message: format!(
            "libseccomp cannot express the rules on `{}`: {why}",
            call.name
        ),
    };
    let all = rules(graph, label).ok_or_else(|| {
        refused(
            "it needs too many comparisons, because each has one argument and one mask".to_owned(),
        )
    })?;
    for (action, words) in all {
        let action = scmp(action);
        // The library refuses a rule that says what happens anyway.
        if action == unknown {
            continue;
        }
        let mut arguments: BTreeMap<u8, (u64, u64)> = BTreeMap::new();
        for (offset, Cube { known, bits }) in words {
            let Some((argument, upper)) = half(offset, big_endian) else {
                continue;
            };
            let shift = if upper { 32 } else { 0 };
            let (mask, value) = arguments.entry(argument).or_default();
            *mask |= u64::from(known) << shift;
            *value |= u64::from(bits) << shift;
        }
        let compare = |(argument, (mask, value)): (u8, (u64, u64))| {
            ScmpArgCompare::new(argument.into(), ScmpCompareOp::MaskedEqual(mask), value)
        };
        let comparisons: Vec<ScmpArgCompare> = arguments.into_iter().map(compare).collect();
        add(filter, number, action, &comparisons).map_err(|error| refused(error.to_string()))?;
    }
    Ok(())
}

/// Which argument, and whether its upper half, lies at an offset.
fn half(offset: u32, big_endian: bool) -> Option<(u8, bool)> {
    let within = offset.checked_sub(ARGUMENTS)?;
    let position = u8::try_from(within / 8).ok()?;
    Some((position, (within % 8 == 4) != big_endian))
}

fn add(
    filter: &mut ScmpFilterContext,
    number: u32,
    action: ScmpAction,
    comparisons: &[ScmpArgCompare],
) -> Result<(), libseccomp::error::SeccompError> {
    // Numbers are far below 2^31; one that is not is none of the library's.
    let call = ScmpSyscall::from_raw_syscall(i32::try_from(number).unwrap_or(-1));
    if comparisons.is_empty() {
        filter.add_rule_exact(action, call)?;
    } else {
        filter.add_rule_conditional_exact(action, call, comparisons)?;
    }
    Ok(())
}

const fn scmp(action: Action) -> ScmpAction {
    match action {
        Action::Allow => ScmpAction::Allow,
        Action::Log => ScmpAction::Log,
        Action::Notify => ScmpAction::Notify,
        Action::Errno(number) => ScmpAction::Errno(number as i32),
        Action::Trap => ScmpAction::Trap,
        Action::KillThread => ScmpAction::KillThread,
        Action::KillProcess => ScmpAction::KillProcess,
    }
}

/// The program, through a file in memory: the library writes to a descriptor.
fn export(filter: &ScmpFilterContext) -> Result<Program, String> {
    let memory = memfd_create(c"filter", MFdFlags::MFD_CLOEXEC)
        .map_err(|error| format!("no memory for libseccomp's filter: {error}"))?;
    let mut memory = File::from(memory);
    filter
        .export_bpf(&memory)
        .map_err(|error| format!("libseccomp returns no filter: {error}"))?;
    let mut bytes = Vec::new();
    memory
        .rewind()
        .and_then(|()| memory.read_to_end(&mut bytes))
        .map_err(|error| format!("libseccomp's filter cannot be read: {error}"))?;
    Program::from_le_bytes(&bytes)
        .ok_or_else(|| "libseccomp returns an incomplete instruction".to_owned())
}

#[cfg(test)]
mod tests;
