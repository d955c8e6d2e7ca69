//! The tree as text, in one style.

use super::scan::Comment;
use super::tree::{CollectionId, Content, Node, Tree, UnitId};
use crate::parse::{Style, needs_quotes, quoted, resolve_scalar, written};

/// How wide a list in brackets may be with all that is on its line.
const WIDTH: usize = 100;

/// Each level stands this much further right.
const STEP: usize = 2;

/// Prints a tree that was read from `source`.
pub(super) fn print(tree: &mut Tree, source: &str) -> String {
    let mut printer = Printer { tree, source };
    let lines = printer.document();
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

struct Printer<'t> {
    tree: &'t mut Tree,
    source: &'t str,
}

impl Printer<'_> {
    fn document(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let head = std::mem::take(&mut self.tree.head);
        comments(&mut lines, &head, 0, true);
        let Some(root) = self.tree.root.clone() else {
            return lines;
        };
        match root.content {
            Content::Collection(id) => {
                let body = self.block(id, 0, true);
                if !lines.is_empty() && self.tree.blank_after_head {
                    lines.push(String::new());
                }
                if body.is_empty() {
                    lines.push(self.inline(&root).unwrap_or_default());
                }
                // Nothing can refer to an anchor of the whole.
                lines.extend(body);
            }
            // A block of text stands further right than what it is in, at the top too.
            _ => lines.extend(self.leaf(&root, STEP)),
        }
        lines
    }

    /// A list or mapping with an entry on each line. `spaced` puts an empty line before and after
    /// each entry that takes several lines: sections.
    fn block(&mut self, id: CollectionId, indent: usize, spaced: bool) -> Vec<String> {
        let Some(collection) = self.tree.collections.get_mut(id) else {
            return Vec::new();
        };
        let units = std::mem::take(&mut collection.units);
        let footer = std::mem::take(&mut collection.footer);
        let mut lines: Vec<String> = Vec::new();
        let mut long = false;
        for &unit in &units {
            let (mut above, blank) = self.above(unit, indent);
            let entry = self.unit(unit, indent);
            let separate = spaced && (long || entry.len() > 1) && !lines.is_empty();
            long = entry.len() > 1;
            let first = lines.is_empty();
            match above.first_mut() {
                Some(comment) => comment.blank |= separate,
                None if separate => lines.push(String::new()),
                None => {}
            }
            let commented = !above.is_empty();
            comments(&mut lines, &above, indent, first);
            if blank && (!first || commented) && lines.last().is_some_and(|it| !it.is_empty()) {
                lines.push(String::new());
            }
            lines.extend(entry);
        }
        let first = lines.is_empty();
        comments(&mut lines, &footer, indent, first);
        lines
    }

    /// The comments above an entry, and whether an empty line comes between them and it.
    fn above(&mut self, id: UnitId, indent: usize) -> (Vec<Comment>, bool) {
        let Some(unit) = self.tree.units.get_mut(id) else {
            return (Vec::new(), false);
        };
        let mut above = std::mem::take(&mut unit.leading);
        let mut blank = unit.blank;
        let is_item = unit.key.is_none();
        let value = unit.value.clone();
        if !is_item || self.fits(id, indent) {
            return (above, blank);
        }
        // `- key: value`: nothing can stand between the dash and the key.
        if let Some((_, collection)) = self.tree.collection(&value) {
            let first = collection.units.first().copied();
            let trailing = self
                .tree
                .units
                .get_mut(id)
                .and_then(|unit| unit.trailing.take());
            if above.is_empty() && trailing.is_some() {
                blank = false;
                let own = self.tree.unit(id).is_some_and(|unit| unit.blank);
                above.extend(trailing.map(|comment| Comment {
                    blank: own,
                    ..comment
                }));
            } else {
                above.extend(trailing);
            }
            let (inner, _) = first.map_or((Vec::new(), false), |first| {
                self.above(first, indent + STEP)
            });
            if above.is_empty() && !inner.is_empty() {
                let mut inner = inner;
                if let Some(comment) = inner.first_mut() {
                    comment.blank = blank;
                }
                return (inner, false);
            }
            above.extend(inner);
        }
        (above, blank)
    }

    /// An entry's own lines.
    fn unit(&mut self, id: UnitId, indent: usize) -> Vec<String> {
        let Some(unit) = self.tree.unit(id) else {
            return Vec::new();
        };
        let value = unit.value.clone();
        let key = unit.key.clone();
        let start = match &key {
            Some(key) => format!("{}{}:", anchor(key), key_text(key)),
            None => "-".to_owned(),
        };
        let pad = " ".repeat(indent);
        let behind = unit
            .trailing
            .as_ref()
            .map_or_else(String::new, |it| format!("  {}", it.text));
        if self.fits(id, indent)
            && let Some(text) = self.inline(&value)
        {
            let text = format!("{}{text}", anchor(&value));
            let gap = if text.is_empty() { "" } else { " " };
            return vec![
                format!("{pad}{start}{gap}{text}{behind}")
                    .trim_end()
                    .to_owned(),
            ];
        }
        let Content::Collection(inner) = value.content else {
            let mut lines = self.leaf(&value, indent + STEP);
            if let Some(first) = lines.first_mut() {
                let gap = if first.is_empty() { "" } else { " " };
                *first = format!("{pad}{start}{gap}{first}");
            }
            // No comment can stand inside a plain text, and none after a block of text.
            let at = if is_block(&value) {
                lines.first_mut()
            } else {
                lines.last_mut()
            };
            if let Some(line) = at {
                line.push_str(&behind);
                line.truncate(line.trim_end().len());
            }
            return lines;
        };
        let mut lines = self.block(inner, indent + STEP, false);
        if key.is_none() && value.anchor.is_none() {
            if let Some(first) = lines.first_mut() {
                let rest = first.get(indent + STEP..).unwrap_or("");
                *first = format!("{pad}- {rest}");
            }
            return lines;
        }
        let anchor = value
            .anchor
            .map_or_else(String::new, |anchor| format!(" &{anchor}"));
        lines.insert(0, format!("{pad}{start}{anchor}{behind}"));
        lines
    }

    /// Whether an entry's value goes on its own line.
    fn fits(&self, id: UnitId, indent: usize) -> bool {
        let Some(unit) = self.tree.unit(id) else {
            return true;
        };
        let Some((inner, collection)) = self.tree.collection(&unit.value) else {
            return true;
        };
        if collection.units.is_empty() && !self.has_comments(inner) {
            return true;
        }
        if collection.flow.is_none() || self.has_comments(inner) {
            return false;
        }
        // A suppression is about its line.
        let trailing = unit.trailing.as_ref().map_or("", |it| it.text.as_str());
        let key = unit
            .key
            .as_ref()
            .map_or(0, |key| key_text(key).chars().count());
        let whole = self
            .inline(&unit.value)
            .map_or(usize::MAX, |text| text.chars().count());
        trailing.contains("purple: allow[") || whole.saturating_add(key + indent + STEP) <= WIDTH
    }

    fn has_comments(&self, id: CollectionId) -> bool {
        let Some(collection) = self.tree.collections.get(id) else {
            return false;
        };
        !collection.footer.is_empty()
            || collection
                .units
                .iter()
                .filter_map(|&unit| self.tree.unit(unit))
                .any(|unit| {
                    !unit.leading.is_empty()
                        || unit.trailing.is_some()
                        || self
                            .tree
                            .collection(&unit.value)
                            .is_some_and(|(id, _)| self.has_comments(id))
                })
    }

    /// A value on one line, without its anchor; `None` where it takes several.
    fn inline(&self, node: &Node) -> Option<String> {
        match &node.content {
            Content::Alias(name) => Some(format!("*{name}")),
            Content::Scalar { text, style } => (*style != Style::Block
                && self.kept_lines(node).is_none())
            .then(|| scalar(text, *style, false)),
            Content::Collection(id) => {
                let collection = self.tree.collections.get(*id)?;
                let mut parts = Vec::new();
                for unit in collection
                    .units
                    .iter()
                    .filter_map(|&unit| self.tree.unit(unit))
                {
                    let value = self.inline_in_flow(&unit.value)?;
                    parts.push(match &unit.key {
                        Some(key) => format!("{}{}: {value}", anchor(key), key_text(key)),
                        None => value,
                    });
                }
                let all = parts.join(", ");
                Some(if collection.is_mapping {
                    format!("{{{all}}}")
                } else {
                    format!("[{all}]")
                })
            }
        }
    }

    fn inline_in_flow(&self, node: &Node) -> Option<String> {
        let text = match &node.content {
            Content::Scalar { text, style } => scalar(text, *style, true),
            _ => self.inline(node)?,
        };
        // An empty value ends where a comma does, which not every reader sees.
        let text = if text.is_empty() {
            "null".to_owned()
        } else {
            text
        };
        Some(format!("{}{text}", anchor(node)))
    }

    /// A scalar or alias of one or several lines, the first without indentation.
    fn leaf(&self, node: &Node, indent: usize) -> Vec<String> {
        let anchor = anchor(node);
        if let Some(lines) = self.kept_lines(node) {
            let pad = " ".repeat(indent);
            let indented = |line: &String| {
                if line.is_empty() {
                    String::new()
                } else {
                    format!("{pad}{line}")
                }
            };
            let rest = lines.iter().skip(1).map(indented);
            let first = lines.first().map_or("", String::as_str);
            return std::iter::once(format!("{anchor}{first}"))
                .chain(rest)
                .collect();
        }
        match &node.content {
            Content::Scalar {
                text,
                style: style @ Style::Block,
            } => {
                vec![format!("{anchor}{}", scalar(text, *style, false))]
            }
            _ => vec![format!("{anchor}{}", self.inline(node).unwrap_or_default())],
        }
    }

    /// The lines of a text that was written on several, where they can stay as they are.
    fn kept_lines(&self, node: &Node) -> Option<Vec<String>> {
        let Content::Scalar { text, style } = &node.content else {
            return None;
        };
        let written = self.source.get(node.span.start..node.span.end)?;
        let mut lines: Vec<&str> = written.lines().collect();
        if node.anchor.is_some() || lines.len() < 2 {
            return None;
        }
        match style {
            Style::Plain => {
                let lines: Vec<String> = lines.iter().map(|line| line.trim().to_owned()).collect();
                (lines.join(" ") == *text && !needs_quotes(text)).then_some(lines)
            }
            Style::Block => {
                let header = lines.remove(0).split([' ', '#']).next()?.trim_end();
                let simple = matches!(header, "|" | "|-" | ">" | ">-");
                let first = lines.iter().find(|line| !line.trim().is_empty())?;
                let base = first.len() - first.trim_start_matches(' ').len();
                let stripped: Option<Vec<String>> = lines
                    .iter()
                    .map(|line| {
                        let line = if line.trim().is_empty() {
                            ""
                        } else {
                            line.get(base..)?
                        };
                        Some(line.to_owned())
                    })
                    .collect();
                let hidden = text.contains('\r') || written.contains('\t');
                // At the end of a file that ends without a line feed, the text has none either.
                let strip = if text.ends_with('\n') || header.ends_with('-') {
                    ""
                } else {
                    "-"
                };
                let mut all = vec![format!("{header}{strip}")];
                all.extend(stripped?);
                while all.last().is_some_and(String::is_empty) {
                    all.pop();
                }
                // What ends in spaces, or is nothing but spaces, is kept in quotes.
                // At the end of a file these are no part of what was written.
                let ends = |line: &str| line.len() != line.trim_end().len();
                let spaces = lines.iter().any(|line| ends(line)) || text.split('\n').any(ends);
                (simple && !hidden && !spaces && base > 0).then_some(all)
            }
            _ => None,
        }
    }
}

