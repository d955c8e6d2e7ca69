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

/// A known word that an unknown one is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meant<'c> {
    /// The known word.
    pub word: &'c str,
    /// Whether there is no doubt: the two differ in upper and lower case, in `-`, `_` and spaces, or
    /// in a plural, and no other known word comes as near.
    pub certain: bool,
}

/// The candidate that `word` is most likely a slip of. In this order: one that is the same but for
/// case, hyphens and plural; the first with the fewest edits, where these are one or two (of two as
/// near, the one of the same length: swapped letters are the commonest slip); the only
/// one that begins with it, give or take a letter; the only one that has all of its parts
/// (`outgoing_ports`: `allowed_outgoing_ports`); the first with the fewest edits. `None` where
/// nothing is near.
pub fn meant<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<Meant<'c>> {
    let plain = word.trim().to_ascii_lowercase().replace(['-', ' '], "_");
    let length = plain.chars().count();
    if length > MAX_QUOTED {
        return None;
    }
    let allowed = match length {
        0 => return None,
        1..=3 => 1,
        4..=8 => 2,
        _ => length / 3,
    };
    let parts = parts(&plain);
    let whole = parts.concat();
    let first = parts.first().map_or("", String::as_str);
    let mut best: Option<((usize, usize, bool), &str)> = None;
    let letters = sorted(&plain);
    let [mut same, mut begun, mut holding] = [Vec::new(), Vec::new(), Vec::new()];
    for candidate in candidates {
        let lowered = candidate.to_ascii_lowercase();
        let slip = usize::from(length >= 5);
        let more = lowered.len() > plain.len() + slip;
        if length >= 3 && more && strsim::osa_distance(&plain, head(&lowered, length)) <= slip {
            begun.push(candidate);
        }
        // What is cheap to see comes first: there may be hundreds of candidates.
        if !first.is_empty() && lowered.contains(head(first, 3)) {
            let of = self::parts(&lowered);
            if of.concat() == whole {
                same.push(candidate);
            }
            if length >= 4 && parts.iter().all(|part| of.contains(part)) {
                holding.push(candidate);
            }
        }
        let longer = lowered.chars().count().abs_diff(length);
        if longer > allowed {
            continue;
        }
        let distance = strsim::osa_distance(&plain, &lowered);
        if distance > allowed {
            continue;
        }
        let near = (distance, longer, letters != sorted(&lowered));
        if best.is_none_or(|(least, _)| near < least) {
            best = Some((near, candidate));
        }
    }
    if let [word] = same.as_slice() {
        return Some(Meant {
            word,
            certain: true,
        });
    }
    let word = match (best, begun.as_slice(), holding.as_slice()) {
        (Some(((distance, ..), candidate)), ..) if distance <= 2 => candidate,
        (_, [only], _) | (_, _, [only]) => only,
        (best, ..) => best.map(|(_, candidate)| candidate)?,
    };
    Some(Meant {
        word,
        certain: false,
    })
}

/// The word of [`meant`].
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    meant(word, candidates).map(|meant| meant.word)
}

/// The characters of a text in order: swapped ones are no difference.
fn sorted(text: &str) -> Vec<char> {
    let mut characters: Vec<char> = text.chars().collect();
    characters.sort_unstable();
    characters
}

/// The first characters of a text.
fn head(text: &str, count: usize) -> &str {
    text.char_indices()
        .nth(count)
        .map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// The parts of a name in lower case, each in the singular.
fn parts(lowered: &str) -> Vec<String> {
    lowered
        .split(|character: char| !character.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(
            |part| match (part.strip_suffix("ies"), part.strip_suffix('s')) {
                (Some(stem), _) if stem.len() > 1 => format!("{stem}y"),
                (_, Some(stem)) if stem.len() > 1 => stem.to_owned(),
                _ => part.to_owned(),
            },
        )
        .collect()
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
    use super::{alternatives, meant, nearest, quote};

    #[test]
    fn finds_what_was_meant() {
        let keys = [
            "name",
            "filesystem",
            "syscalls",
            "resources",
            "network",
            "audit",
        ];
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
        let ports = [
            "allowed_outgoing_ports",
            "allowed_incoming_ports",
            "isolated",
        ];
        assert_eq!(
            nearest("outgoing_port", ports),
            Some("allowed_outgoing_ports")
        );
        assert_eq!(nearest("ports", ports), None, "two have this part");
        assert_eq!(nearest("zzzzzz", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest(&"n".repeat(70_000), keys), None);
    }

    #[test]
    fn knows_a_guess_from_another_way_to_write_it() {
        let keys = ["default_deny", "capabilities", "on_deny", "stat", "fstat"];
        for (word, certain) in [
            ("Default-Deny", true),
            ("defaultDeny", true),
            ("capability", true),
            ("CAPABILITIES", true),
            ("on deny", true),
            ("defualt_deny", false),
            ("ondenny", false),
            ("capab", false),
        ] {
            assert_eq!(
                meant(word, keys).map(|found| found.certain),
                Some(certain),
                "{word}"
            );
        }
        let alike = ["time", "Times"];
        assert_eq!(
            meant("TIME", alike).map(|found| found.certain),
            Some(false),
            "two are as near"
        );
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
