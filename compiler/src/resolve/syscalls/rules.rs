//! The advanced rules: which call, what action, in what order.

use purple_policy as policy;

use super::conditions::Unsound;
use super::names::is_known;
use super::{Resolver, call_mut};
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{Action, Condition, Rule, Strength, Test};
use crate::source::Span;
use crate::syscalls::{Arch, errno_number, guarded, replaced, signature, syscall, variants};

/// The most rules of a policy, and the most conditions of them all: the check of a filter goes
/// through all of them for each call that it tries.
const MOST_RULES: usize = 1000;
const MOST_CONDITIONS: usize = 4000;

impl Resolver<'_> {
    /// Every rule, on each interface that has its call.
    pub(super) fn rules(&mut self) {
        let policy = self.policy;
        self.too_many_rules();
        for (at, rule) in policy.advanced_rules.iter().take(MOST_RULES).enumerate() {
            self.rule(rule, &format!("/syscalls/advanced_rules/{at}"));
        }
        for one in &mut self.interfaces {
            for call in one.calls.values_mut() {
                // Stable: rules of one strength stay in the policy's order.
                call.rules.sort_by_key(|rule| rule.strength);
            }
        }
        self.unreachable_rules();
        self.notes_on_allow_rules();
    }

    fn too_many_rules(&mut self) {
        let rules = &self.policy.advanced_rules;
        let conditions: usize = rules.iter().map(|rule| rule.conditions.len()).sum();
        let excess =
            [(rules.len(), MOST_RULES, "rules"), (conditions, MOST_CONDITIONS, "conditions")]
                .into_iter()
                .find(|(count, most, _)| count > most);
        if let Some((count, most, what)) = excess {
            let span = self.document.key_span("/syscalls/advanced_rules");
            let message = format!("these are {count} {what}, and a policy may have {most}");
            self.report(Diagnostic::error("too-many-rules", span, message).with_help(
                "masks and ordered comparisons say in one rule what many constants say",
            ));
        }
    }

    fn rule(&mut self, rule: &policy::AdvancedRule, pointer: &str) {
        let name_span = self.span(&format!("{pointer}/syscall"));
        if !is_known(&rule.syscall) {
            self.unknown(&rule.syscall, name_span);
            return;
        }
        if !self.check_rule_errno(rule, pointer) {
            return;
        }
        let strength = strength(rule.action);
        let archs: Vec<Arch> = self.interfaces.iter().map(|one| one.arch).collect();
        let (mut exists, mut instead) = (false, Vec::new());
        let (mut sound, mut first) = (true, true);
        // What the rule looks at, on the first architecture that has the call.
        let mut written_for = None;
        for (at, arch) in archs.into_iter().enumerate() {
            let mut targets: Vec<_> = syscall(arch, &rule.syscall).into_iter().collect();
            exists |= !targets.is_empty();
            if strength <= Strength::Deny {
                let names = if targets.is_empty() {
                    replaced(&rule.syscall).map(|known| known.by(arch)).unwrap_or_default()
                } else {
                    variants(arch, &rule.syscall)
                };
                for name in names {
                    if targets.is_empty() && !rule.conditions.is_empty() {
                        let absent = &rule.syscall;
                        self.rule_not_here(
                            name_span,
                            format!("{arch} has no `{absent}`, so what this rule denies would go through there"),
                            format!("`{name}` does its job, with arguments of its own: write the rule for that call"),
                        );
                        return;
                    }
                    instead.push((arch, name));
                }
                targets.extend(
                    instead.iter().filter_map(|(a, name)| {
                        (*a == arch).then(|| syscall(arch, name)).flatten()
                    }),
                );
            }
            for (name, number) in targets {
                if !sound {
                    return;
                }
                if !rule.conditions.is_empty() {
                    let looked_at = looked_at(arch, name, rule);
                    match &written_for {
                        None => written_for = Some(looked_at),
                        Some(meant) if *meant == looked_at => {}
                        Some(_) => {
                            let written = &rule.syscall;
                            self.rule_not_here(
                                name_span,
                                format!("`{name}` does the job of `{written}` on {arch}, with other arguments where this rule looks"),
                                format!("leave {arch} out, or drop the conditions: a condition by position would miss there"),
                            );
                            return;
                        }
                    }
                }
                let resolved = self.conditions(rule, pointer, arch, name, first);
                first = false;
                match resolved {
                    Ok(conditions) => self.add_rule(at, (name, number), rule, conditions, pointer),
                    Err(Unsound) => sound = false,
                }
            }
        }
        if !exists {
            if instead.is_empty() {
                self.elsewhere(&rule.syscall, name_span, "this rule has no effect");
            } else {
                self.report_replaced(&rule.syscall, name_span, &instead);
            }
        }
    }

    fn add_rule(
        &mut self,
        at: usize,
        (name, number): (&'static str, u32),
        rule: &policy::AdvancedRule,
        conditions: Vec<Condition>,
        pointer: &str,
    ) {
        let span = self.span(pointer);
        let Some(arch) = self.interfaces.get(at).map(|one| one.arch) else { return };
        let action = self.action(rule, arch);
        let strength = strength(rule.action);
        let (alternatives, guarded) = within_guard(arch, name, strength, conditions, span);
        if let Some(one) = self.interfaces.get_mut(at) {
            call_mut(one, name, number).rules.extend(
                alternatives.into_iter().map(|conditions| Rule {
                    strength,
                    action,
                    conditions,
                    span,
                }),
            );
        }
        if let (Some(why), 0) = (guarded, at) {
            self.report(
                Diagnostic::note("rule-guarded", span, format!("this rule is narrower: {why}"))
                    .with_help("to let more through, compare that argument with `eq`"),
            );
        }
    }

    fn action(&self, rule: &policy::AdvancedRule, arch: Arch) -> Action {
        match rule.action {
            policy::Action::Allow => Action::Allow,
            policy::Action::Log => Action::Log,
            policy::Action::Notify => Action::Notify,
            policy::Action::Kill => Action::KillProcess,
            policy::Action::KillThread => Action::KillThread,
            policy::Action::Trap => Action::Trap,
            policy::Action::Deny | policy::Action::Errno => rule
                .errno
                .as_deref()
                .and_then(|name| errno_number(arch, name))
                .map_or_else(|| self.denial(arch), Action::Errno),
        }
    }

    fn check_rule_errno(&mut self, rule: &policy::AdvancedRule, pointer: &str) -> bool {
        let Some(name) = &rule.errno else { return true };
        let span = self.span(&format!("{pointer}/errno"));
        if !matches!(rule.action, policy::Action::Deny | policy::Action::Errno) {
            let message = "only the actions `deny` and `errno` answer with an error";
            self.report(
                Diagnostic::warning("rule-errno-unused", span, message)
                    .with_help("remove it, or make the action `errno`"),
            );
        }
        self.check_errno(name, span)
    }

    fn rule_not_here(&mut self, span: Span, message: String, help: String) {
        self.report(Diagnostic::error("rule-not-here", span, message).with_help(help));
    }

    /// A rule behind one that always holds.
    fn unreachable_rules(&mut self) {
        let mut found = Vec::new();
        for call in self.interfaces.iter().take(1).flat_map(|one| one.calls.values()) {
            let mut always: Option<Span> = None;
            for rule in &call.rules {
                match always {
                    Some(stronger) => {
                        let message = format!("this rule on `{}` is never reached", call.name);
                        found.push(
                            Diagnostic::warning("rule-unreachable", rule.span, message)
                                .with_related(
                                    stronger,
                                    "this one always holds, and is tried first",
                                ),
                        );
                    }
                    None if rule.conditions.is_empty() => always = Some(rule.span),
                    _ => {}
                }
            }
        }
        for diagnostic in found {
            self.report(diagnostic);
        }
    }

    /// What a conditional allow does to the lists beside it.
    fn notes_on_allow_rules(&mut self) {
        let mut found = Vec::new();
        for one in self.interfaces.iter().take(1) {
            for call in one.calls.values() {
                let allows = call.rules.iter().filter(|rule| rule.strength == Strength::Allow);
                let Some(first) = allows.clone().next() else { continue };
                if allows.clone().any(|rule| rule.conditions.is_empty()) {
                    continue;
                }
                let name = call.name;
                if let Some(denied) = call.denied {
                    let message = format!("this rule opens a hole in the denial of `{name}`");
                    found.push(
                        Diagnostic::note("rule-opens-deny", first.span, message)
                            .with_related(denied, "denied here")
                            .with_help("where its conditions hold the call goes through"),
                    );
                } else if call.allowed.is_some() || (!one.default.deny && !call.baseline) {
                    let message = format!("this rule narrows the allowing of `{name}`");
                    let place = call.allowed.unwrap_or(one.default.span);
                    found.push(
                        Diagnostic::note("rule-narrows-allow", first.span, message)
                            .with_related(place, "allowed here")
                            .with_help("where no allow rule's conditions hold the call is denied"),
                    );
                }
            }
        }
        for diagnostic in found {
            self.report(diagnostic);
        }
    }
}

