//! The schema for editors: with the names that a policy may use, so that they are offered.

use crate::syscalls::groups::{group, groups};
use crate::syscalls::{Arch, CAPABILITIES, baseline, errno_name, names};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The keyword by which the schema of the types says which list a text is from.
const KEYWORD: &str = "x-names";

/// The JSON Schema that editors use (draft-07).
///
/// It accepts what the schema of the types accepts. Where a text is a system call, an error, a
/// capability or an architecture, it lists the known ones beside any other text: an editor offers
/// them, and does not call a newer one wrong. That is the compiler's to say, in better words.
pub fn schema() -> Value {
    let mut schema = purple_policy::json_schema();
    let mut used = Vec::new();
    offer(&mut schema, &mut used);
    let definitions = schema.get_mut("definitions").and_then(Value::as_object_mut);
    definitions
        .into_iter()
        .flat_map(Map::values_mut)
        .for_each(leave_to_the_key);
    with_markdown(&mut schema);
    if let Some(definitions) = schema.get_mut("definitions").and_then(Value::as_object_mut) {
        for list in LISTS.iter().filter(|list| used.contains(&list.name)) {
            // Not one `enum`: an editor would show all of it wherever the cursor rests on a name.
            let names: Vec<Value> = (list.names)().into_iter().map(named).collect();
            let names = json!({
                "title": list.title,
                "description": list.description,
                "anyOf": names,
            });
            definitions.insert(list.definition.to_owned(), names);
        }
    }
    schema
}

/// Takes the descriptions from a type that is a number or text: an editor would show them in place of
/// the description of the key.
fn leave_to_the_key(definition: &mut Value) {
    let Some(keywords) = definition.as_object_mut() else {
        return;
    };
    let Some(Value::Array(forms)) = keywords.get_mut("anyOf") else {
        return;
    };
    let simple = |form: &Value| {
        let kind = form.get("type").and_then(Value::as_str).unwrap_or("");
        matches!(kind, "integer" | "number" | "string") && form.get("const").is_none()
    };
    if !forms.iter().all(simple) {
        return;
    }
    for form in forms.iter_mut().filter_map(Value::as_object_mut) {
        form.shift_remove("description");
    }
    keywords.shift_remove("description");
}

/// Says again as Markdown what has code in it: as plain text, an editor shows the backticks.
fn with_markdown(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(with_markdown),
        Value::Object(keywords) => {
            keywords.values_mut().for_each(with_markdown);
            let text = keywords.get("description").and_then(Value::as_str);
            if let Some(text) = text.filter(|text| text.contains('`')).map(str::to_owned) {
                keywords.insert("markdownDescription".to_owned(), Value::String(text));
            }
        }
        _ => {}
    }
}

struct List {
    /// Its name in the schema of the types.
    name: &'static str,
    definition: &'static str,
    title: &'static str,
    description: &'static str,
    names: fn() -> Vec<&'static str>,
}

const LISTS: [List; 4] = [
    List {
        name: "syscall",
        definition: "SyscallName",
        title: "System call",
        description: "A system call of Linux, on one architecture or another (syscalls(2)).",
        names: every_call,
    },
    List {
        name: "errno",
        definition: "ErrorName",
        title: "Error",
        description: "The name of an error (errno(3)).",
        // The last number of asm-generic/errno.h.
        names: || {
            (1..=133)
                .filter_map(|number| errno_name(Arch::X86_64, number))
                .collect()
        },
    },
    List {
        name: "capability",
        definition: "CapabilityName",
        title: "Capability",
        description: "A capability of Linux (capabilities(7)).",
        names: || CAPABILITIES.to_vec(),
    },
    List {
        name: "architecture",
        definition: "ArchitectureName",
        title: "Architecture",
        description: "An architecture whose system calls are known.",
        names: || Arch::ALL.iter().map(|arch| arch.name()).collect(),
    },
];

/// Every system call of every architecture, in the order of the alphabet, and the groups.
fn every_call() -> Vec<&'static str> {
    let all = Arch::ALL
        .iter()
        .flat_map(|&arch| names(arch).map(|(name, _)| name));
    let groups = groups().iter().map(|group| group.name);
    all.collect::<BTreeSet<_>>()
        .into_iter()
        .chain(groups)
        .collect()
}

/// A name, and what there is to say about it.
fn named(name: &'static str) -> Value {
    if let Some(group) = group(name) {
        return json!({"const": name, "description": group.about});
    }
    match baseline(name) {
        Some(entry) => {
            let why = format!("Denied unless a policy names it: {}.", entry.why);
            json!({"const": name, "description": why})
        }
        None => json!({"const": name}),
    }
}

