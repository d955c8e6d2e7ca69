//! What a side of a comparison comes to: a number, or an argument with a mask.

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
    pub(super) complement: bool,
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
