//! Rules as the policy writes them.

use purple_policy as policy;

use crate::source::Span;

/// A rule as the policy writes it: in `advanced_rules`, or as an entry of a list.
#[derive(Debug, Clone)]
pub(super) struct WrittenRule<'p> {
    pub(super) syscall: &'p str,
    pub(super) name_span: Span,
    pub(super) action: policy::Action,
    /// The error, and where it is named.
    pub(super) errno: Option<(&'p str, Span)>,
    pub(super) when: RuleCondition<'p>,
    /// The whole rule.
    pub(super) span: Span,
}

/// When a rule holds, as the policy writes it, and where.
#[derive(Debug, Clone)]
pub(super) enum RuleCondition<'p> {
    /// Always.
    Always,
    /// When the condition in a text does.
    Text(&'p str, String),
    /// When all of a list do.
    List(&'p [policy::Condition], String),
}

impl RuleCondition<'_> {
    /// Whether it looks at arguments.
    pub(super) const fn is_conditional(&self) -> bool {
        !matches!(self, Self::Always)
    }
}
