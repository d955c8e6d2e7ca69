//! Conditions in names: arguments as the kernel calls them, and constants of its headers where
//! they are the exact value. What is written here is what a policy may say.

use crate::ir::syscalls::{Action, Condition, Guard, Rule, Test};
use crate::syscalls::constants::{constant, constants_for, symbolic};
use crate::syscalls::{Arch, Argument, Kind, errno_name, guarded, signature, syscall_name};

/// A call whose arguments are named.
#[derive(Debug, Clone)]
pub struct Names {
    arch: Arch,
    call: &'static str,
    arguments: Vec<Argument>,
}

impl Names {
    /// The names for a number; of one that no call has, the arguments are `arg0` to `arg5`.
    pub fn of(arch: Arch, number: u32) -> Self {
        let call = syscall_name(arch, number).unwrap_or_default();
        Self {
            arch,
            call,
            arguments: signature(arch, call).unwrap_or_default(),
        }
    }

    /// Whether a policy may call the argument at a position by its name: whether nobody knows its
    /// name, or no other one has it.
    pub fn is_distinct(&self, position: usize) -> bool {
        let Some(argument) = self.arguments.get(position) else {
            return self.arguments.is_empty();
        };
        let same = |one: &&Argument| one.kind != Kind::Pad && one.name == argument.name;
        argument.kind != Kind::Pad && self.arguments.iter().filter(same).count() == 1
    }

    /// The name of the argument at a position.
    pub fn argument(&self, position: usize) -> String {
        let named = self.arguments.get(position).map(|one| one.name.to_owned());
        named.unwrap_or_else(|| format!("arg{position}"))
    }

    /// The value of an argument: as constants where they are exactly it, or else as a number.
    pub fn value(&self, position: usize, value: u64) -> String {
        self.constants(position, value)
            .unwrap_or_else(|| self.number(position, value, true))
    }

    /// A condition, such as `flags & O_ACCMODE != O_RDONLY`.
    pub fn condition(&self, condition: &Condition) -> String {
        self.condition_beside(condition, &[])
    }

    /// The same beside others that must hold with it: netlink's protocols have names of their own.
    pub fn condition_beside(&self, condition: &Condition, others: &[Condition]) -> String {
        let at = usize::from(condition.arg);
        let name = self.argument(at);
        let value_of = |value| {
            let named = self.netlink_protocol(condition.arg, value, others);
            named.map_or_else(|| self.value(at, value), str::to_owned)
        };
        let compared = |sign: &str, value| format!("{name} {sign} {}", value_of(value));
        let ordered =
            |sign: &str, value| format!("{name} {sign} {}", self.number(at, value, false));
        match condition.test {
            Test::Eq(value) => compared("==", value),
            Test::Ne(value) => compared("!=", value),
            Test::Lt(value) => ordered("<", value),
            Test::Le(value) => ordered("<=", value),
            Test::Gt(value) => ordered(">", value),
            Test::Ge(value) => ordered(">=", value),
            Test::MaskedEq { mask, value } => self.masked(at, mask, Some(("==", value))),
            Test::MaskedNe { mask, value: 0 } if self.field(at, mask).is_none() => {
                self.masked(at, mask, None)
            }
            Test::MaskedNe { mask, value } => self.masked(at, mask, Some(("!=", value))),
        }
    }

    /// Conditions that must all hold.
    pub fn all(&self, conditions: &[Condition]) -> String {
        let all = conditions.iter();
        let all: Vec<String> = all
            .map(|one| self.condition_beside(one, conditions))
            .collect();
        all.join(" and ")
    }

