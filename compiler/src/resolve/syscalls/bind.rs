//! A condition's names to positions and numbers, on one interface.

mod home;
mod operand;
mod value;

pub(super) use value::Constant;

use std::collections::BTreeSet;
use std::ops::Range;

use super::alternatives::{MOST_ALTERNATIVES, Truth};
use super::arguments::{Arguments, NoArgument};
use super::constants;
use super::expression::{self, FaultKind, Kind, Node, Operator};
use super::resolver::{Resolver, Unsound};
use crate::diagnostics::{Applicability, Diagnostic, quote};
use crate::ir::syscalls::{Condition, Test};
use crate::source::Span;
use crate::syscalls::Argument;
use value::Operand;

/// Binds the text of one scalar of the policy.
pub(super) struct Binder<'b, 'r> {
    pub(super) resolver: &'b mut Resolver<'r>,
    /// Where the text stands.
    pub(super) pointer: &'b str,
    pub(super) arguments: &'b Arguments,
    /// Whether this is the first interface that has the call: it reports all that is to be said;
    /// the others what does not work there.
    pub(super) first: bool,
    /// Whether it was said that a part always holds: what it is a part of may do so too.
    reported: bool,
    /// The constants of which it was said that they belong elsewhere.
    misplaced: BTreeSet<Span>,
}

impl<'b, 'r> Binder<'b, 'r> {
    pub(super) const fn new(
        resolver: &'b mut Resolver<'r>,
        pointer: &'b str,
        arguments: &'b Arguments,
        first: bool,
    ) -> Self {
        Self {
            resolver,
            pointer,
            arguments,
            first,
            reported: false,
            misplaced: BTreeSet::new(),
        }
    }

    /// The alternatives that a condition comes to.
    pub(super) fn alternatives(&mut self, text: &str) -> Result<Vec<Vec<Condition>>, Unsound> {
        let node = self.parsed(text)?;
        let truth = self.truth(&node, &(0..text.len()))?;
        if let Some(yes) = truth.yes {
            return Ok(yes.lists);
        }
        let span = self.span(&node.range);
        let message = format!("the condition has more than {MOST_ALTERNATIVES} alternatives");
        self.resolver.report(
            Diagnostic::error("condition-too-complex", span, message)
                .with_help("a mask or an ordered comparison can replace many values"),
        );
        Err(Unsound)
    }

    /// The constant that a text is, such as `O_CREAT|O_EXCL`.
    pub(super) fn constant(&mut self, text: &str, of: Argument) -> Result<Constant, Unsound> {
        let node = self.parsed(text)?;
        match self.operand(&node, Some(of))? {
            Operand::Constant(constant) => Ok(constant),
            Operand::Argument { .. } => self.misused(
                &node.range,
                "an argument is compared with a constant, not with an argument".to_owned(),
                "write a number or constants such as `O_CREAT|O_EXCL`",
            ),
        }
    }

    fn parsed(&mut self, text: &str) -> Result<Node, Unsound> {
        expression::parse(text).map_err(|fault| {
            if let Some(unsound) = self.on_pointer(text) {
                return unsound;
            }
            let span = self.span(&fault.range);
            let diagnostic = match fault.kind {
                FaultKind::Syntax => Diagnostic::error("condition-syntax", span, fault.message),
                FaultKind::Size => Diagnostic::error("condition-too-complex", span, fault.message),
            };
            self.resolver.report(diagnostic.with_help(fault.help));
            Unsound
        })
    }

    /// A text that is no condition because it compares a pointer with text, such as `pathname == "/etc/passwd"`.
    fn on_pointer(&mut self, text: &str) -> Option<Unsound> {
        let name = text.trim_start_matches(['!', '(', ' ']);
        let end = name.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
        let start = text.len() - name.len();
        let found = self
            .arguments
            .at(self.arguments.position(name.get(..end)?)?);
        if !matches!(found, Err(NoArgument::Pointer(_))) {
            return None;
        }
        self.looked_at(found, &(start..start + end)).err()
    }

