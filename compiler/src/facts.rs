//! Facts of the host that a policy can name: `${workspace}` and the like, in paths, in values of environment variables and as the
//! name of the user inside.
//!
//! A name is replaced by its value before anything else reads the text, so that policies that extend each other are merged
//! by what their paths are. Nothing else is expanded.

use crate::diagnostics::{Diagnostic, Sink, nearest, quote};
use crate::parse::{Document, NodeId};
use crate::schema::step;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A fact of the host that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostFact {
    /// The directory for caches of the user who starts the sandbox.
    Cache,
    /// The directory for configuration of that user.
    Config,
    /// The home directory of that user.
    Home,
    /// The name of that user.
    User,
    /// The root of the repository that the run starts in, or the directory that it starts in.
    Workspace,
    /// The directory of the workspace that the run starts in. No text names it: `filesystem.workspace` uses it.
    Start,
    /// The directory outside of the workspace where git has what all linked worktrees share. No text names it either.
    GitDirectory,
}

impl HostFact {
    /// Those that a text can name, by name.
    pub const NAMED: [Self; 5] = [
        Self::Cache,
        Self::Config,
        Self::Home,
        Self::User,
        Self::Workspace,
    ];

    /// All of them, by name.
    pub const ALL: [Self; 7] = [
        Self::Cache,
        Self::Config,
        Self::GitDirectory,
        Self::Home,
        Self::Start,
        Self::User,
        Self::Workspace,
    ];

    /// The name between the braces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Config => "config",
            Self::GitDirectory => "git_directory",
            Self::Home => "home",
            Self::Start => "start",
            Self::User => "user",
            Self::Workspace => "workspace",
        }
    }

    /// The fact with this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.name() == name)
    }

    /// The fact that a text means by this name.
    fn of_text(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|fact| fact.name() == name)
    }

    /// What stands for the value where a policy is checked and no host is known.
    const fn sample(self) -> &'static str {
        match self {
            Self::Cache => "/home/user/.cache",
            Self::Config => "/home/user/.config",
            Self::Home => "/home/user",
            Self::User => "user",
            Self::Start | Self::Workspace => "/home/user/workspace",
            Self::GitDirectory => "/home/user/repository/.git",
        }
    }
}

/// The user and group ids of who starts the sandbox, which its program keeps inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ids {
    /// The user id; `None`, and for root: the id of all other plans.
    pub user: Option<u32>,
    /// The group id, likewise.
    pub group: Option<u32>,
}

/// The values of facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostFacts {
    given: BTreeMap<HostFact, String>,
    /// Why a fact has no value, where the host was asked.
    lacking: BTreeMap<HostFact, String>,
    has_samples: bool,
    ids: Ids,
    /// What git inside finds as the configuration of the system.
    git_config: Option<String>,
}

impl HostFacts {
    /// Values that stand for those of some host: for a check, which makes no plan.
    pub fn samples() -> Self {
        Self {
            has_samples: true,
            ..Self::default()
        }
    }

    /// Sets a value, given as `NAME=VALUE`: a fact, or the number of `uid` or `gid`. The error says what is wrong with it.
    pub fn set(&mut self, assignment: &str) -> Result<(), String> {
        let Some((name, value)) = assignment.split_once('=') else {
            return Err(format!(
                "{} has no `=`: write NAME=VALUE, such as workspace=/srv/project",
                quote(assignment)
            ));
        };
        let ids = &mut self.ids;
        match (name, HostFact::of_name(name)) {
            ("uid", _) => ids.user = Some(id(name, value)?),
            ("gid", _) => ids.group = Some(id(name, value)?),
            ("git_config", _) => self.set_git_config(value)?,
            (_, Some(fact)) => self.set_fact(fact, value)?,
            (_, None) => {
                let known = HostFact::ALL.map(HostFact::name).join("`, `");
                return Err(format!(
                    "there is no {}; there are `{known}`, `git_config`, `uid` and `gid`",
                    quote(name)
                ));
            }
        }
        Ok(())
    }

    /// Sets the value of a fact. The error says what is wrong with it.
    pub fn set_fact(&mut self, fact: HostFact, value: &str) -> Result<(), String> {
        let fault = |what: &str| Err(format!("{} for `{}` {what}", quote(value), fact.name()));
        if value.contains('\0') {
            return fault("has a NUL");
        }
        let value = match fact {
            HostFact::User if value.is_empty() || value.contains(['/', ':', '\n']) => {
                return fault("is no name of a user");
            }
            HostFact::User => value,
            _ => {
                let path = value.trim_end_matches('/');
                let Some(below) = path.strip_prefix('/') else {
                    let what = match value {
                        "" => "is empty; write an absolute path",
                        "/" => "is the root directory, which has everything in it",
                        _ if value.starts_with('/') => "is the root directory",
                        _ => "is no absolute path",
                    };
                    return fault(what);
                };
                if below.split('/').any(|part| matches!(part, "" | "." | "..")) {
                    return fault("has an empty part, a `.` or a `..` in it");
                }
                path
            }
        };
        self.given.insert(fact, value.to_owned());
        Ok(())
    }

