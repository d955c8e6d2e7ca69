//! Conditions on arguments, typed after the kernel's own signatures.

use purple_policy::{self as policy, ArgumentValue, Operator};

use super::arguments::{Arguments, NoArgument};
use super::bind::{Binder, Constant};
use super::resolver::{Resolver, Unsound};
use super::written::RuleCondition;
use crate::diagnostics::{Diagnostic, quote};
use crate::ir::syscalls::{Condition, Test, impossible};
use crate::source::Span;
use crate::syscalls::Argument;

impl Resolver<'_> {
    /// The alternatives under which a rule holds for one call on one interface. The `first`
    /// interface reports all that is to be said; the others what does not work there.
    pub(super) fn alternatives(
        &mut self,
        when: &RuleCondition<'_>,
        name_span: Span,
        arguments: &Arguments,
        first: bool,
    ) -> Result<Vec<Vec<Condition>>, Unsound> {
        if !arguments.are_known() && when.is_conditional() && first {
            let message = format!(
                "the kernel no longer has `{}`; its arguments are taken as 64 bits wide",
                arguments.call
            );
            self.report(Diagnostic::warning("signature-unknown", name_span, message));
        }
        match when {
            RuleCondition::Always => Ok(vec![Vec::new()]),
            RuleCondition::Text(text, pointer) => {
                Binder::new(self, pointer, arguments, first).alternatives(text)
            }
            RuleCondition::List(list, pointer) => self
                .list(list, pointer, arguments, first)
                .map(|all| vec![all]),
        }
    }

    fn list(
        &mut self,
        list: &[policy::Condition],
        pointer: &str,
        arguments: &Arguments,
        first: bool,
    ) -> Result<Vec<Condition>, Unsound> {
        let mut conditions = Vec::new();
        let mut sound = true;
        for (at, written) in list.iter().enumerate() {
            let source = ConditionSource {
                pointer: format!("{pointer}/{at}"),
                arguments,
                first,
            };
            match self.condition(written, &source) {
                Ok(condition) => conditions.push(condition),
                Err(Unsound) => sound = false,
            }
        }
        if sound && first && impossible(&conditions) {
            let message = "these conditions never hold together, so the rule has no effect";
            let span = self.span(pointer);
            self.report(
                Diagnostic::error("condition-never-holds", span, message).with_help(
                    "all conditions of one rule must hold; write a rule for each alternative",
                ),
            );
            sound = false;
        }
        if sound { Ok(conditions) } else { Err(Unsound) }
    }

    fn condition(
        &mut self,
        written: &policy::Condition,
        source: &ConditionSource<'_>,
    ) -> Result<Condition, Unsound> {
        let span = self.span(&source.pointer);
        let (arg, argument) = self.written_argument(&written.arg, source)?;
        let width = argument.mask();
        let value = self.constant(&written.value, argument, "value", source)?;
        let mask = match (written.op, &written.mask) {
            (Operator::MaskedEq | Operator::MaskedNe, Some(mask)) => {
                self.constant(mask, argument, "mask", source)?
            }
            (Operator::MaskedEq | Operator::MaskedNe, None) => {
                self.report(
                    Diagnostic::error(
                        "condition-mask-missing",
                        span,
                        "a masked comparison needs a `mask`",
                    )
                    .with_help("add `mask:` with the bits to compare, such as `0o3`"),
                );
                return Err(Unsound);
            }
            (_, Some(_)) => {
                let span = self.span(&format!("{}/mask", source.pointer));
                self.report(
                    Diagnostic::error(
                        "condition-mask-unused",
                        span,
                        "only `masked_eq` and `masked_ne` use a `mask`",
                    )
                    .with_help("remove the mask, or use one of these operators"),
                );
                return Err(Unsound);
            }
            (_, None) => width,
        };
        let test = match written.op {
            Operator::Eq => Test::Eq(value),
            Operator::Ne => Test::Ne(value),
            Operator::Lt => Test::Lt(value),
            Operator::Le => Test::Le(value),
            Operator::Gt => Test::Gt(value),
            Operator::Ge => Test::Ge(value),
            Operator::MaskedEq => Test::MaskedEq {
                mask: mask & width,
                value,
            },
            Operator::MaskedNe => Test::MaskedNe {
                mask: mask & width,
                value,
            },
        };
        if source.first {
            self.check_sense(written, test, width, span)?;
        }
        Ok(Condition {
            arg,
            width,
            test,
            span,
        })
    }

    /// The argument that a condition is about, if a filter can look at it.
    fn written_argument(
        &mut self,
        written: &policy::Argument,
        source: &ConditionSource<'_>,
    ) -> Result<(u8, Argument), Unsound> {
        let ConditionSource { arguments, .. } = *source;
        let span = self.span(&format!("{}/arg", source.pointer));
        let position = match written {
            policy::Argument::Position(position) => Some(*position),
            policy::Argument::Name(name) => arguments.position(name).or_else(|| {
                let message = format!(
                    "`{}` on {} has no argument {}",
                    arguments.call,
                    arguments.arch,
                    quote(name)
                );
                let help = match arguments.choices(name) {
                    (Some(near), all) => format!("did you mean `{near}`? {all}"),
                    (None, all) => all,
                };
                let missing = Diagnostic::error("condition-argument-missing", span, message);
                self.report(missing.with_help(help));
                None
            }),
        };
        let position = position.ok_or(Unsound)?;
        let argument = self.argument(arguments.at(position), span)?;
        Ok((position, argument))
    }

    /// The argument, or a report of why a filter cannot look at it.
    pub(super) fn argument(
        &mut self,
        found: Result<Argument, NoArgument>,
        span: Span,
    ) -> Result<Argument, Unsound> {
        found.map_err(|why| {
            self.report(match why {
                NoArgument::Missing(message) => {
                    Diagnostic::error("condition-argument-missing", span, message)
                }
                NoArgument::Pointer(message) => Diagnostic::error(
                    "condition-on-pointer",
                    span,
                    message,
                )
                .with_help(
                    "a filter cannot read paths: use `filesystem` to choose which files are shown, \
                        `read_only` and masked",
                ),
            });
            Unsound
        })
    }

    /// A constant in the width of its argument.
    fn constant(
        &mut self,
        written: &ArgumentValue,
        argument: Argument,
        key: &str,
        source: &ConditionSource<'_>,
    ) -> Result<u64, Unsound> {
        let pointer = format!("{}/{key}", source.pointer);
        let constant: Constant = match written {
            ArgumentValue::Unsigned(value) => i128::from(*value).into(),
            ArgumentValue::Signed(value) => i128::from(*value).into(),
            ArgumentValue::Text(text) => {
                Binder::new(self, &pointer, source.arguments, source.first)
                    .constant(text, argument)?
            }
        };
        let (value, fits) = constant.within(argument);
        if fits {
            return Ok(value);
        }
        let span = self.span(&pointer);
        if !source.first {
            self.narrower(argument, source.arguments, span);
            return Ok(value);
        }
        self.too_wide(argument, source.arguments.call, key, span)
    }

    /// Notes that another interface's narrower argument cannot have the value: the test then never
    /// holds there, or always does, which is what the same comparison means.
    pub(super) fn narrower(&mut self, argument: Argument, arguments: &Arguments, span: Span) {
        let Arguments { arch, call, .. } = *arguments;
        let Argument { name, bits, .. } = argument;
        let message = format!(
            "on {arch} `{call}` has {bits} bits of `{name}`, so this is always or never true there"
        );
        self.report(
            Diagnostic::note("condition-narrow-elsewhere", span, message).with_help(format!(
                "leave {arch} out of `architectures`, or deny `{call}` there by a value that fits"
            )),
        );
    }

    pub(super) fn too_wide<T>(
        &mut self,
        argument: Argument,
        call: &str,
        what: &str,
        span: Span,
    ) -> Result<T, Unsound> {
        let message = format!(
            "the kernel reads {} bits of argument `{}` of `{call}`, and this {what} needs more",
            argument.bits, argument.name
        );
        self.report(Diagnostic::error("condition-constant-wide", span, message));
        Err(Unsound)
    }

    /// Reports a test that never or always holds, or orders negative numbers.
    fn check_sense(
        &mut self,
        written: &policy::Condition,
        test: Test,
        width: u64,
        span: Span,
    ) -> Result<(), Unsound> {
        let outcome = match test {
            Test::Lt(0) | Test::MaskedNe { mask: 0, value: 0 } => Some(false),
            Test::Ge(0) | Test::MaskedEq { mask: 0, value: 0 } => Some(true),
            Test::Gt(value) if value == width => Some(false),
            Test::Le(value) if value == width => Some(true),
            Test::MaskedEq { mask, value } if value & !mask != 0 => Some(false),
            Test::MaskedNe { mask, value } if value & !mask != 0 => Some(true),
            _ => None,
        };
        match outcome {
            Some(false) => {
                let message = "this condition never holds, so the rule has no effect";
                self.report(Diagnostic::error("condition-never-holds", span, message));
                return Err(Unsound);
            }
            Some(true) => self.report(
                Diagnostic::warning(
                    "condition-always-holds",
                    span,
                    "this condition always holds",
                )
                .with_help("leave it out if you mean that"),
            ),
            None => {}
        }
        let ordered = matches!(test, Test::Lt(_) | Test::Le(_) | Test::Gt(_) | Test::Ge(_));
        if ordered && matches!(written.value, ArgumentValue::Signed(value) if value < 0) {
            self.unsigned(span, None);
        }
        Ok(())
    }

    /// Notes an ordered comparison with a negative number, or of an argument that may be negative.
    pub(super) fn unsigned(&mut self, span: Span, argument: Option<Argument>) {
        let message = "the comparison is unsigned: a negative number counts as larger than every positive one";
        let found = Diagnostic::note("condition-unsigned", span, message);
        self.report(match argument {
            None => found,
            Some(argument) => found.with_help(format!(
                "`{} & {:#x} == 0` holds where `{}` is not negative",
                argument.name,
                (argument.mask() >> 1) + 1,
                argument.name
            )),
        });
    }
}

/// A condition in a list: where it is written, and for which call.
struct ConditionSource<'p> {
    pointer: String,
    arguments: &'p Arguments,
    first: bool,
}
