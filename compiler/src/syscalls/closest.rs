//! Did you mean: the known name nearest to a misspelt one.

use super::Arch;
use super::replaced::replaced_names;
use super::table::{all_names, names};
use crate::diagnostics::nearest;

/// The call that looks most like `name`, one of this architecture before any other; `None` where
/// nothing looks like it.
pub fn closest_name(arch: Arch, name: &str) -> Option<&'static str> {
    nearest(name, names(arch).map(|(name, _)| name))
        .or_else(|| nearest(name, all_names().chain(replaced_names())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_found_and_nonsense_is_not() {
        assert_eq!(closest_name(Arch::X86_64, "opnat"), Some("openat"));
        assert_eq!(closest_name(Arch::X86_64, "exit_grup"), Some("exit_group"));
        assert_eq!(
            closest_name(Arch::X86_64, "raed"),
            Some("read"),
            "swapped letters"
        );
        assert_eq!(closest_name(Arch::X86_64, "SYS-OPENAT"), None);
        assert_eq!(
            closest_name(Arch::X86_64, "OPENAT"),
            Some("openat"),
            "upper case"
        );
        assert_eq!(
            closest_name(Arch::X86_64, "exit-group"),
            Some("exit_group"),
            "a hyphen"
        );
        assert_eq!(closest_name(Arch::X86_64, "zzzzqqqq"), None);
        assert_eq!(closest_name(Arch::X86_64, &"x".repeat(65536)), None);
    }
}