    /// Sets the value of a fact as the host has it, or notes why it has none that a plan can hold.
    pub fn set_or_say_why(&mut self, fact: HostFact, value: Result<String, String>) {
        let set = value.and_then(|value| self.set_fact(fact, &value));
        if let Err(why) = set {
            self.lacking.insert(fact, why);
        }
    }

    /// Sets the configuration that git inside finds for the system, where the policy has a workspace. The error says what is wrong
    /// with it.
    pub fn set_git_config(&mut self, text: &str) -> Result<(), String> {
        if text.contains('\0') {
            return Err("the text for `git_config` has a NUL".to_owned());
        }
        self.git_config = Some(text.to_owned());
        Ok(())
    }

    /// Where git has what the linked worktrees of a repository share, where the workspace is one of them.
    pub(crate) fn git_directory(&self) -> Option<&str> {
        self.value(HostFact::GitDirectory)
    }

    /// Sets the ids of who starts the sandbox.
    pub const fn set_ids(&mut self, ids: Ids) {
        self.ids = ids;
    }

    /// The ids that are set.
    pub const fn ids(&self) -> Ids {
        self.ids
    }

    /// A fact's value.
    fn value(&self, fact: HostFact) -> Option<&str> {
        let given = self.given.get(&fact).map(String::as_str);
        // A workspace is a clone as a rule, and the run starts at its root.
        let is_usual = !matches!(fact, HostFact::GitDirectory | HostFact::Start);
        given.or_else(|| (self.has_samples && is_usual).then(|| fact.sample()))
    }
}

fn id(name: &str, value: &str) -> Result<u32, String> {
    // The largest is no id: it stands for none (setresuid(2)).
    match value.parse::<u32>() {
        Ok(id) if id != u32::MAX => Ok(id),
        _ => Err(format!(
            "{} for `{name}` is no number of a user or a group",
            quote(value)
        )),
    }
}

/// The expansion of the texts of one policy.
#[derive(Debug)]
pub(crate) struct Expansion<'f> {
    facts: &'f HostFacts,
    /// What the texts name, with its value.
    used: BTreeMap<HostFact, String>,
    /// Those without a value that were reported.
    lacking: BTreeSet<HostFact>,
    has_git_config: bool,
}

/// What a policy uses of the facts.
#[derive(Debug)]
pub(crate) struct Used {
    /// The facts, with their values, by name.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// The configuration that git inside finds for the system.
    pub(crate) git_config: Option<String>,
}

impl<'f> Expansion<'f> {
    pub(crate) const fn new(facts: &'f HostFacts) -> Self {
        Self {
            facts,
            used: BTreeMap::new(),
            lacking: BTreeSet::new(),
            has_git_config: false,
        }
    }

    /// What the policy has used.
    pub(crate) fn into_used(self) -> Used {
        let mut facts: Vec<_> = self
            .used
            .into_iter()
            .map(|(fact, value)| (fact.name(), value))
            .collect();
        facts.sort_unstable();
        let git_config = self.facts.git_config.clone();
        Used {
            facts,
            git_config: git_config.filter(|_| self.has_git_config),
        }
    }

    /// Says that git inside finds a configuration for the system.
    pub(crate) const fn use_git_config(&mut self) {
        self.has_git_config = true;
    }

    /// Replaces the names in a text. What is wrong goes to the sink.
    pub(crate) fn expand(&mut self, document: &mut Document, sink: &mut Sink) {
        let mut scalars = BTreeMap::new();
        for section in [
            &["filesystem"][..],
            &["environment", "set"],
            &["audit", "log_path"],
            &["process", "user"],
        ] {
            let mut pointer = String::new();
            let mut id = Some(document.root());
            for key in section {
                pointer.push('/');
                pointer.push_str(key);
                id = id.and_then(|id| document.entry(id, key)).map(|(_, id)| id);
            }
            if let Some(id) = id {
                let mut seen = BTreeSet::new();
                collect(document, id, &pointer, &mut seen, &mut scalars);
            }
        }
        for (id, pointer) in scalars {
            let Some(text) = document.scalar(id) else {
                continue;
            };
            let (expanded, faults) = self.expanded(text);
            for (part, code, message, help) in faults {
                let span = document.part_span(&pointer, part);
                sink.push(Diagnostic::error(code, span, message).with_help(help));
            }
            if let Some(expanded) = expanded {
                document.set_scalar(id, &expanded);
            }
        }
    }

