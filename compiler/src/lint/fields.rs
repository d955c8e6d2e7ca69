//! Rules that look at a part of a field, and rules against writing that leave a way to write.

use super::equivalents::own_rules;
use super::scope::{Scope, listed};
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{Action, ArchMeaning, Call, CallMeaning, Condition, Meaning, Rule, Test};
use crate::source::Span;
use crate::syscalls::constants::{Choices, constant, constants_for};
use crate::syscalls::{Argument, signature};

/// Runs the lints on every interface of every architecture.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let ir = scope.ir;
    for one in ir.meanings().flat_map(Meaning::interfaces) {
        let with_rules = one.calls.iter().filter(|(_, call)| !call.rules.is_empty());
        for (&number, call) in with_rules {
            if own_rules(one, call.name).next().is_none() {
                continue;
            }
            let arguments = signature(one.arch, call.name).unwrap_or_default();
            let mut parts = false;
            for condition in own_rules(one, call.name).flat_map(|rule| &rule.conditions) {
                let argument = arguments.get(usize::from(condition.arg));
                parts |=
                    argument.is_some_and(|argument| part(one, call, *argument, condition, scope));
            }
            if one.denial != Action::Log && !parts {
                writing(one, number, call, &arguments, scope);
            }
        }
    }
}

/// Reports a test of some bits of a field, where several of the field's constants are alike to it.
fn part(
    one: &ArchMeaning,
    call: &CallMeaning,
    argument: Argument,
    condition: &Condition,
    scope: &mut Scope<'_>,
) -> bool {
    let (Test::MaskedEq { mask, .. } | Test::MaskedNe { mask, .. }) = condition.test else {
        return false;
    };
    let families = constants_for(one.arch, call.name, argument.name);
    let mut with_field = families.iter().filter(|family| family.field.is_some());
    // Where an argument has several fields, which one it holds depends on another argument.
    let (Some(family), None) = (with_field.next(), with_field.next()) else {
        return false;
    };
    let Some((field, constants)) = &family.field else {
        return false;
    };
    let bits = mask & field;
    if bits == 0 || bits == *field {
        return false;
    }
    let alike = alike(constants, bits);
    if alike.len() < 2 {
        return false;
    }
    let name = family
        .mask
        .map_or_else(|| format!("{field:#x}"), str::to_owned);
    let message = format!(
        "this tests a part of the field `{name}` of `{}`: it does not distinguish {}",
        argument.name,
        listed(&alike)
    );
    let help = format!(
        "the bits of `{name}` hold one value: compare the whole, as in `{} & {name} == {}`",
        argument.name,
        alike.first().unwrap_or(&"0")
    );
    scope.report(
        Diagnostic::warning("condition-field-part", condition.span, message).with_help(help),
    );
    true
}

/// The first constants of a field that have the same bits under a mask.
fn alike(constants: &[(&'static str, u64)], bits: u64) -> Vec<&'static str> {
    let group = |of: u64| -> Vec<&'static str> {
        let same = constants.iter().filter(|(_, value)| value & bits == of);
        same.map(|(name, _)| *name).collect()
    };
    let mut groups = constants.iter().map(|(_, value)| group(value & bits));
    groups.find(|group| group.len() > 1).unwrap_or_default()
}

/// Reports rules on the flags of a call that opens files, where they deny writing and leave a way to write.
fn writing(
    one: &ArchMeaning,
    number: u32,
    call: &CallMeaning,
    arguments: &[Argument],
    scope: &mut Scope<'_>,
) {
    let opens = |argument: &Argument| {
        let families = constants_for(one.arch, call.name, argument.name);
        families
            .iter()
            .any(|family: &Choices| family.mask == Some("O_ACCMODE"))
    };
    let Some(at) = arguments.iter().position(opens) else {
        return;
    };
    let (Some(argument), Some(place)) = (arguments.get(at), only_about(one, call, at)) else {
        return;
    };
    let passes = |names: &[&str]| {
        let flags = names.iter().filter_map(|name| constant(one.arch, name));
        let mut args = [0; 6];
        args.iter_mut()
            .skip(at)
            .take(1)
            .for_each(|arg| *arg = flags.clone().sum());
        let call = Call {
            audit_arch: one.arch.audit(),
            number,
            args,
        };
        matches!(one.verdict(&call).action, Action::Allow | Action::Log)
    };
    let (writes, both) = (passes(&["O_WRONLY"]), passes(&["O_RDWR"]));
    let ways: &[&[&str]] = match (writes, both) {
        (false, true) => &[&["O_RDWR"]],
        (false, false) if call.name.starts_with("open") => {
            &[&["O_RDONLY", "O_CREAT"], &["O_RDONLY", "O_TRUNC"]]
        }
        _ => return,
    };
    let left: Vec<String> = ways
        .iter()
        .filter(|names| passes(names))
        .map(|names| names.join("|"))
        .collect();
    let left: Vec<&str> = left.iter().map(String::as_str).collect();
    if left.is_empty() {
        return;
    }
    let message = format!(
        "this denies `O_WRONLY` to `{}` and leaves {}, with which a program {}",
        call.name,
        listed(&left),
        if both {
            "writes too"
        } else {
            "creates and empties files"
        }
    );
    let help = format!(
        "to allow reading alone, write `{} & (O_ACCMODE|O_CREAT|O_TRUNC) == O_RDONLY`",
        argument.name
    );
    scope.report(Diagnostic::warning("rule-leaves-writing", place, message).with_help(help));
}

/// The place of the first of a call's own rules, where all their conditions are about one argument.
fn only_about(one: &ArchMeaning, call: &CallMeaning, at: usize) -> Option<Span> {
    let mut rules = own_rules(one, call.name).peekable();
    let first = rules.peek()?.span;
    let about = |rule: &Rule| {
        rule.conditions
            .iter()
            .all(|condition| usize::from(condition.arg) == at)
    };
    rules.all(about).then_some(first)
}