    /// The name of a netlink socket's protocol, where these conditions make it one.
    fn netlink_protocol(
        &self,
        arg: u8,
        value: u64,
        conditions: &[Condition],
    ) -> Option<&'static str> {
        let guard = guarded(self.arch, self.call)?;
        let beside = guard.beside.filter(|beside| beside.arg == arg)?;
        let is_family =
            |one: &Condition| one.arg == guard.arg && one.test == Test::Eq(beside.value);
        let argument = self.arguments.get(usize::from(arg))?.name;
        let choices = constants_for(self.arch, self.call, argument);
        let aliases = choices.iter().flat_map(|one| &one.aliases);
        let mut protocols = aliases.filter(|(name, _)| name.starts_with("NETLINK_"));
        let (name, _) = protocols.find(|(_, number)| *number == value)?;
        conditions.iter().any(is_family).then_some(*name)
    }

    /// Rules of which one must hold.
    pub fn any(&self, rules: &[Rule]) -> String {
        let single = |rule: &Rule| match rule.conditions.as_slice() {
            [
                Condition {
                    arg,
                    test: Test::Eq(value),
                    ..
                },
            ] => Some((*arg, *value)),
            _ => None,
        };
        let values: Option<Vec<(u8, u64)>> = rules.iter().map(single).collect();
        if let Some(values) = values
            && let [(arg, _), _, ..] = values.as_slice()
            && values.iter().all(|one| one.0 == *arg)
        {
            let at = usize::from(*arg);
            let values: Vec<String> = values.iter().map(|one| self.value(at, one.1)).collect();
            return format!("{} in {{{}}}", self.argument(at), values.join(", "));
        }
        let each: Vec<String> = rules
            .iter()
            .map(|rule| self.all(&rule.conditions))
            .collect();
        each.join(" or ")
    }

    /// The values that a guard lists, as a condition.
    pub fn listed(&self, guard: &Guard) -> String {
        let at = usize::from(guard.arg);
        let values: Vec<String> = guard
            .values
            .iter()
            .map(|one| self.value(at, *one))
            .collect();
        format!("{} in {{{}}}", self.argument(at), values.join(", "))
    }

    /// Bits of an argument that a program tests, such as `O_CREAT|O_TRUNC`.
    pub fn bits(&self, position: usize, bits: u64) -> String {
        let named = self.field(position, bits).map(str::to_owned);
        let named = named.or_else(|| self.without_zeros(&self.constants(position, bits)?));
        named.unwrap_or_else(|| self.number(position, bits, false))
    }

    fn masked(&self, at: usize, mask: u64, compared: Option<(&str, u64)>) -> String {
        let (name, bits) = (self.argument(at), self.bits(at, mask));
        let bits = if bits.contains('|') {
            format!("({bits})")
        } else {
            bits
        };
        let Some((sign, value)) = compared else {
            return format!("{name} & {bits}");
        };
        let value = match self.field(at, mask) {
            Some(_) => self.value(at, value),
            None if value == 0 => "0".to_owned(),
            None => self.bits(at, value),
        };
        format!("{name} & {bits} {sign} {value}")
    }

    /// The name of a mask whose bits hold one of several values.
    fn field(&self, position: usize, mask: u64) -> Option<&'static str> {
        let argument = self.arguments.get(position)?;
        let choices = constants_for(self.arch, self.call, argument.name);
        choices.into_iter().find_map(|one| {
            one.mask
                .filter(|_| one.field.is_some_and(|field| field.0 == mask))
        })
    }

    /// Constants that are exactly the value.
    fn constants(&self, position: usize, value: u64) -> Option<String> {
        /// Longer lists say less than a number does.
        const MOST: usize = 6;
        let argument = self.arguments.get(position)?;
        let found = symbolic(self.arch, self.call, argument.name, value)?;
        let mut parts = found
            .split('|')
            .map(|part| constant(self.arch, part).or_else(|| hexadecimal(part)));
        let joined = parts.try_fold(0, |all, one| Some(all | one?))?;
        let equal = joined == value || joined & argument.mask() == value;
        let exact = equal && found.split('|').count() <= MOST;
        exact.then_some(found)
    }

    /// Constants without those that are 0: under a mask that leaves their bits out, they say nothing.
    fn without_zeros(&self, constants: &str) -> Option<String> {
        let parts = constants
            .split('|')
            .filter(|part| constant(self.arch, part) != Some(0));
        let parts: Vec<&str> = parts.collect();
        (!parts.is_empty()).then(|| parts.join("|"))
    }

    /// A number, as people write it for such an argument.
    fn number(&self, position: usize, value: u64, signed: bool) -> String {
        /// The lowest error number, and so the lowest negative number that people mean as one.
        const LOWEST: u64 = 4095;
        let argument = self.arguments.get(position);
        let kind = argument.map(|one| one.kind);
        let width = argument.map_or(u64::MAX, |one| one.mask());
        let below = width.wrapping_sub(value);
        match kind {
            _ if value < 10 => value.to_string(),
            Some(Kind::Mode) => format!("{value:#o}"),
            Some(Kind::Int | Kind::Fd) if signed && value <= width && below < LOWEST => {
                format!("-{}", below + 1)
            }
            Some(Kind::Int | Kind::Fd | Kind::Size | Kind::Offset) if value < 100_000 => {
                value.to_string()
            }
            _ => format!("{value:#x}"),
        }
    }
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// An action, such as `errno EPERM`.
pub fn action(arch: Arch, of: Action) -> String {
    match of {
        Action::Errno(number) => format!("errno {}", errno(arch, number)),
        _ => key(of).to_owned(),
    }
}

/// An action as a rule of a policy names it.
pub const fn key(of: Action) -> &'static str {
    match of {
        Action::Allow => "allow",
        Action::Log => "log",
        Action::Notify => "notify",
        Action::Errno(_) => "errno",
        Action::Trap => "trap",
        Action::KillThread => "kill_thread",
        Action::KillProcess => "kill",
    }
}

/// An error's name, or its number where it has none.
pub fn errno(arch: Arch, number: u16) -> String {
    errno_name(arch, number).map_or_else(|| number.to_string(), str::to_owned)
}
