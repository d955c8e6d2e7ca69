//! Conditions on arguments, typed after the kernel's own signatures.

use purple_policy::{AdvancedRule, ArgumentValue, Condition as Written, Operator};

use super::Resolver;
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{Condition, Test};
use crate::source::Span;
use crate::syscalls::{Arch, Argument, Kind, signature};

/// A condition that cannot be enforced as written; it was reported.
pub(super) struct Unsound;

impl Resolver<'_> {
    /// A rule's conditions for one call on one interface. The `first` interface reports all that
    /// is to be said; the others what does not work there.
    pub(super) fn conditions(
        &mut self,
        rule: &AdvancedRule,
        pointer: &str,
        arch: Arch,
        name: &'static str,
        first: bool,
    ) -> Result<Vec<Condition>, Unsound> {
        let arguments = signature(arch, name);
        if arguments.is_none() && !rule.conditions.is_empty() && first {
            let message = format!(
                "the kernel no longer has `{name}`; its arguments are taken as 64 bits wide"
            );
            let span = self.span(&format!("{pointer}/syscall"));
            self.report(Diagnostic::warning("signature-unknown", span, message));
        }
        let mut conditions = Vec::new();
        let mut sound = true;
        for (at, written) in rule.conditions.iter().enumerate() {
            let place = Place { pointer: format!("{pointer}/conditions/{at}"), arch, name, first };
            match self.condition(written, arguments.as_deref(), &place) {
                Ok(condition) => conditions.push(condition),
                Err(Unsound) => sound = false,
            }
        }
        if sound { Ok(conditions) } else { Err(Unsound) }
    }

    fn condition(
        &mut self,
        written: &Written,
        arguments: Option<&[Argument]>,
        place: &Place,
    ) -> Result<Condition, Unsound> {
        let span = self.span(&place.pointer);
        let argument = self.argument(written, arguments, place)?;
        let width = argument.mask();
        let value = self.constant(written.value, argument, "value", place)?;
        let mask = match (written.op, written.mask) {
            (Operator::MaskedEq | Operator::MaskedNe, Some(mask)) => {
                self.constant(mask, argument, "mask", place)?
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
                let span = self.span(&format!("{}/mask", place.pointer));
                self.report(
                    Diagnostic::error(
                        "condition-mask-unused",
                        span,
                        "only `masked_eq` and `masked_ne` look at a `mask`",
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
            Operator::MaskedEq => Test::MaskedEq { mask: mask & width, value },
            Operator::MaskedNe => Test::MaskedNe { mask: mask & width, value },
        };
        if place.first {
            self.check_sense(written, test, width, span)?;
        }
        Ok(Condition { arg: written.arg, width, test, span })
    }

    /// The argument that a condition is about, if a filter can look at it.
    fn argument(
        &mut self,
        written: &Written,
        arguments: Option<&[Argument]>,
        place: &Place,
    ) -> Result<Argument, Unsound> {
        let span = self.span(&format!("{}/arg", place.pointer));
        let Place { name, arch, .. } = *place;
        let position = usize::from(written.arg);
        let Some(arguments) = arguments else {
            if position < 6 {
                return Ok(Argument { name: "unknown", kind: Kind::Long, bits: 64 });
            }
            let message =
                format!("no system call has an argument {position}; they count from 0 to 5");
            return self.unsound("condition-argument-missing", span, message);
        };
        let Some(argument) = arguments.get(position).copied() else {
            let taken = match arguments.len() {
                0 => "no arguments".to_owned(),
                1 => "one argument, 0".to_owned(),
                count => format!("{count} arguments, from 0 to {}", count - 1),
            };
            let message = format!("`{name}` on {arch} has {taken}");
            return self.unsound("condition-argument-missing", span, message);
        };
        match argument.kind {
            Kind::Pointer => {
                let message = format!(
                    "argument {position} of `{name}` on {arch}, `{}`, is a pointer: a filter sees \
                     the address, not what is there",
                    argument.name
                );
                self.unsound("condition-on-pointer", span, message)
            }
            Kind::Pad => {
                let message = format!("`{name}` on {arch} does not use argument {position}");
                self.unsound("condition-argument-missing", span, message)
            }
            _ => Ok(argument),
        }
    }

    /// A constant in the width of its argument.
    fn constant(
        &mut self,
        written: ArgumentValue,
        argument: Argument,
        key: &str,
        place: &Place,
    ) -> Result<u64, Unsound> {
        let width = argument.mask();
        let (fits, value) = match written {
            ArgumentValue::Unsigned(value) => (value & !width == 0, value),
            ArgumentValue::Signed(value) => {
                let lowest = -1_i128 << (argument.bits - 1);
                (i128::from(value) >= lowest, value.cast_unsigned() & width)
            }
        };
        // Another interface's narrower argument can't have the value: the test then never holds,
        // or always does, which is what the same comparison means there.
        if fits || !place.first {
            return Ok(value);
        }
        let span = self.span(&format!("{}/{key}", place.pointer));
        let message = format!(
            "the kernel looks at {} bits of argument `{}` of `{}`, and this {key} needs more",
            argument.bits, argument.name, place.name
        );
        self.unsound("condition-constant-wide", span, message)
    }

    /// Reports a test that never or always holds, or orders negative numbers.
    fn check_sense(
        &mut self,
        written: &Written,
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
                let message = "this condition never holds, so the rule has no effect".to_owned();
                return self.unsound("condition-never-holds", span, message);
            }
            Some(true) => self.report(
                Diagnostic::warning("condition-always-holds", span, "this condition always holds")
                    .with_help("leave it out if that is meant"),
            ),
            None => {}
        }
        let ordered = matches!(test, Test::Lt(_) | Test::Le(_) | Test::Gt(_) | Test::Ge(_));
        if ordered && matches!(written.value, ArgumentValue::Signed(value) if value < 0) {
            let message = "the comparison is unsigned: a negative number counts as larger than every positive one";
            self.report(Diagnostic::note("condition-unsigned", span, message));
        }
        Ok(())
    }

    fn unsound<T>(
        &mut self,
        code: &'static str,
        span: Span,
        message: String,
    ) -> Result<T, Unsound> {
        self.report(Diagnostic::error(code, span, message));
        Err(Unsound)
    }
}

/// The condition in question: where it is written, and for which call.
struct Place {
    pointer: String,
    arch: Arch,
    name: &'static str,
    first: bool,
}
