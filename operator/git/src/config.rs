//! Files of configuration: which keys in them run commands, and the same files with these under another name.

use crate::keys::{self, DISABLED};
use gix_config::parse::{EventRef, Events};
use gix_config::value::normalize;
use std::collections::BTreeSet;

/// A key that runs a command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Command {
    /// Section, subsection and name, as `git config` has them.
    pub(crate) key: String,
    pub(crate) value: Vec<u8>,
}

/// What of a file runs commands; `None` where it is no configuration. `depth` is how many directories lie above it in
/// what the program can write to.
pub(crate) fn commands(bytes: &[u8], depth: usize) -> Option<BTreeSet<Command>> {
    let mut found = BTreeSet::new();
    let _same = rewrite(bytes, depth, |command| {
        found.insert(command.clone());
        false
    })?;
    Some(found)
}

/// The file with each key that runs a command, and is not in `known`, under another name. `None` where it is no
/// configuration, or would still run something.
pub(crate) fn without(bytes: &[u8], depth: usize, known: &BTreeSet<Command>) -> Option<Vec<u8>> {
    let written = rewrite(bytes, depth, |command| !known.contains(command))?;
    commands(&written, depth)?
        .is_subset(known)
        .then_some(written)
}

/// Goes through a file's keys that run commands, and writes it with another name for those that `disable` says.
fn rewrite(
    bytes: &[u8],
    depth: usize,
    mut disable: impl FnMut(&Command) -> bool,
) -> Option<Vec<u8>> {
    let events = Events::from_bytes(bytes, None).ok()?;
    let mut out = Vec::with_capacity(bytes.len());
    let mut write = |event: &EventRef<'_>| event.write_to(&mut out).ok();
    for event in events.frontmatter() {
        write(&event)?;
    }
    for section in events.sections() {
        let header = section.header();
        let EventRef::SectionHeader {
            name,
            subsection_name,
            ..
        } = &header
        else {
            return None;
        };
        write(&header)?;
        let body: Vec<EventRef<'_>> = section.body().collect();
        for (at, event) in body.iter().enumerate() {
            if let EventRef::SectionValueName(key) = event {
                let value = value_after(body.get(at..)?);
                let section = name.to_ascii_lowercase();
                let key = key.to_ascii_lowercase();
                let sub = subsection_name.map(std::convert::AsRef::as_ref);
                if let Some(value) = value
                    && keys::runs_commands((&section, sub, &key), &value, depth)
                    && disable(&Command {
                        key: full(&section, sub, &key),
                        value,
                    })
                {
                    write(&EventRef::SectionValueName(DISABLED.into()))?;
                }
            }
            write(event)?;
        }
    }
    Some(out)
}

/// The value of the key that the events begin with; `None` where it has none.
fn value_after(events: &[EventRef<'_>]) -> Option<Vec<u8>> {
    let mut raw: Option<Vec<u8>> = None;
    for event in events.iter().skip(1) {
        match event {
            EventRef::Value(part) | EventRef::ValueDone(part) | EventRef::ValueNotDone(part) => {
                raw.get_or_insert_default().extend_from_slice(part);
            }
            EventRef::SectionValueName(_) => break,
            _ => {}
        }
    }
    raw.map(|raw| normalize(&raw).to_vec())
}

fn full(section: &[u8], sub: Option<&[u8]>, key: &[u8]) -> String {
    let parts = [Some(section), sub, Some(key)];
    let texts: Vec<_> = parts
        .into_iter()
        .flatten()
        .map(String::from_utf8_lossy)
        .collect();
    texts.join(".")
}