/// Puts the lists in where the keyword is, and notes which.
fn offer(schema: &mut Value, used: &mut Vec<&'static str>) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| offer(item, used)),
        Value::Object(keywords) => {
            let name = keywords.shift_remove(KEYWORD);
            let name = name.as_ref().and_then(Value::as_str);
            if let Some(list) = LISTS.iter().find(|list| Some(list.name) == name) {
                used.push(list.name);
                match keywords.get_mut("items").and_then(Value::as_object_mut) {
                    Some(items) => add_choice(items, list.definition),
                    None => add_choice(keywords, list.definition),
                }
            }
            keywords.values_mut().for_each(|value| offer(value, used));
        }
        _ => {}
    }
}

/// Puts a definition before the forms that a value has already.
fn add_choice(keywords: &mut Map<String, Value>, definition: &str) {
    let choice = json!({"$ref": format!("#/definitions/{definition}")});
    if let Some(Value::Array(choices)) = keywords.get_mut("anyOf") {
        choices.insert(0, choice);
        return;
    }
    let mut own = Map::new();
    for keyword in [
        "$ref",
        "type",
        "pattern",
        "minLength",
        "maxLength",
        "allOf",
        "oneOf",
    ] {
        if let Some(value) = keywords.shift_remove(keyword) {
            own.insert(keyword.to_owned(), value);
        }
    }
    keywords.insert("anyOf".to_owned(), json!([choice, own]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_beside_any_other_text() {
        let schema = schema();
        assert!(
            !schema.to_string().contains(KEYWORD),
            "the keyword is ours alone"
        );
        for (pointer, definition) in [
            (
                "/definitions/Syscalls/properties/allow/items",
                "SyscallName",
            ),
            (
                "/definitions/AdvancedRule/properties/syscall",
                "SyscallName",
            ),
            ("/definitions/AdvancedRule/properties/errno", "ErrorName"),
            (
                "/definitions/Capabilities/properties/add/items",
                "CapabilityName",
            ),
            (
                "/definitions/Syscalls/properties/architectures/items",
                "ArchitectureName",
            ),
        ] {
            let choices = schema.pointer(pointer).and_then(|it| it.get("anyOf"));
            let choices = choices
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice);
            let reference = format!("#/definitions/{definition}");
            assert_eq!(
                choices.first(),
                Some(&json!({"$ref": reference})),
                "{pointer}"
            );
            let others = ["CallEntry", "CapabilityEntry"]
                .map(|name| json!({"$ref": format!("#/definitions/{name}")}));
            let any = |form: &Value| *form == json!({"type": "string"}) || others.contains(form);
            assert!(choices.iter().any(any), "{pointer}: {choices:?}");
        }
        let count = |definition: &str| {
            let names = schema.pointer(&format!("/definitions/{definition}/anyOf"));
            names.and_then(Value::as_array).map_or(0, Vec::len)
        };
        assert!(count("SyscallName") > 500 && count("ErrorName") > 120);
        assert_eq!(
            (count("CapabilityName"), count("ArchitectureName")),
            (41, 10)
        );
    }

    /// Every place explains itself in an editor: its title, what it means, an example, its default.
    #[test]
    fn every_place_is_explained() {
        let schema = schema();
        let mut missing = Vec::new();
        let mut count = 0;
        let definitions = schema.get("definitions").and_then(Value::as_object);
        let inner = definitions
            .into_iter()
            .flatten()
            .flat_map(|(name, definition)| {
                let choices = definition.get("oneOf").or_else(|| definition.get("anyOf"));
                let choices = choices.and_then(Value::as_array).into_iter().flatten();
                std::iter::once(definition)
                    .chain(choices)
                    .map(move |form| (name.as_str(), form))
            });
        for (name, form) in std::iter::once(("", &schema)).chain(inner) {
            let words = form.get("const").is_some() && !name.ends_with("Name");
            let described = form.get("description").is_some();
            if !described && (words || form.get("properties").is_some()) {
                missing.push(format!("{name}: description"));
            }
            let properties = form.get("properties").and_then(Value::as_object);
            for (key, property) in properties.into_iter().flatten() {
                count += 1;
                let mut need = |what: &str, there: bool| {
                    if !there {
                        missing.push(format!("{name}/{key}: {what}"));
                    }
                };
                let has = |keyword: &str| property.get(keyword).is_some();
                let text = |keyword| property.get(keyword).and_then(Value::as_str).unwrap_or("");
                need("title", text("title").len() > 3);
                need("description", text("description").len() > 8);
                need(
                    "no line end",
                    !text("description").replace("\n\n", "").contains('\n'),
                );
                let boolean = property.get("type") == Some(&json!("boolean"));
                need("examples", has("examples") || boolean);
                let required = form.get("required").and_then(Value::as_array);
                let required = required.is_some_and(|all| all.contains(&json!(key)));
                let said = ["Default: ", "Absent: "];
                let said = said.iter().any(|word| text("description").contains(word));
                need(
                    "default",
                    required || said || has("default") || has("deprecated"),
                );
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
        assert!(count > 60, "{count}");
    }
}
