//! One call, as people write calls.

use std::fmt::Write as _;

use super::Call;
use crate::syscalls::{Arch, X32_BIT, signature, syscall_name};

/// A call in names: `openat(dfd=0, flags=0x241) on x86_64`. `shown`: the arguments to show even
/// where they are 0, a bit each.
pub fn describe_call(call: &Call, shown: u8) -> String {
    let Some(arch) = interface(call) else {
        let (number, audit) = (call.number, call.audit_arch);
        return format!("call {number} through the unknown architecture {audit:#010x}");
    };
    let Some(name) = syscall_name(arch, call.number) else {
        return format!("call {} on {arch}", call.number);
    };
    let signature = signature(arch, name).unwrap_or_default();
    let mut out = format!("{name}(");
    let mut separator = "";
    for (position, &value) in call.args.iter().enumerate() {
        if value == 0 && shown >> position & 1 == 0 {
            continue;
        }
        let name = signature
            .get(position)
            .map_or_else(|| format!("arg{position}"), |one| one.name.to_owned());
        let value = if value < 10 {
            value.to_string()
        } else {
            format!("{value:#x}")
        };
        // Writing to a string cannot fail.
        if write!(out, "{separator}{name}={value}").is_ok() {
            separator = ", ";
        }
    }
    out + &format!(") on {arch}")
}

/// The interface that a call comes through, if it is one that we know.
pub(crate) fn interface(call: &Call) -> Option<Arch> {
    let x32 = call.number >= X32_BIT && call.number != u32::MAX;
    let mut known = Arch::ALL
        .into_iter()
        .filter(|arch| arch.audit() == call.audit_arch);
    known.find(|arch| !arch.has_x32() && *arch != Arch::X32 || (*arch == Arch::X32) == x32)
}
