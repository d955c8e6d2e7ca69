//! The advanced rules: which call, what action, in what order.

use purple_policy as policy;

use super::absent::Place;
use super::arguments::Arguments;
use super::names::is_known;
use super::resolver::{Resolver, call_mut};
use super::written::{RuleCondition, WrittenRule};
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{Action, Condition, Rule, Strength, Test, impossible};
use crate::source::Span;
use crate::syscalls::{Arch, errno_number, guarded, replaced, syscall, variants};

/// The most rules of a policy, and the most conditions of them all: the check of a filter goes
/// through all of them for each call that it tries.
const MOST_RULES: usize = 1000;
const MOST_CONDITIONS: usize = 4000;

impl<'a> Resolver<'a> {
    /// Every rule, on each interface that has its call: those of the lists first.
    pub(super) fn rules(&mut self) {
        self.too_many_rules();
        let policy = self.policy;
        let advanced = policy.advanced_rules.iter().take(MOST_RULES).enumerate();
        let advanced: Vec<_> = advanced.map(|(at, rule)| self.advanced(rule, at)).collect();
        self.written.extend(advanced);
        for rule in self.written.clone() {
            if !self.rule(&rule) {
                break;
            }
        }
        for one in &mut self.interfaces {
            for call in one.calls.values_mut() {
                // Stable: rules of one strength stay in the policy's order.
                call.rules.sort_by_key(|rule| rule.strength);
            }
        }
    }

