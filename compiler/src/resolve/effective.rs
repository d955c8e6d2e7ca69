//! The policy in full, for `--emit=resolved`: a policy itself, with a place for each value.

use crate::diagnostics::render::visible;
use crate::parse::{Document, NodeId, is_plain_text};
use crate::resolve::{default_groups, environment, filesystem};
use crate::source::{Sources, Span};
use serde_json::Value;
use std::collections::BTreeSet;

/// The column that the places are aligned at, at most.
const FURTHEST: usize = 56;

/// What an output path keeps as it is, beside what it keeps without saying so.
const KEPT: &str = "read_only";

/// The key without which the default of another one is no limit.
const MEMORY: &str = "memory_limit_bytes";

/// The place of what nobody says.
const DEFAULT: &str = "default";

/// A merged document as YAML: keys in the order of the schema, every value with the file and line
/// that it comes from, and what nobody says with its default. It compiles to the same plan, but
/// for the lines.
pub(crate) fn effective(document: &Document, sources: &Sources) -> String {
    let mut print = Print {
        document,
        sources,
        lines: Vec::new(),
    };
    let schema = purple_policy::json_schema();
    let root = document.root();
    for (key, property) in keys(&schema, &schema) {
        let section = keys(&schema, property);
        let value = document.entry(root, key).map(|(_, value)| value);
        match value {
            Some(value) if section.is_empty() => print.node(0, format!("{key}:"), value),
            None if section.is_empty() => {}
            _ => print.section(key, &section, value),
        }
    }
    print.finish()
}

/// A key of the policy, and what the schema says of it.
type Key<'s> = (&'s str, &'s Value);

/// The keys that a part of the schema has, without older spellings.
fn keys<'s>(schema: &'s Value, part: &'s Value) -> Vec<Key<'s>> {
    let reference = part.get("$ref").or_else(|| part.pointer("/allOf/0/$ref"));
    let pointer = reference
        .and_then(Value::as_str)
        .and_then(|text| text.strip_prefix('#'));
    let part = pointer
        .and_then(|pointer| schema.pointer(pointer))
        .unwrap_or(part);
    let properties = part
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    properties
        .filter(|(_, property)| property.get("deprecated").is_none())
        .map(|(key, property)| (key.as_str(), property))
        .collect()
}

struct Line {
    text: String,
    /// Where its value comes from.
    from: Option<String>,
}

struct Print<'d> {
    document: &'d Document,
    sources: &'d Sources,
    lines: Vec<Line>,
}

