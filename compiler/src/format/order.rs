//! Preferred spellings, and the keys of each mapping in the order of the reference.

use super::tree::{Content, Node, Tree, UnitId};
use crate::schema::key_order;
use purple_policy::{DEPRECATED_OPERATORS, DEPRECATED_SPELLINGS};
use std::collections::BTreeMap;

/// Gives deprecated keys and operators their preferred names.
pub(super) fn rename(tree: &mut Tree) {
    let mut renamed: Vec<(UnitId, Part, &'static str)> = Vec::new();
    for (section, unit) in entries(tree, tree.root.as_ref()) {
        let Some(value) = tree.unit(unit).map(|unit| &unit.value) else {
            continue;
        };
        let keys = entries(tree, Some(value));
        for spelling in DEPRECATED_SPELLINGS
            .iter()
            .filter(|spelling| spelling.section == section)
        {
            // Both at once are an error, and no matter of style.
            let both = keys.iter().any(|(key, _)| key == spelling.preferred);
            let deprecated = keys
                .iter()
                .find(|(key, _)| key == spelling.deprecated)
                .filter(|_| !both);
            renamed.extend(deprecated.map(|(_, unit)| (*unit, Part::Key, spelling.preferred)));
        }
        if section == "syscalls" {
            for operator in operators(tree, &keys) {
                let text = tree.unit(operator).and_then(|unit| plain_text(&unit.value));
                let known = DEPRECATED_OPERATORS
                    .iter()
                    .find(|(deprecated, _)| Some(*deprecated) == text);
                renamed.extend(known.map(|(_, preferred)| (operator, Part::Value, *preferred)));
            }
        }
    }
    for (unit, part, word) in renamed {
        let Some(unit) = tree.units.get_mut(unit) else {
            continue;
        };
        let node = match part {
            Part::Key => unit.key.as_mut(),
            Part::Value => Some(&mut unit.value),
        };
        // What an anchor names may stand elsewhere too, where it means something else.
        if let Some(Node {
            anchor: None,
            content: Content::Scalar { text, .. },
            ..
        }) = node
        {
            word.clone_into(text);
        }
    }
}

enum Part {
    Key,
    Value,
}

/// The entries of a mapping: keys, and where they are.
fn entries(tree: &Tree, node: Option<&Node>) -> Vec<(String, UnitId)> {
    let collection = node.and_then(|node| tree.collection(node));
    let units = collection.map_or(&[][..], |(_, collection)| collection.units.as_slice());
    let named = |&id: &UnitId| {
        let key = tree.unit(id)?.key.as_ref()?;
        Some((plain_text(key)?.to_owned(), id))
    };
    units.iter().filter_map(named).collect()
}

fn plain_text(node: &Node) -> Option<&str> {
    match &node.content {
        Content::Scalar { text, .. } => Some(text),
        _ => None,
    }
}

/// The operators of all conditions of the section's rules.
fn operators(tree: &Tree, section: &[(String, UnitId)]) -> Vec<UnitId> {
    let under = |keys: &[(String, UnitId)], name: &str| -> Vec<UnitId> {
        let unit = keys
            .iter()
            .find(|(key, _)| key == name)
            .and_then(|(_, id)| tree.unit(*id));
        let list = unit.and_then(|unit| tree.collection(&unit.value));
        list.map_or_else(Vec::new, |(_, list)| list.units.clone())
    };
    let keys_of = |item: UnitId| entries(tree, tree.unit(item).map(|unit| &unit.value));
    let rules = under(section, "advanced_rules");
    let conditions = rules
        .into_iter()
        .flat_map(|rule| under(&keys_of(rule), "conditions"));
    conditions
        .filter_map(|condition| keys_of(condition).into_iter().find(|(key, _)| key == "op"))
        .map(|(_, operator)| operator)
        .collect()
}

/// Puts the keys of each mapping into the order of the schema; keys that it does not know come last,
/// in the order that they have.
pub(super) fn sort(tree: &mut Tree) {
    let Some(root) = tree.root.as_ref().and_then(|root| tree.collection(root)) else {
        return;
    };
    let mut open = vec![(root.0, String::new())];
    // Thousands of rules have one order.
    let mut orders: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    while let Some((id, place)) = open.pop() {
        let Some(collection) = tree.collections.get(id) else {
            continue;
        };
        let mut units = collection.units.clone();
        if collection.is_mapping {
            let order = orders
                .entry(place.clone())
                .or_insert_with(|| key_order(&place));
            let position = |&unit: &UnitId| {
                let key = tree
                    .unit(unit)
                    .and_then(|unit| plain_text(unit.key.as_ref()?));
                order
                    .iter()
                    .position(|known| Some(*known) == key)
                    .unwrap_or(usize::MAX)
            };
            if !order.is_empty() {
                units.sort_by_key(position);
            }
        }
        for unit in units.iter().filter_map(|&unit| tree.unit(unit)) {
            let Some((inner, _)) = tree.collection(&unit.value) else {
                continue;
            };
            let step = unit
                .key
                .as_ref()
                .map_or(Some("0"), plain_text)
                .unwrap_or("");
            let step = step.replace('~', "~0").replace('/', "~1");
            open.push((inner, format!("{place}/{step}")));
        }
        if let Some(collection) = tree.collections.get_mut(id) {
            collection.units = units;
        }
    }
}
