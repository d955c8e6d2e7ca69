//! A policy's meaning at random, for filters that are there.

use super::source_line;
use purple_plan::{
    Basis, CallRule, Comparison, Condition, Filter, Interface, NamedCall, Number, SourceLine,
    Strength, interface_flags,
};

/// A meaning for filters, made of numbers: as many interfaces, calls, rules and conditions as come.
#[derive(Debug)]
pub(super) struct Meanings {
    numbers: std::vec::IntoIter<u32>,
    pub(super) interfaces: Vec<Interface>,
    pub(super) beyond: Vec<Number>,
    pub(super) calls: Vec<NamedCall>,
    pub(super) rules: Vec<CallRule>,
    pub(super) conditions: Vec<Condition>,
}

impl Meanings {
    pub(super) fn of(filters: &[Filter<'_>], numbers: Vec<u32>) -> Self {
        let (interfaces, beyond, calls) = (Vec::new(), Vec::new(), Vec::new());
        let (rules, conditions, numbers) = (Vec::new(), Vec::new(), numbers.into_iter());
        let mut made = Self {
            numbers,
            interfaces,
            beyond,
            calls,
            rules,
            conditions,
        };
        for filter in filters {
            made.interface(filter.audit_arch, filter.audit_arch, 0);
            for (audit_arch, x32) in [(5, 0), (5, interface_flags::X32), (9, 0)] {
                if made.below(2) == 0 {
                    made.interface(filter.audit_arch, audit_arch, x32);
                }
            }
        }
        made
    }

    fn next(&mut self) -> u32 {
        self.numbers.next().unwrap_or(0)
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }

    fn action(&mut self) -> u32 {
        let errno = 0x0005_0001 + self.below(4095);
        let all = [errno, 0, 0x0003_0000, 0x7fc0_0000, 0x7ffc_0000, 0x8000_0000];
        *all.get(self.below(6) as usize).expect("one of six")
    }

    fn interface(&mut self, filter: u32, audit_arch: u32, x32: u32) {
        let (beyond, calls, newest) = (self.below(3), self.below(4), self.next() >> 1);
        self.beyond.extend((1..=beyond).map(|number| Number {
            number: newest + number,
        }));
        let mut number = self.next() >> 1;
        for _ in 0..calls {
            number += 1 + self.below(9);
            self.call(number);
        }
        let line = source_line(self.next());
        let flags = x32 | self.below(2);
        let (enosys, denial) = (1 + self.below(4095), self.action());
        let one = Interface {
            filter,
            audit_arch,
            flags,
            newest,
            enosys,
            denial,
            line,
            beyond,
            calls,
        };
        self.interfaces.push(one);
    }

    fn call(&mut self, number: u32) {
        let basis = *Basis::ALL.get(self.below(5) as usize).expect("one of five");
        let nowhere = matches!(basis, Basis::Baseline | Basis::Default);
        let line = if nowhere {
            SourceLine::NONE
        } else {
            source_line(self.next())
        };
        let rules = u16::try_from(self.below(3)).expect("small");
        let plain = matches!(basis, Basis::Allowed | Basis::Default);
        let guard = if plain {
            u16::try_from(self.below(4)).expect("small")
        } else {
            0
        };
        for at in 0..rules {
            let later = *Strength::ALL.get(usize::from(2 * at)).expect("one of five");
            let (action, line, conditions) =
                (self.action(), source_line(self.next()), self.below(3));
            self.rules.push(CallRule {
                strength: later,
                action,
                line,
                conditions,
            });
            for _ in 0..conditions {
                let one = self.condition();
                self.conditions.push(one);
            }
        }
        let first = Condition {
            comparison: Comparison::Ne,
            mask: 0,
            ..self.condition()
        };
        self.conditions.extend((0..guard).map(|at| Condition {
            line: SourceLine::NONE,
            value: u64::from(number) + u64::from(at),
            ..first
        }));
        self.calls.push(NamedCall {
            number,
            basis,
            line,
            rules,
            guard,
        });
    }

    fn condition(&mut self) -> Condition {
        let comparison = *Comparison::ALL
            .get(self.below(8) as usize)
            .expect("one of eight");
        let masked = matches!(comparison, Comparison::MaskedEq | Comparison::MaskedNe);
        let bits = *[8_u16, 16, 32, 64]
            .get(self.below(4) as usize)
            .expect("one of four");
        Condition {
            comparison,
            arg: u16::try_from(self.below(6)).expect("small"),
            bits,
            line: source_line(self.next()),
            value: u64::from(self.next()) << 20,
            mask: if masked {
                u64::from(self.below(256))
            } else {
                0
            },
        }
    }
}
