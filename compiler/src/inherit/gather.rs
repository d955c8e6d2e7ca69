//! Finding and reading everything that a policy extends.

use super::files::{Files, MAX_LEVELS, MAX_PARENTS, MAX_TOTAL_BYTES, PolicyFile, is_file};
use crate::diagnostics::{Diagnostic, Sink, nearest, quote};
use crate::facts::Expansion;
use crate::parse::{self, Document, MAX_EXPANDED, MAX_NODES, NodeId};
use crate::profiles;
use crate::schema;
use crate::source::{Source, Sources, Span};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A text that is to be merged.
pub(super) struct Text {
    /// Its number in the sources.
    pub(super) file: u8,
    /// What it says.
    pub(super) document: Document,
    /// The texts that it inherits from, directly or not.
    pub(super) ancestors: BTreeSet<u8>,
}

/// The identity of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Profile(&'static str),
    File(PathBuf),
}

/// A text whose parents are being read.
struct Link {
    identity: Identity,
    /// What `extends` calls it, and where.
    written: String,
    span: Span,
}

/// A text that a name leads to.
struct LoadedParent {
    identity: Identity,
    text: Content,
}

enum Content {
    Shipped(&'static str),
    Stored(PolicyFile),
}

/// A cap was passed; the sink knows.
struct Stop;

pub(super) struct Gathering<'a, 'f> {
    files: Option<&'a dyn Files>,
    /// Where the policy lies.
    policy: Option<PolicyFile>,
    /// Whether the parents are looked at, or only read.
    checks: bool,
    facts: &'a mut Expansion<'f>,
    sources: &'a mut Sources,
    sink: &'a mut Sink,
    /// Texts in the order of merging.
    order: Vec<Text>,
    /// Those that are read, with all of their parents.
    done: Vec<(Identity, u8)>,
    /// From the policy to the text at hand.
    chain: Vec<Link>,
    /// Values and bytes of all documents, aliases expanded.
    size: (usize, usize),
    /// Bytes of all texts.
    bytes: usize,
}

impl<'a, 'f> Gathering<'a, 'f> {
    pub(super) fn new(
        files: Option<&'a dyn Files>,
        facts: &'a mut Expansion<'f>,
        sources: &'a mut Sources,
        sink: &'a mut Sink,
    ) -> Self {
        let bytes = sources.policy().text.len();
        Self {
            files,
            policy: files.map(Files::policy),
            checks: true,
            facts,
            sources,
            sink,
            order: Vec::new(),
            done: Vec::new(),
            chain: Vec::new(),
            size: (0, 0),
            bytes,
        }
    }

    /// The same for one who wants the texts, and not what they mean.
    pub(super) fn without_checks(self) -> Self {
        Self {
            checks: false,
            ..self
        }
    }

    /// The texts in the order of merging, the policy last; `None` where a cap was passed. What
    /// cannot be read is left out, and the sink knows.
    pub(super) fn all(mut self, policy: Document) -> Option<Vec<Text>> {
        self.size = policy.size();
        let here = self.policy.clone();
        let (ancestors, _) = self.parents(&policy, here.as_ref()).ok()?;
        self.order.push(Text {
            file: 0,
            document: policy,
            ancestors,
        });
        Some(self.order)
    }

    /// Reads what a document extends: all texts that it inherits from, and how many faults its own
    /// entries have.
    fn parents(
        &mut self,
        document: &Document,
        here: Option<&PolicyFile>,
    ) -> Result<(BTreeSet<u8>, usize), Stop> {
        let mut ancestors = BTreeSet::new();
        let mut faults = 0;
        for (at, (name, span)) in entries(document).into_iter().enumerate() {
            if at >= MAX_PARENTS {
                return Err(
                    self.too_many(span, &format!("a list of more than {MAX_PARENTS} parents"))
                );
            }
            let Some(found) = self.find(&name, span, here) else {
                faults += 1;
                continue;
            };
            if let Some(from) = self.begun(&found.identity) {
                let cycle = self.cycle(from, &name, span);
                self.sink.push(cycle);
                continue;
            }
            let known = self
                .done
                .iter()
                .find(|(identity, _)| *identity == found.identity);
            let file = match known {
                Some(&(_, file)) => Some(file),
                None => self.read(found, name, span, &mut faults)?,
            };
            if let Some(file) = file {
                ancestors.insert(file);
                let text = self.order.iter().find(|text| text.file == file);
                ancestors.extend(text.iter().flat_map(|text| &text.ancestors));
            }
        }
        Ok((ancestors, faults))
    }

