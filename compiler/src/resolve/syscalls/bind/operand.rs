//! The two sides of a comparison: numbers, and arguments with a mask.

use super::Binder;
use super::value::{Constant, Operand};
use crate::resolve::syscalls::expression::{Kind, Node};
use crate::resolve::syscalls::resolver::Unsound;
use crate::syscalls::Argument;

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
                    let message = "`-` needs a number up to 2^63 after it".to_owned();
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
                let message = "`|` joins constants, and `&` binds stronger".to_owned();
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