    /// The text with the names replaced, if it has any, and what is wrong with them.
    fn expanded(&mut self, text: &str) -> (Option<String>, Vec<Fault>) {
        let mut out = String::new();
        let mut faults = Vec::new();
        let mut rest = text;
        if let Some((mark, below)) = home(text) {
            out.push_str(mark);
            out.push_str(&self.take(HostFact::Home, mark.len()..mark.len() + 1, &mut faults));
            rest = below;
        }
        if rest.len() == text.len() && !text.contains("${") {
            return (None, faults);
        }
        while let Some(at) = rest.find("${") {
            let (before, name) = rest.split_at(at);
            let start = text.len() - rest.len() + at;
            if let Some(before) = before.strip_suffix('$') {
                out.push_str(before);
                out.push_str("${");
                rest = name.get(2..).unwrap_or_default();
                continue;
            }
            out.push_str(before);
            let name = name.get(2..).unwrap_or_default();
            let Some(end) = name.find('}') else {
                faults.push(unclosed(start..text.len()));
                out.push_str(stand_in(&out));
                return (Some(out), faults);
            };
            let (name, after) = name.split_at(end);
            let part = start..start + end + 3;
            if let Some(fact) = HostFact::of_text(name) {
                out.push_str(&self.take(fact, part, &mut faults));
            } else {
                faults.push(unknown(name, part));
                out.push_str(stand_in(&out));
            }
            rest = after.get(1..).unwrap_or_default();
        }
        out.push_str(rest);
        (Some(out), faults)
    }

    /// The value of a fact that a section uses, of which the key is at `span`. What is wrong goes to the sink.
    pub(crate) fn used_at(&mut self, fact: HostFact, span: Span, sink: &mut Sink) -> String {
        let mut faults = Vec::new();
        let value = self.take(fact, 0..0, &mut faults);
        for (_, code, message, help) in faults {
            sink.push(Diagnostic::error(code, span, message).with_help(help));
        }
        value
    }

    /// The value of a fact that a section uses where the host has it.
    pub(crate) fn used_if_set(&mut self, fact: HostFact) -> Option<String> {
        let value = self.facts.value(fact)?.to_owned();
        self.used.insert(fact, value.clone());
        Some(value)
    }

    /// A fact's value, which the texts use from now on.
    fn take(&mut self, fact: HostFact, part: Range<usize>, faults: &mut Vec<Fault>) -> String {
        if let Some(value) = self.facts.value(fact) {
            self.used.insert(fact, value.to_owned());
            return value.to_owned();
        }
        if !self.lacking.insert(fact) {
            return fact.sample().to_owned();
        }
        let name = fact.name();
        let message = format!("`${{{name}}}` has no value");
        let help = match self.facts.lacking.get(&fact) {
            Some(why) => why.clone(),
            None => format!(
                "`purple run` sets it; to compile elsewhere, add `--set {name}={}`",
                fact.sample()
            ),
        };
        faults.push((part, "host-fact-without-value", message, help));
        fact.sample().to_owned()
    }
}

/// What stands for a value that is not known behind this text. A path stays one, so that nothing more is found in it.
const fn stand_in(before: &str) -> &'static str {
    if before.is_empty() {
        "/unknown"
    } else {
        "unknown"
    }
}

/// A part of a text, and the code, message and help of what is wrong with it.
type Fault = (Range<usize>, &'static str, String, String);

/// What stands before `~/` at the beginning of a path, and what comes behind the `~`.
fn home(text: &str) -> Option<(&'static str, &str)> {
    let (mark, path) = match text.strip_prefix('!') {
        Some(path) => ("!", path),
        None => ("", text),
    };
    let below = path.strip_prefix('~')?;
    below.starts_with('/').then_some((mark, below))
}

fn list() -> String {
    let names = HostFact::NAMED.map(|fact| format!("`${{{}}}`", fact.name()));
    names.join(", ")
}

fn unclosed(part: Range<usize>) -> Fault {
    (
        part,
        "host-fact-not-closed",
        "`${` has no `}` behind it".to_owned(),
        format!("write one of {}; `$${{` stands for `${{`", list()),
    )
}

fn unknown(name: &str, part: Range<usize>) -> Fault {
    let mut help = format!("there are {}; `$${{` stands for `${{`", list());
    if let Some(near) = nearest(name, HostFact::NAMED.map(HostFact::name)) {
        help = format!("did you mean `${{{near}}}`? {help}");
    }
    let message = format!("no fact of the host is called {}", quote(name));
    (part, "unknown-host-fact", message, help)
}

/// Every scalar of a subtree, each once, with the first pointer that leads to it.
fn collect(
    document: &Document,
    id: NodeId,
    pointer: &str,
    seen: &mut BTreeSet<NodeId>,
    scalars: &mut BTreeMap<NodeId, String>,
) {
    if !seen.insert(id) {
        return;
    }
    if document.scalar(id).is_some() {
        scalars.entry(id).or_insert_with(|| pointer.to_owned());
        return;
    }
    for (index, &item) in document.items(id).iter().enumerate() {
        collect(document, item, &format!("{pointer}/{index}"), seen, scalars);
    }
    for (key, _, value) in document.entries(id) {
        // What a grant says for people is no path, and a file may have any text in it.
        if matches!(key, "reason" | "owner" | "expires" | "content") {
            continue;
        }
        let below = format!("{pointer}/{}", step(key));
        collect(document, value, &below, seen, scalars);
    }
}

#[cfg(test)]
mod tests;
