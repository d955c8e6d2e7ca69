//! Words for messages: quoting what the author wrote, and guessing what was meant.

/// The longest piece of a policy's text that a message repeats, in characters.
const MAX_QUOTED: usize = 60;

/// Text from a policy in backquotes, clipped where it is long; empty text as its quotes.
pub fn quote(text: &str) -> String {
    if text.is_empty() {
        return "`\"\"`".to_owned();
    }
    match text.char_indices().nth(MAX_QUOTED) {
        Some((at, _)) => format!("`{}...`", text.get(..at).unwrap_or("")),
        None => format!("`{text}`"),
    }
}

/// The candidate that `word` is most likely a slip of: the first with the fewest edits, or the only
/// one that begins with it, give or take a letter. `None` where nothing is near.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = word.to_ascii_lowercase().replace(['-', ' '], "_");
    let length = plain.chars().count();
    if length > MAX_QUOTED {
        return None;
    }
    let allowed = match length {
        0 => return None,
        1..=2 => 1,
        3..=5 => 2,
        _ => length / 3,
    };
    let mut best: Option<(usize, &str)> = None;
    let mut begun: Vec<&str> = Vec::new();
    for candidate in candidates {
        let lowered = candidate.to_ascii_lowercase();
        let head: String = lowered.chars().take(length).collect();
        let slip = usize::from(length >= 5);
        if length >= 3 && strsim::osa_distance(&plain, &head) <= slip {
            begun.push(candidate);
        }
        if lowered.chars().count().abs_diff(length) > allowed {
            continue;
        }
        let distance = strsim::osa_distance(&plain, &lowered);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    match (best, begun.as_slice()) {
        (Some((distance, candidate)), _) if distance <= 2 => Some(candidate),
        (_, [only]) => Some(only),
        (best, _) => best.map(|(_, candidate)| candidate),
    }
}

/// A list for a sentence: `` `a`, `b` or `c` ``.
pub fn alternatives<'c>(words: impl IntoIterator<Item = &'c str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{alternatives, nearest, quote};

    #[test]
    fn finds_what_was_meant() {
        let keys = ["name", "filesystem", "syscalls", "resources", "network", "audit"];
        for (word, meant) in [
            ("syscall", "syscalls"),
            ("sycsalls", "syscalls"),
            ("file-system", "filesystem"),
            ("Name", "name"),
            ("net", "network"),
            ("resorces", "resources"),
        ] {
            assert_eq!(nearest(word, keys), Some(meant), "{word}");
        }
        assert_eq!(nearest("zzzzzz", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest(&"n".repeat(70_000), keys), None);
    }

    #[test]
    fn quotes_and_lists() {
        assert_eq!(quote("a"), "`a`");
        assert_eq!(quote(""), "`\"\"`");
        assert_eq!(quote(&"é".repeat(61)), format!("`{}...`", "é".repeat(60)));
        assert_eq!(alternatives(["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(alternatives(["a"]), "`a`");
    }
}
