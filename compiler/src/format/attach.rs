//! What each comment belongs to.
//!
//! A comment on a line of its own belongs to what follows it, unless it stands further right than
//! that: then it is the last thing of the list or mapping above. A comment behind something belongs
//! to that.

use super::scan::{Comment, Found};
use super::tree::{CollectionId, Content, Tree, UnitId};

/// Gives every comment to what it belongs to.
pub(super) fn attach(tree: &mut Tree, comments: Vec<Found>) {
    let mut pending_head = Vec::new();
    for found in comments {
        let next = tree.units.partition_point(|unit| unit.start < found.at);
        let Some(previous) = next.checked_sub(1) else {
            pending_head.push(found.comment);
            continue;
        };
        let place = if found.alone {
            alone(tree, &found, previous, next)
        } else {
            Position::Behind(behind(tree, &found, previous))
        };
        match place {
            Position::Above(unit) => {
                if let Some(unit) = tree.units.get_mut(unit) {
                    unit.leading.push(found.comment);
                }
            }
            Position::Behind(unit) => {
                if let Some(unit) = tree.units.get_mut(unit) {
                    match &unit.trailing {
                        None => unit.trailing = Some(found.comment),
                        Some(_) => unit.leading.push(found.comment),
                    }
                }
            }
            Position::Footer(collection) => {
                let Some(collection) = tree.collections.get_mut(collection) else {
                    continue;
                };
                // Brackets around nothing stay as they are, on one line.
                let owner = collection.owner.and_then(|owner| tree.units.get_mut(owner));
                match owner.filter(|_| collection.units.is_empty()) {
                    Some(owner) => owner.leading.push(found.comment),
                    None => collection.footer.push(found.comment),
                }
            }
        }
    }
    head(tree, pending_head);
}

/// What stands above the first entry: the part up to an empty line, or up to the line that names the
/// schema for editors, is about the file; the rest is about the entry.
fn head(tree: &mut Tree, mut comments: Vec<Comment>) {
    let modeline = comments
        .iter()
        .rposition(is_modeline)
        .map_or(0, |at| at + 1);
    let gap = comments
        .iter()
        .rposition(|comment| comment.blank)
        .unwrap_or(0);
    let Some(first) = tree.units.first_mut() else {
        tree.head = comments;
        return;
    };
    let split = if first.blank {
        comments.len()
    } else {
        modeline.max(gap)
    };
    let mut own = comments.split_off(split.min(comments.len()));
    let above = own
        .first_mut()
        .map_or(&mut first.blank, |comment| &mut comment.blank);
    tree.blank_after_head = std::mem::take(above);
    first.leading.splice(0..0, own);
    tree.head = comments;
}

fn is_modeline(comment: &Comment) -> bool {
    comment
        .text
        .trim_start_matches(['#', ' '])
        .starts_with("yaml-language-server:")
}

/// What a comment belongs to, and where it stands there.
enum Position {
    Above(UnitId),
    Behind(UnitId),
    Footer(CollectionId),
}

fn alone(tree: &Tree, found: &Found, previous: UnitId, next: UnitId) -> Position {
    let Some(before) = tree.unit(previous) else {
        return Position::Above(next);
    };
    let is_collection = matches!(before.value.content, Content::Collection(_));
    let flow = tree
        .collection(&before.value)
        .is_some_and(|(_, it)| it.flow.is_some());
    let value = before.value.span;
    if value.end > value.start && found.at < value.start && (flow || !is_collection) {
        // Between a key and its value.
        return Position::Above(previous);
    }
    let after = tree.unit(next);
    if let Some(brackets) = innermost_flow(tree, previous, found.at) {
        return match after {
            Some(after) if is_within(tree, after.parent, brackets) => Position::Above(next),
            _ => Position::Footer(brackets),
        };
    }
    let child = tree.collection(&before.value).map(|(id, _)| id);
    if let Some(after) = after {
        let column = tree.collections.get(after.parent).map_or(0, |it| it.column);
        if child == Some(after.parent) || found.column <= column {
            return Position::Above(next);
        }
    }
    let mut at = before.parent;
    while let Some(collection) = tree.collections.get(at) {
        if collection.flow.is_none() && collection.column <= found.column {
            break;
        }
        match collection.owner.and_then(|owner| tree.unit(owner)) {
            Some(owner) => at = owner.parent,
            None => break,
        }
    }
    if after.is_some_and(|after| after.parent == at) {
        Position::Above(next)
    } else {
        Position::Footer(at)
    }
}

/// What a comment at the end of a line is behind: the last thing that begins before it, or the list
/// or mapping in brackets that has ended since.
fn behind(tree: &Tree, found: &Found, previous: UnitId) -> UnitId {
    let mut unit = previous;
    loop {
        let parent = tree
            .unit(unit)
            .and_then(|unit| tree.collections.get(unit.parent));
        match parent {
            Some(collection) if collection.flow.is_some_and(|it| it.end <= found.at) => {
                match collection.owner {
                    Some(owner) => unit = owner,
                    None => return unit,
                }
            }
            _ => return unit,
        }
    }
}

/// The innermost brackets around a place, on the way out from an entry before it.
fn innermost_flow(tree: &Tree, previous: UnitId, at: usize) -> Option<CollectionId> {
    let mut unit = tree.unit(previous)?;
    let around = |id: CollectionId| {
        tree.collections
            .get(id)
            .and_then(|it| it.flow)
            .is_some_and(|it| it.start < at && at < it.end)
    };
    if let Some((id, _)) = tree.collection(&unit.value).filter(|(id, _)| around(*id)) {
        return Some(id);
    }
    loop {
        if around(unit.parent) {
            return Some(unit.parent);
        }
        unit = tree.unit(tree.collections.get(unit.parent)?.owner?)?;
    }
}

fn is_within(tree: &Tree, mut collection: CollectionId, outer: CollectionId) -> bool {
    loop {
        if collection == outer {
            return true;
        }
        let owner = tree.collections.get(collection).and_then(|it| it.owner);
        match owner.and_then(|owner| tree.unit(owner)) {
            Some(owner) => collection = owner.parent,
            None => return false,
        }
    }
}
