//! Which argument of a call a condition is about: by position, or by name.

use crate::diagnostics::nearest;
use crate::syscalls::{Arch, Argument, Kind, argument_position, signature};

/// The arguments of a call on one interface.
#[derive(Debug, Clone)]
pub(super) struct Arguments {
    pub(super) arch: Arch,
    pub(super) call: &'static str,
    /// `None` where nobody says what they are.
    known: Option<Vec<Argument>>,
}

/// Why a condition cannot be about an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoArgument {
    /// There is none such.
    Missing(String),
    /// It is an address.
    Pointer(String),
}

impl Arguments {
    pub(super) fn of(arch: Arch, call: &'static str) -> Self {
        Self {
            arch,
            call,
            known: signature(arch, call),
        }
    }

    /// Whether the kernel says what they are.
    pub(super) const fn are_known(&self) -> bool {
        self.known.is_some()
    }

    /// The argument at a position, if a filter can look at it.
    pub(super) fn at(&self, position: u8) -> Result<Argument, NoArgument> {
        let Self { arch, call, .. } = *self;
        let Some(known) = &self.known else {
            return if position < 6 {
                Ok(Argument {
                    name: "unknown",
                    kind: Kind::Long,
                    bits: 64,
                })
            } else {
                Err(NoArgument::Missing(format!(
                    "no system call has an argument {position}; they count from 0 to 5"
                )))
            };
        };
        let Some(argument) = known.get(usize::from(position)).copied() else {
            let taken = match known.len() {
                0 => "no arguments".to_owned(),
                1 => "one argument, 0".to_owned(),
                count => format!("{count} arguments, from 0 to {}", count - 1),
            };
            return Err(NoArgument::Missing(format!(
                "`{call}` on {arch} has {taken}"
            )));
        };
        match argument.kind {
            Kind::Pointer => Err(NoArgument::Pointer(format!(
                "argument {position} of `{call}` on {arch}, `{}`, is a pointer: a filter sees the \
                 address, not what is there",
                argument.name
            ))),
            Kind::Pad => Err(NoArgument::Missing(format!(
                "`{call}` on {arch} does not use argument {position}"
            ))),
            _ => Ok(argument),
        }
    }

    /// Whether the kernel gives a meaning to negative values of an argument: a group of processes in
    /// kill(2), the working directory in openat(2), no end in poll(2), backwards in lseek(2).
    pub(super) fn is_signed(&self, position: u8) -> bool {
        const NAMES: [&str; 10] = [
            "dfd",
            "increment",
            "newdfd",
            "niceval",
            "offset",
            "olddfd",
            "pid",
            "ringid",
            "timeout",
            "upid",
        ];
        self.name_at(position)
            .is_some_and(|name| NAMES.contains(&name))
    }

    /// The position of the argument of this name.
    pub(super) fn position(&self, name: &str) -> Option<u8> {
        let position = argument_position(self.known.as_deref(), name)?;
        u8::try_from(position).ok()
    }

    /// The kernel's name of the argument at a position.
    pub(super) fn name_at(&self, position: u8) -> Option<&'static str> {
        self.known
            .as_ref()?
            .get(usize::from(position))
            .map(|argument| argument.name)
    }

    /// What to say where no argument has a name: the one that is nearest, and all that there are.
    pub(super) fn choices(&self, name: &str) -> (Option<&'static str>, String) {
        let call = self.call;
        let Some(known) = &self.known else {
            return (
                None,
                format!("the arguments of `{call}` are `arg0` to `arg5`"),
            );
        };
        let names: Vec<&'static str> = known
            .iter()
            .filter(|one| one.kind != Kind::Pad)
            .map(|one| one.name)
            .collect();
        let near = nearest(name, names.iter().copied());
        let all = match names.as_slice() {
            [] => format!("`{call}` has no arguments"),
            names => format!("`{call}` has {}", names.join(", ")),
        };
        (near, all)
    }
}
