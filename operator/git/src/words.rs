//! The words of a command, by which it names files. More words than the shell makes do no harm: a word counts where it
//! is the name of a file.

/// How deep commands in quotes lie in each other.
const DEEPEST: usize = 4;

/// The words of a command for the shell: without quotes, and those inside of quotes too.
pub(crate) fn of(value: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    split(value, DEEPEST, &mut words);
    words
}

fn split(text: &[u8], depth: usize, words: &mut Vec<Vec<u8>>) {
    let mut word = Vec::new();
    let mut quote = None;
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'\'' | b'"') => quote = Some(byte),
            (None | Some(b'"'), b'\\') => word.extend(bytes.next()),
            (None, _) if ends_a_word(byte) => push(std::mem::take(&mut word), depth, words),
            _ => word.push(byte),
        }
    }
    push(word, depth, words);
}

/// Takes a word, what stands after `=` in it, and the words of a command in it.
fn push(word: Vec<u8>, depth: usize, words: &mut Vec<Vec<u8>>) {
    if word.is_empty() {
        return;
    }
    if let Some(depth) = depth.checked_sub(1) {
        if word.iter().copied().any(ends_a_word) {
            split(&word, depth, words);
        }
        if let Some(at) = word.iter().position(|&byte| byte == b'=') {
            split(
                word.get(at.saturating_add(1)..).unwrap_or_default(),
                depth,
                words,
            );
        }
    }
    words.push(word);
}

const fn ends_a_word(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(
            byte,
            b';' | b'|' | b'&' | b'<' | b'>' | b'(' | b')' | b'`' | b'!'
        )
}

#[cfg(test)]
mod tests {
    #[test]
    fn files_are_found_in_any_quotes() {
        for command in [
            "python3 t/nb.py",
            "'t/nb.py'",
            "\"t/nb.py\" %f",
            "t/n'b'.py",
            "t/n\\b.py",
            "!t/nb.py;x",
            "sh -c 'python3 \"t/nb.py\"'",
            "x --with=t/nb.py",
            "cd . && t/nb.py",
            "cat <t/nb.py",
            "exec 't/nb.py",
        ] {
            let words = super::of(command.as_bytes());
            assert!(words.contains(&b"t/nb.py".to_vec()), "{command}: {words:?}");
        }
    }
}