    /// The text that a name stands for; `None`: the sink knows.
    fn find(&mut self, name: &str, span: Span, here: Option<&PolicyFile>) -> Option<LoadedParent> {
        if !is_file(name) {
            let Some(profile) = profiles::find(name) else {
                self.sink.push(unknown_profile(name, span));
                return None;
            };
            let identity = Identity::Profile(profile.name);
            return Some(LoadedParent {
                identity,
                text: Content::Shipped(profile.text),
            });
        }
        if name.starts_with('/') {
            let message = format!("{} is an absolute path", quote(name));
            self.sink.push(
                Diagnostic::error("extends-absolute-path", span, message).with_help(
                    "write a path relative to this file's directory, so that the policy means the same on every \
                     machine",
                ),
            );
            return None;
        }
        let (Some(files), Some(here)) = (self.files, here) else {
            let why = "the directory of this text is not known";
            let help = "give the policy as a file, or extend a profile";
            self.sink.push(unreadable(name, span, why, help));
            return None;
        };
        match files.locate(name, here) {
            Ok(place) => Some(LoadedParent {
                identity: Identity::File(place.identity.clone()),
                text: Content::Stored(place),
            }),
            Err(why) => {
                let help = "the path is relative to the directory of the file that names it";
                self.sink.push(unreadable(name, span, &why, help));
                None
            }
        }
    }

    /// Reads a text and all that it extends; gives its number, or `None` where it cannot be read.
    fn read(
        &mut self,
        found: LoadedParent,
        name: String,
        span: Span,
        faults: &mut usize,
    ) -> Result<Option<u8>, Stop> {
        if self.chain.len() >= MAX_LEVELS {
            return Err(self.too_many(span, &format!("a chain of more than {MAX_LEVELS} parents")));
        }
        let mut own = Sink::new();
        let (source, here) = match found.text {
            Content::Shipped(text) => (Source::new(name.clone(), text), None),
            Content::Stored(place) => {
                let bytes = self
                    .files
                    .map_or_else(|| Ok(Vec::new()), |files| files.read(&place));
                match bytes {
                    Ok(bytes) => (
                        parse::decode(&place.path.to_string_lossy(), bytes, &mut own),
                        Some(place),
                    ),
                    Err(why) => {
                        *faults += 1;
                        self.sink
                            .push(unreadable(&name, span, &why, "a parent is a policy file"));
                        return Ok(None);
                    }
                }
            }
        };
        self.bytes = self.bytes.saturating_add(source.text.len());
        if self.bytes > MAX_TOTAL_BYTES {
            return Err(self.too_many(span, "more than 4 MiB of text"));
        }
        if self.sources.parents().len() >= MAX_PARENTS {
            return Err(self.too_many(span, &format!("more than {MAX_PARENTS} texts")));
        }
        let parsed = parse::parse(&source, &mut own).map(|mut document| {
            self.facts.expand(&mut document, &mut own);
            if self.checks {
                schema::check(&mut document, &mut own);
            }
            document
        });
        let Some(file) = self.sources.add(source, name.clone()) else {
            return Err(self.too_many(span, "more than 255 texts"));
        };
        let mut errors = self.sink.absorb(own, file);
        self.chain.push(Link {
            identity: found.identity,
            written: name,
            span,
        });
        if let Some(mut document) = parsed {
            document.relocate(file);
            self.room(&document, span)?;
            let (ancestors, more) = self.parents(&document, here.as_ref())?;
            errors += more;
            self.order.push(Text {
                file,
                document,
                ancestors,
            });
        }
        if errors > 0 {
            let broken = self.broken(errors);
            self.sink.push(broken);
        }
        if let Some(link) = self.chain.pop() {
            self.done.push((link.identity, file));
        }
        Ok(Some(file))
    }

    /// The documents together stay within the caps of one.
    fn room(&mut self, document: &Document, span: Span) -> Result<(), Stop> {
        let (values, bytes) = document.size();
        self.size = (
            self.size.0.saturating_add(values),
            self.size.1.saturating_add(bytes),
        );
        if self.size.0 > MAX_NODES {
            return Err(self.too_many(span, &format!("more than {MAX_NODES} values")));
        }
        if self.size.1 > MAX_EXPANDED {
            return Err(self.too_many(span, "more than 8 MiB, aliases expanded"));
        }
        Ok(())
    }

    /// Where in the chain a text is: 0 for the policy, `None` where it is not in it.
    fn begun(&self, identity: &Identity) -> Option<usize> {
        let policy = self.policy.as_ref().map(|place| &place.identity);
        if matches!(identity, Identity::File(file) if policy == Some(file)) {
            return Some(0);
        }
        self.chain
            .iter()
            .position(|link| link.identity == *identity)
            .map(|at| at + 1)
    }

