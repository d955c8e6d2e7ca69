//! The meaning as text, for people who look at a stage's output.

use std::fmt;

use super::definition::{Action, ArchMeaning, CallMeaning, Condition, Guard, Meaning, Rule, Test};
use crate::syscalls::errno_name;

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.interfaces().try_for_each(|one| write!(f, "{one}"))
    }
}

impl fmt::Display for ArchMeaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let denial = Named(self, self.denial);
        writeln!(
            f,
            "interface {} audit {:#010x}",
            self.arch,
            self.arch.audit()
        )?;
        writeln!(f, "  denial {denial}")?;
        writeln!(
            f,
            "  default {}",
            if self.default.deny { "deny" } else { "allow" }
        )?;
        writeln!(f, "  above {} ENOSYS", self.newest)?;
        for (number, call) in &self.calls {
            writeln!(f, "  {number} {}{}", call.name, Lists(call))?;
            for rule in &call.rules {
                writeln!(f, "    {}{}", Named(self, rule.action), Conditions(rule))?;
            }
            if let Some(guard) = &call.guard {
                writeln!(f, "    {guard}")?;
            }
        }
        Ok(())
    }
}

struct Named<'a>(&'a ArchMeaning, Action);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Action::Errno(number) => match errno_name(self.0.arch, number) {
                Some(name) => write!(f, "errno({name})"),
                None => write!(f, "errno({number})"),
            },
            Action::Allow => f.write_str("allow"),
            Action::Log => f.write_str("log"),
            Action::Notify => f.write_str("notify"),
            Action::Trap => f.write_str("trap"),
            Action::KillThread => f.write_str("kill_thread"),
            Action::KillProcess => f.write_str("kill"),
        }
    }
}

struct Lists<'a>(&'a CallMeaning);

impl fmt::Display for Lists<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.0;
        let marks = [
            (call.hidden.is_some(), " hidden"),
            (call.denied.is_some(), " deny"),
            (call.allowed.is_some(), " allow"),
            (call.baseline, " baseline"),
        ];
        marks
            .iter()
            .filter(|(set, _)| *set)
            .try_for_each(|(_, word)| f.write_str(word))
    }
}

struct Conditions<'a>(&'a Rule);

impl fmt::Display for Conditions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .conditions
            .iter()
            .enumerate()
            .try_for_each(|(at, condition)| {
                write!(f, "{} {condition}", if at == 0 { " if" } else { " and" })
            })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arg{}", self.arg)?;
        if self.width != u64::MAX {
            write!(f, ":{}", self.width.count_ones())?;
        }
        match self.test {
            Test::Eq(value) => write!(f, " == {value:#x}"),
            Test::Ne(value) => write!(f, " != {value:#x}"),
            Test::Lt(value) => write!(f, " < {value:#x}"),
            Test::Le(value) => write!(f, " <= {value:#x}"),
            Test::Gt(value) => write!(f, " > {value:#x}"),
            Test::Ge(value) => write!(f, " >= {value:#x}"),
            Test::MaskedEq { mask, value } => write!(f, " & {mask:#x} == {value:#x}"),
            Test::MaskedNe { mask, value } => write!(f, " & {mask:#x} != {value:#x}"),
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.only { "only" } else { "not" };
        write!(f, "guard arg{} {word}", self.arg)?;
        self.values
            .iter()
            .try_for_each(|value| write!(f, " {value:#x}"))
    }
}