    fn advanced(&self, rule: &'a policy::AdvancedRule, at: usize) -> WrittenRule<'a> {
        let pointer = format!("/syscalls/advanced_rules/{at}");
        let conditions = format!("{pointer}/conditions");
        let errno = rule.errno.as_deref();
        WrittenRule {
            syscall: &rule.syscall,
            name_span: self.span(&format!("{pointer}/syscall")),
            action: rule.action,
            errno: errno.map(|name| (name, self.span(&format!("{pointer}/errno")))),
            when: match &rule.conditions {
                policy::Conditions::Text(text) => RuleCondition::Text(text, conditions),
                policy::Conditions::List(list) if list.is_empty() => RuleCondition::Always,
                policy::Conditions::List(list) => RuleCondition::List(list, conditions),
            },
            span: self.span(&pointer),
        }
    }

    fn too_many_rules(&mut self) {
        let rules = &self.policy.advanced_rules;
        let listed = |rule: &policy::AdvancedRule| match &rule.conditions {
            policy::Conditions::Text(_) => 0,
            policy::Conditions::List(list) => list.len(),
        };
        let conditions: usize = rules.iter().map(listed).sum();
        let excess = [
            (rules.len(), MOST_RULES, "rules"),
            (conditions, MOST_CONDITIONS, "conditions"),
        ]
        .into_iter()
        .find(|(count, most, _)| count > most);
        if let Some((count, most, what)) = excess {
            let span = self.document.key_span("/syscalls/advanced_rules");
            let message = format!("these are {count} {what}, and a policy may have {most}");
            self.report_too_many(span, message);
        }
    }

    fn report_too_many(&mut self, span: Span, message: String) {
        self.report(
            Diagnostic::error("too-many-rules", span, message)
                .with_help("masks and ordered comparisons say in one rule what many constants say"),
        );
    }

    /// Counts what the rules come to; `false` where it is too much.
    fn has_room(&mut self, alternatives: &[Vec<Condition>], span: Span) -> bool {
        self.rule_count += alternatives.len();
        self.condition_count += alternatives.iter().map(Vec::len).sum::<usize>();
        let fits = self.rule_count <= MOST_RULES && self.condition_count <= MOST_CONDITIONS;
        if !fits {
            let message = format!(
                "with this one, the alternatives of all rules are more than {MOST_RULES}, or have \
                 more than {MOST_CONDITIONS} conditions"
            );
            self.report_too_many(span, message);
        }
        fits
    }

    /// One rule; `false` where the policy has too many.
    fn rule(&mut self, rule: &WrittenRule<'a>) -> bool {
        let name_span = rule.name_span;
        self.check_rule_errno(rule);
        if rule.syscall.starts_with(['@', '!']) {
            self.group_not_here(name_span);
            return true;
        }
        if !is_known(rule.syscall) {
            self.unknown(rule.syscall, name_span);
            return true;
        }
        self.ruled_names.entry(rule.syscall).or_insert(rule.span);
        let strength = strength(rule.action);
        let archs: Vec<Arch> = self.interfaces.iter().map(|one| one.arch).collect();
        let (mut exists, mut instead) = (false, Vec::new());
        let mut first = true;
        // What the rule looks at, on the first architecture that has the call.
        let mut written_for = None;
        for (at, arch) in archs.into_iter().enumerate() {
            let mut targets: Vec<_> = syscall(arch, rule.syscall).into_iter().collect();
            exists |= !targets.is_empty();
            if strength <= Strength::Deny {
                let names = if targets.is_empty() {
                    replaced(rule.syscall)
                        .map(|known| known.by(arch))
                        .unwrap_or_default()
                } else {
                    variants(arch, rule.syscall)
                };
                for name in names {
                    if targets.is_empty() && rule.when.is_conditional() {
                        let absent = rule.syscall;
                        self.rule_not_here(
                            name_span,
                            format!("{arch} has no `{absent}`, so what this rule denies would go through there"),
                            format!("`{name}` does its job, with arguments of its own: write the rule for that call"),
                        );
                        return true;
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
                let arguments = Arguments::of(arch, name);
                if let RuleCondition::List(list, _) = rule.when {
                    let looked_at = looked_at(&arguments, list);
                    match &written_for {
                        None => written_for = Some(looked_at),
                        Some(meant) if *meant == looked_at => {}
                        Some(_) => {
                            let written = rule.syscall;
                            self.rule_not_here(
                                name_span,
                                format!("`{name}` does the job of `{written}` on {arch}, with other arguments where this rule looks"),
                                format!("leave {arch} out, or drop the conditions: a condition by position would miss there"),
                            );
                            return true;
                        }
                    }
                }
                let resolved = self.alternatives(&rule.when, name_span, &arguments, first);
                let Ok(alternatives) = resolved else {
                    return true;
                };
                if first && !self.has_room(&alternatives, rule.span) {
                    return false;
                }
                if first {
                    self.signed(rule.action, &alternatives, &arguments);
                }
                first = false;
                self.add_rule(at, (name, number), rule, alternatives);
            }
        }
        if !exists {
            if instead.is_empty() {
                self.elsewhere(rule.syscall, name_span, Place::Rule);
            } else {
                self.report_replaced(rule.syscall, name_span, &instead);
            }
        }
        true
    }

    /// Notes ordered comparisons that are about more than they seem to be: filters compare without
    /// a sign. A rule that lets through has `fd > 2` hold for -1 too; one that stops does not have
    /// `nice < 5` hold for -20.
    fn signed(
        &mut self,
        action: policy::Action,
        alternatives: &[Vec<Condition>],
        arguments: &Arguments,
    ) {
        use policy::Action::{Allow, Log};
        let lets_through = matches!(action, Allow | Log);
        for conditions in alternatives {
            for condition in conditions {
                let Ok(argument) = arguments.at(condition.arg) else {
                    continue;
                };
                let sign = (argument.mask() >> 1) + 1;
                let surprises = match condition.test {
                    Test::Gt(value) => lets_through && value < sign,
                    Test::Ge(value) => lets_through && value < sign && value > 0,
                    Test::Lt(value) | Test::Le(value) => !lets_through && value < sign,
                    _ => false,
                };
                if !surprises || !arguments.is_signed(condition.arg) {
                    continue;
                }
                let negative = Condition {
                    test: Test::MaskedEq {
                        mask: sign,
                        value: sign,
                    },
                    ..*condition
                };
                let others = conditions
                    .iter()
                    .filter(|one| lets_through || *one != condition);
                let mut with: Vec<Condition> = others.copied().collect();
                with.push(negative);
                if !impossible(&with) {
                    self.unsigned(condition.span, Some(argument));
                }
            }
        }
    }

    fn add_rule(
        &mut self,
        at: usize,
        (name, number): (&'static str, u32),
        rule: &WrittenRule<'a>,
        written: Vec<Vec<Condition>>,
    ) {
        let span = rule.span;
        let Some(arch) = self.interfaces.get(at).map(|one| one.arch) else {
            return;
        };
        let action = self.action(rule, arch, name);
        let strength = strength(rule.action);
        let (mut alternatives, mut guarded) = (Vec::new(), None);
        for conditions in written {
            let (within, why) = within_guard(arch, name, strength, conditions, span);
            alternatives.extend(within);
            guarded = guarded.or(why);
        }
        if let Some(one) = self.interfaces.get_mut(at) {
            call_mut(one, name, number)
                .rules
                .extend(alternatives.into_iter().map(|conditions| Rule {
                    strength,
                    action,
                    conditions,
                    span,
                }));
        }
        if let (Some(why), 0) = (guarded, at) {
            self.report(
                Diagnostic::note(
                    "rule-guarded",
                    span,
                    format!("this rule is narrower: {why}"),
                )
                .with_help("to let more through, compare that argument with `==` or `eq`"),
            );
        }
    }

    fn action(&self, rule: &WrittenRule<'a>, arch: Arch, name: &str) -> Action {
        match rule.action {
            policy::Action::Allow => Action::Allow,
            policy::Action::Log => Action::Log,
            policy::Action::Notify => Action::Notify,
            policy::Action::Kill => Action::KillProcess,
            policy::Action::KillThread => Action::KillThread,
            policy::Action::Trap => Action::Trap,
            policy::Action::Deny | policy::Action::Errno => rule
                .errno
                .and_then(|(name, _)| errno_number(arch, name))
                .map_or_else(|| self.denial_of(arch, name), Action::Errno),
        }
    }

    fn check_rule_errno(&mut self, rule: &WrittenRule<'a>) {
        let Some((name, span)) = rule.errno else {
            return;
        };
        if !matches!(rule.action, policy::Action::Deny | policy::Action::Errno) {
            let message = "only the actions `deny` and `errno` answer with an error";
            self.report(
                Diagnostic::warning("rule-errno-unused", span, message)
                    .with_help("remove it, or make the action `errno`"),
            );
        }
        self.check_errno(name, span);
    }

    pub(super) fn rule_not_here(&mut self, span: Span, message: String, help: String) {
        self.report(Diagnostic::error("rule-not-here", span, message).with_help(help));
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
    let with = |test| Condition {
        arg: guard.arg,
        width,
        test,
        span,
    };
    let alternatives = if guard.only {
        let each = guard.values.iter().map(|&value| {
            let beside = guard.beside.filter(|beside| beside.value == value);
            let beside = beside.map(|beside| Condition {
                arg: beside.arg,
                ..with(Test::Eq(beside.equals))
            });
            let own = conditions.iter().copied();
            own.chain([with(Test::Eq(value))]).chain(beside).collect()
        });
        each.collect()
    } else {
        let others = guard.values.iter().map(|&value| with(Test::Ne(value)));
        vec![conditions.iter().copied().chain(others).collect()]
    };
    (alternatives, Some(guard.why))
}

/// The kernel's names for the arguments that a list compares by position; empty where nobody says
/// what they are.
fn looked_at(arguments: &Arguments, list: &[policy::Condition]) -> Vec<Option<&'static str>> {
    if !arguments.are_known() {
        return Vec::new();
    }
    let by_position = |condition: &policy::Condition| match condition.arg {
        policy::Argument::Position(position) => Some(arguments.name_at(position)),
        policy::Argument::Name(_) => None,
    };
    list.iter().filter_map(by_position).collect()
}