fn is_block(node: &Node) -> bool {
    matches!(
        node.content,
        Content::Scalar {
            style: Style::Block,
            ..
        }
    )
}

fn anchor(node: &Node) -> String {
    node.anchor
        .as_ref()
        .map_or_else(String::new, |anchor| format!("&{anchor} "))
}

fn key_text(key: &Node) -> String {
    match &key.content {
        Content::Scalar { text, style } => scalar(text, *style, true),
        Content::Alias(name) => format!("*{name} "),
        Content::Collection(_) => String::new(),
    }
}

/// A scalar on one line: quotes where they are needed, and only there.
fn scalar(text: &str, style: Style, in_flow: bool) -> String {
    if style == Style::Plain && !resolve_scalar(text, style).is_string() {
        return match resolve_scalar(text, style) {
            serde_json::Value::Bool(value) => value.to_string(),
            // A number keeps its base and its digits.
            _ => text.to_owned(),
        };
    }
    if is_date(text) && !in_flow {
        // A date to some readers, which no policy minds.
        return if style == Style::Plain {
            text.to_owned()
        } else {
            quoted(text)
        };
    }
    if in_flow {
        written(text)
    } else if needs_quotes(text) {
        quoted(text)
    } else {
        text.to_owned()
    }
}

/// `2027-01-31`
fn is_date(text: &str) -> bool {
    let digits = |part: Option<&str>, count| {
        part.is_some_and(|part| part.len() == count && part.bytes().all(|it| it.is_ascii_digit()))
    };
    let mut parts = text.split('-');
    digits(parts.next(), 4)
        && digits(parts.next(), 2)
        && digits(parts.next(), 2)
        && parts.next().is_none()
}

fn comments(lines: &mut Vec<String>, comments: &[Comment], indent: usize, first: bool) {
    for (number, comment) in comments.iter().enumerate() {
        let at_start = first && number == 0;
        if comment.blank && !at_start && lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(String::new());
        }
        lines.push(format!("{}{}", " ".repeat(indent), comment.text));
    }
}
