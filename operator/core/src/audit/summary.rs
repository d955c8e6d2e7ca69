//! What people see at the end of a run.

/// The most lines about denied calls, and about what a network refused.
const LINES: usize = 5;

/// What came most often, in no more than [`LINES`] lines: `did this`, where each text says how often. `unlisted` came too, and
/// is in no item. `others` says of how many more there is no line.
pub(super) fn most(
    did: &str,
    mut all: Vec<(u64, String)>,
    unlisted: u64,
    others: impl FnOnce(u64) -> String,
) -> Vec<String> {
    all.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let has_all = all.len() <= LINES && unlisted == 0;
    let shown = if has_all { LINES } else { LINES - 1 };
    let rest = all.split_off(all.len().min(shown));
    let mut lines: Vec<String> = all
        .into_iter()
        .map(|(_, what)| format!("{did} {what}"))
        .collect();
    if !has_all {
        let rest = rest
            .iter()
            .fold(unlisted, |sum, (count, _)| sum.saturating_add(*count));
        lines.push(format!("{did} {}", others(rest)));
    }
    lines
}