    fn span(&self, range: &Range<usize>) -> Span {
        self.resolver
            .document
            .part_span(self.pointer, range.clone())
    }

    fn truth(&mut self, node: &Node, whole: &Range<usize>) -> Result<Truth, Unsound> {
        let truth = match &node.kind {
            Kind::Any(parts) => Truth::any(self.truths(parts, whole)?),
            Kind::All(parts) => Truth::all(self.truths(parts, whole)?),
            Kind::Not(inner) => return Ok(self.truth(inner, whole)?.negated()),
            Kind::Compare(left, operator, right) => {
                self.comparison(node, left, *operator, right)?
            }
            Kind::Member { of, negated, set } => {
                let each: Vec<_> = set
                    .iter()
                    .map(|value| self.comparison(node, of, Operator::Eq, value))
                    .collect();
                let any = Truth::any(each.into_iter().collect::<Result<_, _>>()?);
                if *negated { any.negated() } else { any }
            }
            _ => self.bare(node)?,
        };
        self.check_sense(node, &truth, whole)?;
        Ok(truth)
    }

    /// Every part, so that each can say what is wrong with it.
    fn truths(&mut self, parts: &[Node], whole: &Range<usize>) -> Result<Vec<Truth>, Unsound> {
        let each: Vec<_> = parts.iter().map(|part| self.truth(part, whole)).collect();
        each.into_iter().collect()
    }

    /// Reports a part that never holds, or always does.
    fn check_sense(
        &mut self,
        node: &Node,
        truth: &Truth,
        whole: &Range<usize>,
    ) -> Result<(), Unsound> {
        if !self.first {
            return Ok(());
        }
        let span = self.span(&node.range);
        let is_whole = node.range == *whole;
        if !truth.can_hold() {
            let message = if is_whole {
                "this condition never holds, so the rule has no effect"
            } else {
                "this part of the condition never holds"
            };
            let mut diagnostic = Diagnostic::error("condition-never-holds", span, message);
            let lists = truth.yes.iter().flat_map(|yes| yes.lists.iter());
            let tests: Vec<Test> = lists.flatten().map(|condition| condition.test).collect();
            if let Some(why) = why_never(&tests) {
                diagnostic = diagnostic.with_help(why);
            }
            self.resolver.report(diagnostic);
            return Err(Unsound);
        }
        if !truth.can_fail() && !self.reported {
            self.reported = true;
            let message = if is_whole {
                "this condition always holds"
            } else {
                "this part of the condition always holds"
            };
            self.resolver.report(
                Diagnostic::warning("condition-always-holds", span, message)
                    .with_help("leave it out if you mean that"),
            );
        }
        Ok(())
    }

