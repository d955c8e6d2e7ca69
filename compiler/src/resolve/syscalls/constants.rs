//! Named constants, as the conditions use them.

use crate::syscalls::constants;
use crate::syscalls::{Arch, Argument};

/// The value of a constant on an architecture; below zero where the header has it so.
pub(super) fn value(arch: Arch, name: &str) -> Option<i128> {
    constants::constant(arch, name).map(|value| i128::from(value.cast_signed()))
}

/// The architectures that have a constant of this name.
pub(super) fn homes(name: &str) -> Vec<Arch> {
    constants::constant_architectures(name)
}

/// The constant that was most likely meant, for an argument of a call where it is known.
pub(super) fn closest(
    arch: Arch,
    call: &str,
    argument: Option<Argument>,
    name: &str,
) -> Option<&'static str> {
    match argument {
        Some(argument) => constants::closest_constant_for(arch, call, argument.name, name),
        None => constants::closest_constant(arch, name),
    }
}

/// The constants that an argument of a call is known to take.
pub(super) fn of_argument(arch: Arch, call: &str, argument: &str) -> Vec<&'static str> {
    let choices = constants::constants_for(arch, call, argument);
    choices.iter().flat_map(constants::Choices::names).collect()
}

/// The call and the argument that a constant is for, those of `call` first.
pub(super) fn home(name: &str, call: &str) -> Option<(&'static str, &'static str)> {
    constants::home_of(name, call)
}
