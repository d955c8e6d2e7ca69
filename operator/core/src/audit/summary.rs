//! What people see at the end of a run.

/// The most lines about denied calls, and about what a network refused.
const LINES: usize = 5;

/// What came most often, in no more than [`LINES`] lines: `did this`, where each text says how often. `others` says what there is
/// no line of: what is left of `all`, and `unlisted` more, which are in no item.
pub(super) fn most<T>(
    did: &str,
    mut all: Vec<(u64, T)>,
    unlisted: u64,
    text: impl Fn(T) -> String,
    others: impl FnOnce(u64, Vec<(u64, T)>) -> String,
) -> Vec<String> {
    all.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let has_all = all.len() <= LINES && unlisted == 0;
    let shown = if has_all { LINES } else { LINES - 1 };
    let rest = all.split_off(all.len().min(shown));
    let mut lines: Vec<String> = all
        .into_iter()
        .map(|(_, what)| format!("{did} {}", text(what)))
        .collect();
    if !has_all {
        let count = rest
            .iter()
            .fold(unlisted, |sum, (count, _)| sum.saturating_add(*count));
        lines.push(format!("{did} {}", others(count, rest)));
    }
    lines
}
