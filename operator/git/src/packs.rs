//! The files by which git finds packs, commit graphs and tables of references. git joins the names in them to the path of a directory and
//! checks none, and removes what they name when it packs again.

/// The bytes before the table of chunks (gitformat-pack(5), MULTI-PACK-INDEX).
const HEADER: usize = 12;

/// The bytes of an entry of the table.
const ENTRY: usize = 12;

/// Whether a multi-pack index names packs of its own directory alone.
pub(crate) fn is_plain_index(bytes: &[u8]) -> bool {
    has_plain_names(bytes).unwrap_or(false)
}

fn has_plain_names(bytes: &[u8]) -> Option<bool> {
    let [.., chunks, _based_on] = *bytes.first_chunk::<8>()?;
    let packs = usize::try_from(u32::from_be_bytes(*bytes.get(8..)?.first_chunk()?)).ok()?;
    if !bytes.starts_with(b"MIDX") {
        return None;
    }
    let entry = |number: usize| {
        let at = HEADER.checked_add(number.checked_mul(ENTRY)?)?;
        let entry = bytes.get(at..)?.first_chunk::<ENTRY>()?;
        let [name @ .., _, _, _, _, _, _, _, _] = *entry;
        let offset = u64::from_be_bytes(*entry.last_chunk()?);
        Some((name, usize::try_from(offset).ok()?))
    };
    let mut named = None;
    for number in 0..usize::from(chunks) {
        let (name, start) = entry(number)?;
        let (_, end) = entry(number.checked_add(1)?)?;
        if &name == b"PNAM" && named.replace(bytes.get(start..end)?).is_some() {
            return None;
        }
    }
    let named = named?;
    // Each name ends with a NUL, and more of them fill the chunk.
    let mut names = named.split(|&byte| byte == 0);
    let own = names
        .by_ref()
        .take(packs)
        .filter(|name| is_pack(name))
        .count();
    let is_ended = names.next().is_some_and(<[u8]>::is_empty);
    Some(own == packs && is_ended && names.all(<[u8]>::is_empty))
}

/// Whether each line of `objects/info/packs` is a pack.
pub(crate) fn are_packs(list: &[u8]) -> bool {
    lines(list).all(|line| line.strip_prefix(b"P ").is_some_and(is_pack))
}

/// Whether each line is the name of an object, as a file is named by.
pub(crate) fn are_digests(list: &[u8]) -> bool {
    lines(list).all(|line| line.iter().all(u8::is_ascii_hexdigit))
}

/// Whether each line is the name of a file of the same directory.
pub(crate) fn are_names(list: &[u8]) -> bool {
    lines(list).all(is_name)
}

fn lines(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = list.split(|&byte| byte == b'\n');
    lines.filter(|line| !line.is_empty())
}

fn is_pack(name: &[u8]) -> bool {
    let ends = name.ends_with(b".idx") || name.ends_with(b".pack");
    ends && is_name(name)
}

fn is_name(name: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    !name.starts_with(b".") && !name.is_empty() && name.iter().all(is_plain)
}
