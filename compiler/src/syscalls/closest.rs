//! Did you mean: the known name nearest to a misspelt one.

use super::Arch;
use super::replaced::replaced_names;
use super::table::{all_names, names};

/// The call that looks most like `name`, one of this architecture before any other; `None` where
/// nothing looks like it.
pub fn closest_name(arch: Arch, name: &str) -> Option<&'static str> {
    closest(name, names(arch).map(|(name, _)| name))
        .or_else(|| closest(name, all_names().chain(replaced_names())))
}

/// The nearest candidate within a third of the name's length in edits: a letter put in, left out or
/// replaced, or two neighbours swapped. Equally near ones: the first in order.
pub(super) fn closest(
    name: &str,
    candidates: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= limit)
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|&(edits, _)| edits <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_found_and_nonsense_is_not() {
        assert_eq!(closest_name(Arch::X86_64, "opnat"), Some("openat"));
        assert_eq!(closest_name(Arch::X86_64, "exit_grup"), Some("exit_group"));
        assert_eq!(closest_name(Arch::X86_64, "raed"), Some("read"), "swapped letters");
        assert_eq!(closest_name(Arch::X86_64, "zzzzqqqq"), None);
        assert_eq!(closest_name(Arch::X86_64, &"x".repeat(65536)), None);
    }
}