    fn comparison(
        &mut self,
        node: &Node,
        left: &Node,
        operator: Operator,
        right: &Node,
    ) -> Result<Truth, Unsound> {
        let context = self.argument_in(left).or_else(|| self.argument_in(right));
        let (one, other) = (self.operand(left, context), self.operand(right, context));
        let (position, argument, mask, constant, operator, value) = match (one?, other?) {
            (
                Operand::Argument {
                    position,
                    argument,
                    mask,
                },
                Operand::Constant(constant),
            ) => (position, argument, mask, constant, operator, right),
            (
                Operand::Constant(constant),
                Operand::Argument {
                    position,
                    argument,
                    mask,
                },
            ) => (
                position,
                argument,
                mask,
                constant,
                operator.mirrored(),
                left,
            ),
            (Operand::Constant(_), Operand::Constant(_)) => {
                let help = self.arguments.choices("").1;
                let message = "this compares two constants, and not an argument".to_owned();
                return self.misused(&node.range, message, help);
            }
            (Operand::Argument { .. }, Operand::Argument { .. }) => {
                let message = "a filter cannot compare two arguments".to_owned();
                return self.misused(&node.range, message, "compare each with a constant");
            }
        };
        let value = self.fitting(constant, argument, &value.range, "value")?;
        let test = match (mask, operator) {
            (Some(mask), Operator::Eq | Operator::Ne) => {
                let mask = self.fitting(mask, argument, &left.range, "mask")? & argument.mask();
                match operator {
                    Operator::Eq => Test::MaskedEq { mask, value },
                    _ => Test::MaskedNe { mask, value },
                }
            }
            (Some(_), _) => {
                let message =
                    format!("masked bits are compared with `==` and `!=`, not `{operator}`");
                return self.misused(
                    &node.range,
                    message,
                    "name the values: `flags & O_ACCMODE in {O_RDONLY, O_WRONLY}`",
                );
            }
            (None, Operator::Eq) => Test::Eq(value),
            (None, Operator::Ne) => Test::Ne(value),
            (None, Operator::Lt) => Test::Lt(value),
            (None, Operator::Le) => Test::Le(value),
            (None, Operator::Gt) => Test::Gt(value),
            (None, Operator::Ge) => Test::Ge(value),
        };
        let span = self.span(&node.range);
        let ordered = !matches!(operator, Operator::Eq | Operator::Ne);
        if self.first && ordered && constant.is_negative() {
            self.resolver.unsigned(span, None);
        }
        Ok(Truth::of(Condition {
            arg: position,
            width: argument.mask(),
            test,
            span,
        }))
    }

    /// A masked argument alone: some of the bits are set.
    fn bare(&mut self, node: &Node) -> Result<Truth, Unsound> {
        let context = self.argument_in(node);
        match self.operand(node, context)? {
            Operand::Argument {
                position,
                argument,
                mask: Some(mask),
            } => {
                let mask = self.fitting(mask, argument, &node.range, "mask")? & argument.mask();
                let (test, span) = (Test::MaskedNe { mask, value: 0 }, self.span(&node.range));
                Ok(Truth::of(Condition {
                    arg: position,
                    width: argument.mask(),
                    test,
                    span,
                }))
            }
            Operand::Argument { .. } => {
                let shown = quote(&node.to_string());
                let message = format!("{shown} alone is not a condition");
                self.misused(&node.range, message, format!("compare it: `{node} != 0`"))
            }
            Operand::Constant(_) => {
                let message = "this is a constant, not a condition".to_owned();
                let help = self.arguments.choices("").1;
                self.misused(&node.range, message, help)
            }
        }
    }

    fn name(
        &mut self,
        name: &str,
        range: &Range<usize>,
        context: Option<Argument>,
    ) -> Result<Operand, Unsound> {
        let arch = self.arguments.arch;
        if let Some(position) = self.arguments.position(name) {
            let found = self.arguments.at(position);
            let argument = self.looked_at(found, &range.clone())?;
            return Ok(Operand::Argument {
                position,
                argument,
                mask: None,
            });
        }
        if let Some(value) = constants::value(arch, name) {
            self.check_home(name, range, context);
            return Ok(Operand::Constant(value.into()));
        }
        let span = self.span(range);
        let homes = constants::homes(name);
        if !homes.is_empty() {
            let homes = homes
                .iter()
                .map(|arch| arch.name())
                .collect::<Vec<_>>()
                .join(", ");
            let message = format!("{arch} has no constant `{name}`");
            self.resolver.report(
                Diagnostic::error("condition-constant-elsewhere", span, message)
                    .with_help(format!("these have it: {homes}")),
            );
            return Err(Unsound);
        }
        if !self.first {
            let message = format!(
                "`{}` on {arch} has no argument {}",
                self.arguments.call,
                quote(name)
            );
            let help = self.arguments.choices(name).1;
            self.resolver.rule_not_here(span, message, help);
            return Err(Unsound);
        }
        self.unknown(name, span, context);
        Err(Unsound)
    }