impl Print<'_> {
    fn section(&mut self, section: &str, keys: &[Key<'_>], value: Option<NodeId>) {
        self.line(format!("{section}:"), None);
        let before = self.lines.len();
        if section == "environment" {
            self.environment(value);
        } else {
            for &(key, property) in keys {
                match value.and_then(|section| self.document.entry(section, key)) {
                    Some((_, list)) if key == "output_paths" => self.outputs(list),
                    Some((_, value)) => self.node(2, format!("  {key}:"), value),
                    None => self.default((section, value), key, property),
                }
            }
        }
        if self.lines.len() == before {
            self.lines.pop();
            self.line(format!("{section}: {{}}"), Some(DEFAULT.to_owned()));
        }
    }

    /// What a key means that nobody gives; `property` is what the schema says of it.
    fn default(&mut self, (section, node): (&str, Option<NodeId>), key: &str, property: &Value) {
        let limited = || node.is_some_and(|id| self.document.entry(id, MEMORY).is_some());
        let value = match (section, key) {
            ("filesystem", "immutable_paths") if node.is_none() => {
                self.line("  immutable_paths:".to_owned(), None);
                for (path, optional) in filesystem::DEFAULT {
                    let optional = if optional { ", optional: true" } else { "" };
                    let text =
                        format!("    - {{host_path: {path}, sandbox_path: {path}{optional}}}");
                    self.line(text, Some(DEFAULT.to_owned()));
                }
                return;
            }
            ("syscalls", "default_deny") => node.is_some().to_string(),
            ("audit", "on_failure") => "end".to_owned(),
            // No number says so. Where memory is not limited, swap is not.
            ("resources", "memory_swap_limit_bytes") if limited() => {
                self.line(format!("  # {key}: no swap"), Some(DEFAULT.to_owned()));
                return;
            }
            _ => match property.get("default") {
                None | Some(Value::Null) => return,
                Some(Value::String(text)) => scalar(text),
                Some(other) => other.to_string(),
            },
        };
        self.line(format!("  {key}: {value}"), Some(DEFAULT.to_owned()));
    }

    /// The output paths, each with the groups of paths that it keeps without saying so.
    fn outputs(&mut self, list: NodeId) {
        if let Some(leaf) = self.leaf("  output_paths:", list) {
            self.lines.push(leaf);
            return;
        }
        self.line("  output_paths:".to_owned(), None);
        for &item in self.document.items(list) {
            self.output(item);
        }
    }

    fn output(&mut self, item: NodeId) {
        let document = self.document;
        let kept = document
            .entry(item, KEPT)
            .map_or(&[][..], |(_, list)| document.items(list));
        let said: BTreeSet<&str> = kept
            .iter()
            .filter_map(|&id| document.scalar(id))
            .map(|name| name.trim_start_matches('!'))
            .collect();
        let host = document
            .entry(item, "host_path")
            .and_then(|(_, host)| document.scalar(host));
        let groups: Vec<&str> = default_groups(host.unwrap_or_default())
            .filter(|group| !said.contains(group))
            .collect();
        let mut lead = "    -";
        for (key, _, value) in document.entries(item).filter(|(key, ..)| *key != KEPT) {
            self.node(6, format!("{lead} {}:", scalar(key)), value);
            lead = "     ";
        }
        if !kept.is_empty() || !groups.is_empty() {
            self.line(format!("{lead} {KEPT}:"), None);
        }
        for &id in kept {
            self.node(8, "        -".to_owned(), id);
        }
        for group in groups {
            self.line(
                format!("        - {}", scalar(group)),
                Some(DEFAULT.to_owned()),
            );
        }
    }

    /// The variables, with those that every program gets unless the policy says otherwise.
    fn environment(&mut self, section: Option<NodeId>) {
        let find = |key| Some(self.document.entry(section?, key)?.1);
        let (set, pass): (Option<NodeId>, Option<NodeId>) = (find("set"), find("pass"));
        let mut named = BTreeSet::new();
        self.line("  set:".to_owned(), None);
        for (name, _, value) in set.into_iter().flat_map(|id| self.document.entries(id)) {
            named.insert(name);
            let lead = format!("    {}:", scalar(name));
            self.lines.extend(self.leaf(&lead, value));
        }
        let passed = pass.map_or(&[][..], |id| self.document.items(id));
        named.extend(passed.iter().filter_map(|&id| self.document.scalar(id)));
        for (name, value) in environment::SET
            .into_iter()
            .filter(|(name, _)| !named.contains(name))
        {
            self.line(format!("    {name}: {value}"), Some(DEFAULT.to_owned()));
        }
        self.line("  pass:".to_owned(), None);
        for &id in passed {
            self.node(4, "    -".to_owned(), id);
        }
        for name in environment::PASS
            .into_iter()
            .filter(|name| !named.contains(name))
        {
            self.line(format!("    - {name}"), Some(DEFAULT.to_owned()));
        }
    }

    /// A value after its key or dash. Recursive, as deep as a document may be.
    fn node(&mut self, indent: usize, lead: String, id: NodeId) {
        let document = self.document;
        if let Some(leaf) = self.leaf(&lead, id) {
            self.lines.push(leaf);
        } else if document.is_list(id) {
            self.line(lead, None);
            for &item in document.items(id) {
                self.node(indent + 2, format!("{:indent$}  -", ""), item);
            }
        } else {
            // The first key of an item stands beside its dash.
            let mut beside = lead.ends_with('-').then(|| lead.clone());
            if beside.is_none() {
                self.line(lead, None);
            }
            for (key, _, value) in document.entries(id) {
                let before = beside.take().unwrap_or_else(|| format!("{:indent$} ", ""));
                self.node(indent + 2, format!("{before} {}:", scalar(key)), value);
            }
        }
    }

    /// A value of one line.
    fn leaf(&self, lead: &str, id: NodeId) -> Option<Line> {
        let document = self.document;
        let value = match (document.text(id), document.scalar(id)) {
            (Some(text), _) => scalar(text),
            (None, Some(number)) => number.to_owned(),
            (None, None) if document.is_list(id) && document.items(id).is_empty() => {
                "[]".to_owned()
            }
            (None, None) if document.entries(id).next().is_none() && !document.is_list(id) => {
                "{}".to_owned()
            }
            _ => return None,
        };
        Some(Line {
            text: format!("{lead} {value}"),
            from: Some(self.place(document.node_span(id))),
        })
    }

    fn place(&self, span: Span) -> String {
        format!(
            "{}:{}",
            visible(&self.sources.of(span).name),
            self.sources.line(span)
        )
    }

    fn line(&mut self, text: String, from: Option<String>) {
        self.lines.push(Line { text, from });
    }

    fn finish(self) -> String {
        let width = |line: &Line| line.text.chars().count();
        let placed = self.lines.iter().filter(|line| line.from.is_some());
        let column = placed
            .map(width)
            .filter(|&width| width <= FURTHEST)
            .max()
            .unwrap_or(0);
        let lines = self.lines.iter().map(|Line { text, from }| match from {
            Some(from) => format!("{text:column$}  # {from}\n"),
            None => format!("{text}\n"),
        });
        lines.collect()
    }
}

/// A text as a YAML scalar on one line.
fn scalar(text: &str) -> String {
    if is_plain_text(text) {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}
