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

/// The nearest candidate within a third of the name's length in single-letter edits. Equally near
/// ones: the first in order.
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
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|&(edits, _)| edits <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out, or replaced to get from one to the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (b, above) in to.chars().zip(row.iter().skip(1)) {
            let here = (diagonal + usize::from(a != b)).min(left + 1).min(above + 1);
            diagonal = *above;
            left = here;
            next.push(here);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("openat", "openat"), 0);
        assert_eq!(distance("opneat", "openat"), 2);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn a_misspelt_name_is_found_and_nonsense_is_not() {
        assert_eq!(closest_name(Arch::X86_64, "opnat"), Some("openat"));
        assert_eq!(closest_name(Arch::X86_64, "exit_grup"), Some("exit_group"));
        assert_eq!(closest_name(Arch::X86_64, "zzzzqqqq"), None);
        assert_eq!(closest_name(Arch::X86_64, &"x".repeat(65536)), None);
    }
}