    /// A name that is neither an argument nor a constant.
    fn unknown(&mut self, name: &str, span: Span, context: Option<Argument>) {
        let Arguments { arch, call, .. } = *self.arguments;
        let constant = name.contains(|letter: char| letter.is_ascii_uppercase());
        let message = if constant {
            format!("there is no constant {}", quote(name))
        } else {
            format!(
                "{} is neither an argument of `{call}` nor a constant",
                quote(name)
            )
        };
        let mut diagnostic = Diagnostic::error("condition-name-unknown", span, message);
        let (near, choices) = self.arguments.choices(name);
        let room = self.resolver.sink.has_room("condition-name-unknown");
        let guess = if constant || near.is_none() {
            room.then(|| constants::closest(arch, call, context, name))
                .flatten()
        } else {
            near
        };
        diagnostic = match guess {
            Some(guess) if constant => diagnostic.with_help(format!("did you mean `{guess}`?")),
            Some(guess) => diagnostic.with_help(format!("did you mean `{guess}`? {choices}")),
            None => diagnostic.with_help(choices),
        };
        // A text with escapes or line breaks is underlined as a whole.
        let exact = span.end.saturating_sub(span.start) == name.len();
        if let Some(guess) = guess.filter(|_| exact) {
            let message = format!("write `{guess}`");
            diagnostic = diagnostic.with_fix(Applicability::Unsafe, message, span, guess);
        }
        self.resolver.report(diagnostic);
    }

    /// The argument, or a report of why a filter cannot look at it.
    fn looked_at(
        &mut self,
        found: Result<Argument, NoArgument>,
        range: &Range<usize>,
    ) -> Result<Argument, Unsound> {
        let span = self.span(range);
        self.resolver.argument(found, span)
    }

    /// The argument that a value is compared with, to know which constants belong there.
    fn argument_in(&self, node: &Node) -> Option<Argument> {
        match &node.kind {
            Kind::Name(name) => self.arguments.at(self.arguments.position(name)?).ok(),
            Kind::Mask(parts) | Kind::Join(parts) => {
                parts.iter().find_map(|part| self.argument_in(part))
            }
            _ => None,
        }
    }

    fn fitting(
        &mut self,
        constant: Constant,
        argument: Argument,
        range: &Range<usize>,
        what: &str,
    ) -> Result<u64, Unsound> {
        let (value, fits) = constant.within(argument);
        if fits {
            return Ok(value);
        }
        let span = self.span(range);
        if !self.first {
            self.resolver.narrower(argument, self.arguments, span);
            return Ok(value);
        }
        self.resolver
            .too_wide(argument, self.arguments.call, what, span)
    }

    fn calculated<T>(&mut self, range: &Range<usize>) -> Result<T, Unsound> {
        let message = "a filter cannot calculate with an argument".to_owned();
        self.misused(range, message, "put the constant on the other side")
    }

    fn misused<T>(
        &mut self,
        range: &Range<usize>,
        message: String,
        help: impl Into<String>,
    ) -> Result<T, Unsound> {
        let span = self.span(range);
        self.resolver
            .report(Diagnostic::error("condition-operands", span, message).with_help(help));
        Err(Unsound)
    }
}

/// Why a comparison never holds, where there is one reason.
fn why_never(tests: &[Test]) -> Option<String> {
    match *tests {
        [Test::MaskedEq { mask, value }] if value & !mask != 0 => Some(format!(
            "`{:#x}` is outside of the mask `{mask:#x}`",
            value & !mask
        )),
        [Test::MaskedNe { mask: 0, .. }] => Some(
            "the mask is 0, so no bit is tested; `O_RDONLY` is 0: use the mask `O_ACCMODE`"
                .to_owned(),
        ),
        [Test::Lt(0)] => Some("the comparison is unsigned: nothing is below 0".to_owned()),
        _ => None,
    }
}