const fn strength(action: policy::Action) -> Strength {
    match action {
        policy::Action::Kill => Strength::Kill,
        policy::Action::KillThread => Strength::KillThread,
        policy::Action::Trap => Strength::Trap,
        policy::Action::Deny | policy::Action::Errno => Strength::Deny,
        policy::Action::Notify => Strength::Notify,
        policy::Action::Log => Strength::Log,
        policy::Action::Allow => Strength::Allow,
    }
}

/// A rule that lets a guarded call through, and compares the guarded argument with no constant
/// for equality, stays within the guard: another family takes a rule that names it. Gives the
/// alternatives that say so, and why.
fn within_guard(
    arch: Arch,
    name: &str,
    strength: Strength,
    conditions: Vec<Condition>,
    span: Span,
) -> (Vec<Vec<Condition>>, Option<&'static str>) {
    let lets_through = matches!(strength, Strength::Allow | Strength::Log);
    let Some(guard) = guarded(arch, name).filter(|_| lets_through) else {
        return (vec![conditions], None);
    };
    let names_it = |condition: &Condition| {
        condition.arg == guard.arg
            && match condition.test {
                Test::Eq(_) => true,
                Test::MaskedEq { mask, .. } => mask == condition.width,
                _ => false,
            }
    };
    if conditions.iter().any(names_it) {
        return (vec![conditions], None);
    }
    let width = u64::from(u32::MAX);
    let with = |test| Condition { arg: guard.arg, width, test, span };
    let alternatives = if guard.only {
        let each = guard
            .values
            .iter()
            .map(|&value| conditions.iter().copied().chain([with(Test::Eq(value))]).collect());
        each.collect()
    } else {
        let others = guard.values.iter().map(|&value| with(Test::Ne(value)));
        vec![conditions.iter().copied().chain(others).collect()]
    };
    (alternatives, Some(guard.why))
}

/// The kernel's names for the arguments that a rule compares; empty where nobody says what they are.
fn looked_at(arch: Arch, name: &str, rule: &policy::AdvancedRule) -> Vec<Option<&'static str>> {
    let Some(arguments) = signature(arch, name) else { return Vec::new() };
    let named = |condition: &policy::Condition| {
        arguments.get(usize::from(condition.arg)).map(|argument| argument.name)
    };
    rule.conditions.iter().map(named).collect()
}
