//! Finding the groups of host names that a policy names.

use super::files::HostFiles;
use super::shipped::{shipped, shipped_groups};
use crate::diagnostics::{Diagnostic, Sink, nearest, quote};
use crate::parse::{self, Document};
use crate::quantity::{Hosts, Target, target};
use crate::source::{Sources, Span};
use purple_policy::Policy;
use std::collections::BTreeMap;

/// The most destinations that a group may stand for.
pub const MAX_HOSTS: usize = 1024;

/// What each group stands for, by its name without `@`. A group that is not here was refused, or was not looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostGroups(BTreeMap<String, Vec<Target>>);

impl HostGroups {
    /// The destinations of a group.
    pub fn of(&self, name: &str) -> Option<&[Target]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

/// Finds the groups that the policy names, and those that these name. Operators' groups are added to `sources`.
pub fn gather(
    policy: &Policy,
    document: &Document,
    files: Option<&dyn HostFiles>,
    sources: &mut Sources,
    sink: &mut Sink,
) -> HostGroups {
    let mut search = Search {
        files,
        sources,
        sink,
        known: BTreeMap::new(),
        open: Vec::new(),
    };
    let entries = policy.network.iter().flat_map(|network| &network.allow);
    for (at, entry) in entries.enumerate() {
        let text = entry.to().strip_prefix('!').unwrap_or(entry.to());
        let Ok(Target {
            hosts: Hosts::Group(name),
            ..
        }) = target(text)
        else {
            continue;
        };
        let pointer = match entry {
            purple_policy::AllowEntry::To(_) => format!("/network/allow/{at}"),
            purple_policy::AllowEntry::Long(_) => format!("/network/allow/{at}/to"),
        };
        search.group(&name, document.span(&pointer));
    }
    let found = search.known.into_iter();
    HostGroups(
        found
            .filter_map(|(name, hosts)| Some((name, hosts?)))
            .collect(),
    )
}

struct Search<'a> {
    files: Option<&'a dyn HostFiles>,
    sources: &'a mut Sources,
    sink: &'a mut Sink,
    /// `None` for a group that was refused.
    known: BTreeMap<String, Option<Vec<Target>>>,
    /// Operators' groups that are being read, the outermost first.
    open: Vec<String>,
}

impl Search<'_> {
    /// What a group stands for. Recursive, as deep as there are files: one that is being read is a cycle.
    fn group(&mut self, name: &str, place: Span) -> Option<Vec<Target>> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        if self.open.iter().any(|open| open == name) {
            let way = self.open.iter().map(|open| format!("`@{open}`"));
            let way = way.collect::<Vec<_>>().join(", ");
            let message = format!("the group `@{name}` contains itself, through {way}");
            self.sink.push(
                Diagnostic::error("host-group-cycle", place, message)
                    .with_help("remove the group from one of the files"),
            );
            return None;
        }
        let hosts = match shipped(name) {
            Some(group) => Some(
                group
                    .hosts
                    .iter()
                    .filter_map(|one| target(one).ok())
                    .collect(),
            ),
            None => self.operators(name, place),
        };
        self.known.insert(name.to_owned(), hosts.clone());
        hosts
    }

    /// An operator's group.
    fn operators(&mut self, name: &str, place: Span) -> Option<Vec<Target>> {
        let file = format!("{name}.yaml");
        let Some(found) = self.files.and_then(|files| files.read(&file)) else {
            self.unknown(name, place);
            return None;
        };
        let path = found.path.to_string_lossy();
        let bytes = match found.bytes {
            Ok(bytes) => bytes,
            Err(why) => {
                let message = format!("{} is not read: {why}", quote(&path));
                self.sink.push(
                    Diagnostic::error("host-group-unreadable", place, message).with_help(
                        "the file of a group must belong to root or to you, and no other user may be able to write \
                        to it or to its directory",
                    ),
                );
                return None;
            }
        };
        let mut own = Sink::new();
        let source = parse::decode(&path, bytes, &mut own);
        let parsed = parse::parse(&source, &mut own);
        let Some(number) = self.sources.add(source, format!("@{name}")) else {
            let message = "the policy has more than 255 sources".to_owned();
            self.sink
                .push(Diagnostic::error("host-group-unreadable", place, message));
            return None;
        };
        if self.sink.absorb(own, number) > 0 {
            return None;
        }
        let mut document = parsed?;
        document.relocate(number);
        self.open.push(name.to_owned());
        let hosts = self.destinations(&document, number);
        self.open.pop();
        hosts
    }

    /// The destinations of a group's file; `None` where something is wrong.
    fn destinations(&mut self, document: &Document, file: u8) -> Option<Vec<Target>> {
        let root = document.root();
        let mut all_right = true;
        for (key, span, _) in document.entries(root).collect::<Vec<_>>() {
            if !matches!(key, "source" | "hosts") {
                let message = format!("{} is not a key of a group of hosts", quote(key));
                self.malformed(span, message);
                all_right = false;
            }
        }
        let whole = Span::new(0, 0).in_file(file);
        let Some((_, list)) = document.entry(root, "hosts") else {
            // The finding about the unknown key already names the keys that exist.
            if all_right {
                self.malformed(whole, "a group of hosts needs the key `hosts`".to_owned());
            }
            return None;
        };
        let mut hosts = Vec::new();
        let items = document.items(list).to_vec();
        if items.is_empty() {
            let message = "a group of hosts must list at least one host".to_owned();
            self.malformed(document.node_span(list), message);
            return None;
        }
        for item in items {
            let span = document.node_span(item);
            let text = document.text(item).unwrap_or_default();
            match target(text) {
                Ok(Target {
                    hosts: Hosts::Group(inner),
                    ..
                }) => match self.group(&inner, span) {
                    Some(inner) => hosts.extend(inner),
                    None => all_right = false,
                },
                Ok(one) => hosts.push(one),
                Err(error) => {
                    self.malformed(span, error.error.message);
                    all_right = false;
                }
            }
            if hosts.len() > MAX_HOSTS {
                let message = format!("a group has more than {MAX_HOSTS} destinations");
                self.malformed(span, message);
                return None;
            }
        }
        all_right.then_some(hosts)
    }

    fn malformed(&mut self, span: Span, message: String) {
        self.sink.push(
            Diagnostic::error("host-group-malformed", span, message).with_help(
                "the file of a group has the keys `source` and `hosts`, a list of destinations",
            ),
        );
    }

    fn unknown(&mut self, name: &str, place: Span) {
        let message = format!("there is no group {}", quote(&format!("@{name}")));
        let found = Diagnostic::error("host-group-unknown", place, message);
        let folders = self.files.map(HostFiles::folders).unwrap_or_default();
        let names = shipped_groups().iter().map(|group| group.name);
        self.sink.push(match nearest(name, names) {
            Some(near) => found.with_guess(&format!("@{name}"), &format!("@{near}")),
            None if folders.is_empty() => found.with_help(format!(
                "give the directory of `{name}.yaml` with `--hosts-dir`; groups of package registries are files \
                 of the operator"
            )),
            None => {
                let folders: Vec<String> = folders
                    .iter()
                    .map(|folder| quote(&folder.to_string_lossy()))
                    .collect();
                found.with_help(format!(
                    "define it in `{name}.yaml` in {}: `hosts:` and a list of names",
                    folders.join(" or ")
                ))
            }
        });
    }
}
