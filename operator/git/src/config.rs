//! Files of configuration: which keys in them run commands, and the same files with these under another name.

use crate::base::Base;
use crate::keys::{self, Context, DISABLED};
use gix_config::parse::{EventRef, Events};
use gix_config::value::normalize;
use std::collections::BTreeSet;

/// The most bytes of the names of a file's keys, each with its section: more than any configuration has. A file of a megabyte could
/// have 100 gigabytes of them.
const MOST_NAMES: usize = 1 << 24;

/// A key with its value; most functions here are about those that run a command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Command {
    /// Section, subsection and name, as `git config` has them.
    pub(crate) key: String,
    pub(crate) value: Vec<u8>,
}

/// What of a file runs commands; `None` where it is no configuration, or has too many names.
pub(crate) fn commands(bytes: &[u8], base: &Base) -> Option<BTreeSet<Command>> {
    let mut found = BTreeSet::new();
    let remotes = &remotes(bytes)?;
    let _same = rewrite(bytes, |command| {
        if command.runs(Context { base, remotes }) {
            found.insert(command);
        }
        false
    })?;
    Some(found)
}

/// All keys of a file that have a value; `None` where it is no configuration.
pub(crate) fn entries(bytes: &[u8]) -> Option<Vec<Command>> {
    let mut found = Vec::new();
    let _same = rewrite(bytes, |entry| {
        found.push(entry);
        false
    })?;
    Some(found)
}

/// Where the file says that the working tree is; the last word counts.
pub(crate) fn worktree(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut found = None;
    let _same = rewrite(bytes, |command| {
        if command.key == "core.worktree" {
            found = Some(command.value);
        }
        false
    })?;
    found
}

/// The file with each key that runs a command, and is not in `known`, under another name. `None` where it is no
/// configuration, or would still run something.
pub(crate) fn without(bytes: &[u8], base: &Base, known: &BTreeSet<Command>) -> Option<Vec<u8>> {
    let mut written = bytes.to_vec();
    // The first time can take away the remote that another key names.
    for _ in 0..2 {
        let remotes = &remotes(&written)?;
        written = rewrite(&written, |command| {
            command.runs(Context { base, remotes }) && !known.contains(&command)
        })?;
    }
    commands(&written, base)?
        .is_subset(known)
        .then_some(written)
}

/// The remotes that have an address.
fn remotes(bytes: &[u8]) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let _same = rewrite(bytes, |command| {
        let name = command.key.strip_prefix("remote.");
        if let Some(name) = name.and_then(|name| name.strip_suffix(".url")) {
            found.insert(name.to_owned());
        }
        false
    })?;
    Some(found)
}

/// Goes through a file's keys that have a value, and writes it with another name for those that `disable` says.
fn rewrite(bytes: &[u8], mut disable: impl FnMut(Command) -> bool) -> Option<Vec<u8>> {
    let events = Events::from_bytes(bytes, None).ok()?;
    let mut out = Vec::with_capacity(bytes.len());
    let mut write = |event: &EventRef<'_>| event.write_to(&mut out).ok();
    for event in events.frontmatter() {
        write(&event)?;
    }
    let mut left = MOST_NAMES;
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
        let section_name = name.to_ascii_lowercase();
        let sub = subsection_name.map(std::convert::AsRef::as_ref);
        let body: Vec<EventRef<'_>> = section.body().collect();
        for (at, event) in body.iter().enumerate() {
            if let EventRef::SectionValueName(key) = event
                && let Some(value) = value_after(body.get(at..)?)
            {
                let key = full(&section_name, sub, &key.to_ascii_lowercase());
                left = left.checked_sub(key.len())?;
                if disable(Command { key, value }) {
                    write(&EventRef::SectionValueName(DISABLED.into()))?;
                }
            }
            write(event)?;
        }
    }
    Some(out)
}

impl Command {
    /// Whether it runs a command. git takes the whole name apart at its first and its last dot, whichever way the
    /// header of the section is written (`parse_config_key` of git's config.c).
    fn runs(&self, context: Context<'_>) -> bool {
        let Some((section, rest)) = self.key.split_once('.') else {
            return false;
        };
        let (sub, key) = match rest.rsplit_once('.') {
            Some((sub, key)) => (Some(sub.as_bytes()), key),
            None => (None, rest),
        };
        let name = (section.as_bytes(), sub, key.as_bytes());
        keys::runs_commands(name, &self.value, context)
    }
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