    /// The chain from the policy leads back to its text number `from`, by way of a last entry.
    fn cycle(&self, from: usize, last: &str, span: Span) -> Diagnostic {
        let links = self
            .chain
            .iter()
            .map(|link| (link.written.as_str(), link.span));
        let all: Vec<(&str, Span)> = links.chain([(last, span)]).collect();
        let who = match from.checked_sub(1).and_then(|at| all.get(at)) {
            None => "the policy".to_owned(),
            Some((name, _)) => quote(name),
        };
        let around = all.get(from..).unwrap_or_default();
        let way: Vec<String> = around.iter().map(|(name, _)| quote(name)).collect();
        let message = match around {
            [_] => format!("{who} extends itself"),
            _ => format!("{who} extends itself, through {}", way.join(", then ")),
        };
        let first = all.first().map_or(span, |&(_, first)| first);
        let mut cycle = Diagnostic::error("extends-cycle", first, message)
            .with_help("remove one of these entries: a policy cannot be merged before itself");
        for (name, span) in all.iter().skip(1) {
            cycle = cycle.with_related(*span, format!("{} is extended here", quote(name)));
        }
        cycle
    }

    /// The text at the end of the chain has errors, reported in its own place.
    fn broken(&self, errors: usize) -> Diagnostic {
        let count = if errors == 1 {
            "an error".to_owned()
        } else {
            format!("{errors} errors")
        };
        let (first, last) = (self.chain.first(), self.chain.last());
        let span = first.map_or_else(Span::default, |link| link.span);
        let name = |link: Option<&Link>| quote(link.map_or("", |link| link.written.as_str()));
        let help = "correct it there: a policy can only extend policies without errors";
        if self.chain.len() < 2 {
            let message = format!("{} has {count}", name(last));
            return Diagnostic::error("extends-broken", span, message).with_help(help);
        }
        let message = format!("{} extends {}, which has {count}", name(first), name(last));
        Diagnostic::error("extends-broken", span, message)
            .with_related(last.map_or(span, |link| link.span), "it is extended here")
            .with_help(help)
    }

    fn too_many(&mut self, span: Span, what: &str) -> Stop {
        let first = self.chain.first().map(|link| link.span);
        let mut found = Diagnostic::error(
            "extends-too-many",
            first.unwrap_or(span),
            format!("the policy and the policies that it extends have {what}"),
        )
        .with_help("combine some of the files");
        if first.is_some() {
            found = found.with_related(span, "counted up to here");
        }
        self.sink.push(found);
        Stop
    }
}

/// What a plan calls the text that comes after the policy: a line of it is cited as `command line 4`.
const CITED: &str = "command";

/// Reads the text that comes after the policy. What it names is what its writer typed: no fact of the host is looked up
/// for it. `None` where it is wrong; the sink knows.
pub(super) fn last(
    source: &Source,
    before: &[Text],
    sources: &mut Sources,
    sink: &mut Sink,
) -> Option<Text> {
    let mut own = Sink::new();
    let mut parsed = parse::parse(source, &mut own);
    if let Some(document) = &mut parsed {
        schema::check(document, &mut own);
    }
    let file = sources.add(source.clone(), CITED)?;
    if sink.absorb(own, file) > 0 {
        return None;
    }
    let mut document = parsed?;
    document.relocate(file);
    Some(Text {
        file,
        document,
        ancestors: before.iter().map(|text| text.file).collect(),
    })
}

/// What a document extends, with the places. A value of a wrong type is not listed: the schema
/// refuses it.
fn entries(document: &Document) -> Vec<(String, Span)> {
    let Some((_, id)) = document.entry(document.root(), "extends") else {
        return Vec::new();
    };
    let one = |id: NodeId| Some((document.text(id)?.to_owned(), document.node_span(id)));
    if document.is_list(id) {
        return document
            .items(id)
            .iter()
            .take(MAX_PARENTS + 1)
            .filter_map(|&id| one(id))
            .collect();
    }
    one(id).into_iter().collect()
}

fn unknown_profile(name: &str, span: Span) -> Diagnostic {
    let message = format!("there is no profile {}", quote(name));
    let found = Diagnostic::error("extends-unknown-profile", span, message);
    if let Some(near) = nearest(name, profiles::names()) {
        return found.with_guess(name, near);
    }
    found.with_help(
        "`purple profile list` prints the profiles; the name of a file contains a `/` or ends in `.yaml`",
    )
}

fn unreadable(name: &str, span: Span, why: &str, help: &str) -> Diagnostic {
    let message = format!("{} cannot be read: {why}", quote(name));
    Diagnostic::error("extends-unreadable", span, message).with_help(help)
}
