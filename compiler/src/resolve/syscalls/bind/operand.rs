//! The two sides of a comparison: numbers, and arguments with a mask.

use super::{Binder, Unsound};
use crate::resolve::syscalls::expression::{Kind, Node};
use crate::syscalls::Argument;

/// A number, or an argument of which a filter can look at some bits.
pub(super) enum Operand {
    Constant(Constant),
    Argument {
        position: u8,
        argument: Argument,
        mask: Option<Constant>,
    },
}

/// A number before anybody asks how wide it may be.
#[derive(Debug, Clone, Copy)]
pub(in crate::resolve::syscalls) struct Constant {
    pub(super) value: i128,
    /// Whether it stands for all bits but some, so that it is as wide as its argument.
    complement: bool,
}

impl From<i128> for Constant {
    fn from(value: i128) -> Self {
        Self {
            value,
            complement: false,
        }
    }
}

impl Constant {
    /// The constant in the width of an argument, and whether it fits there.
    pub(in crate::resolve::syscalls) fn within(self, argument: Argument) -> (u64, bool) {
        let width = i128::from(argument.mask());
        let (fits, kept) = if self.value >= 0 {
            (self.value <= width, i128::from(u64::MAX))
        } else {
            let bits = if self.complement {
                argument.bits
            } else {
                argument.bits - 1
            };
            (self.value >= -1_i128 << bits, width)
        };
        (u64::try_from(self.value & kept).unwrap_or(u64::MAX), fits)
    }

    pub(super) const fn is_negative(self) -> bool {
        self.value < 0
    }
}

impl Binder<'_, '_> {
    pub(super) fn operand(
        &mut self,
        node: &Node,
        context: Option<Argument>,
    ) -> Result<Operand, Unsound> {
        match &node.kind {
            Kind::Number(number) => Ok(Operand::Constant(i128::from(*number).into())),
            Kind::Name(name) => self.name(name, &node.range, context),
            Kind::Negative(inner) => match (self.operand(inner, context)?, &inner.kind) {
                (Operand::Constant(constant), Kind::Number(number)) if *number <= 1 << 63 => {
                    Ok(Operand::Constant((-constant.value).into()))
                }
                (Operand::Constant(_), _) => {
                    let message = "`-` stands before a number up to 2^63".to_owned();
                    self.misused(&node.range, message, "write the value that is meant")
                }
                _ => self.calculated(&node.range),
            },
            Kind::Complement(inner) => match self.operand(inner, context)? {
                Operand::Constant(constant) => Ok(Operand::Constant(Constant {
                    value: !constant.value,
                    complement: !constant.complement,
                })),
                Operand::Argument { .. } => self.calculated(&node.range),
            },
            Kind::Mask(parts) => self.masked(node, parts, context),
            Kind::Join(parts) => self.joined(node, parts, context),
            Kind::Any(_)
            | Kind::All(_)
            | Kind::Not(_)
            | Kind::Compare(..)
            | Kind::Member { .. } => {
                let message = "this is a condition, where a value is expected".to_owned();
                self.misused(&node.range, message, "join conditions with `&&` or `||`")
            }
        }
    }

    fn masked(
        &mut self,
        node: &Node,
        parts: &[Node],
        context: Option<Argument>,
    ) -> Result<Operand, Unsound> {
        let each: Vec<_> = parts
            .iter()
            .map(|part| self.operand(part, context))
            .collect();
        let (mut about, mut bits) = (None, None::<Constant>);
        for operand in each.into_iter().collect::<Result<Vec<_>, _>>()? {
            let mask = match operand {
                Operand::Constant(constant) => Some(constant),
                Operand::Argument {
                    position,
                    argument,
                    mask,
                } => {
                    if about.replace((position, argument)).is_some() {
                        let message =
                            "a filter cannot mask an argument with an argument".to_owned();
                        return self.misused(&node.range, message, "mask each with a constant");
                    }
                    mask
                }
            };
            bits = match (bits, mask) {
                (Some(one), Some(other)) => Some(Constant {
                    value: one.value & other.value,
                    complement: one.complement && other.complement,
                }),
                (one, other) => one.or(other),
            };
        }
        Ok(match (about, bits) {
            (Some((position, argument)), mask) => Operand::Argument {
                position,
                argument,
                mask,
            },
            (None, bits) => Operand::Constant(bits.unwrap_or_else(|| 0.into())),
        })
    }

    fn joined(
        &mut self,
        node: &Node,
        parts: &[Node],
        context: Option<Argument>,
    ) -> Result<Operand, Unsound> {
        let each: Vec<_> = parts
            .iter()
            .map(|part| self.operand(part, context))
            .collect();
        let mut joined = Constant {
            value: 0,
            complement: false,
        };
        for operand in each.into_iter().collect::<Result<Vec<_>, _>>()? {
            let Operand::Constant(constant) = operand else {
                let message = "`|` joins constants, and `&` is stronger".to_owned();
                return self.misused(&node.range, message, regrouped(parts));
            };
            joined.value |= constant.value;
            joined.complement |= constant.complement;
        }
        Ok(Operand::Constant(joined))
    }
}

/// What somebody meant who wrote `flags & A | B`.
fn regrouped(parts: &[Node]) -> String {
    if let Some((
        Node {
            kind: Kind::Mask(masks),
            ..
        },
        rest,
    )) = parts.split_first()
        && let [about, mask] = masks.as_slice()
    {
        let bits: Vec<String> = std::iter::once(mask)
            .chain(rest)
            .map(Node::to_string)
            .collect();
        return format!("write `{about} & ({})`", bits.join("|"));
    }
    "put constants that are joined in parentheses: `flags & (O_CREAT|O_EXCL)`".to_owned()
}
