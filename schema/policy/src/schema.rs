//! The JSON Schema (draft-07), generated from the types.

use crate::{DEPRECATED_OPERATORS, DEPRECATED_SPELLINGS, Policy};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The schema that editors and the compiler use.
///
/// It differs from the types in two places. A key without a value is not accepted: an absent
/// section has a meaning, and so has an empty one, and `key:` says neither. And it knows the older
/// spellings, marked as deprecated, so that an editor does not call them unknown.
///
/// Where a text is a name from a list that the compiler holds, `x-names` says from which: `syscall`,
/// `errno`, `capability` or `architecture`. The compiler puts the list in its place, for editors.
pub fn json_schema() -> Value {
    let schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Policy>();
    let mut schema = Value::from(schema);
    without_null(&mut schema);
    without_line_ends(&mut schema);
    add_deprecated_spellings(&mut schema);
    add_deprecated_operators(&mut schema);
    head_first(schema)
}

/// What a person looks for at the top, at the top.
fn head_first(schema: Value) -> Value {
    let Value::Object(mut keywords) = schema else {
        return schema;
    };
    let mut ordered = Map::new();
    for name in ["$schema", "title", "description"] {
        if let Some(value) = keywords.shift_remove(name) {
            ordered.insert(name.to_owned(), value);
        }
    }
    ordered.append(&mut keywords);
    Value::Object(ordered)
}

/// Removes what `Option` adds: the type `null`, and `null` as a default.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(keywords) => {
            if keywords.get("default").is_some_and(Value::is_null) {
                keywords.shift_remove("default");
            }
            if let Some(Value::Array(types)) = keywords.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    keywords.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(variants)) = keywords.get_mut("anyOf") {
                variants.retain(|variant| variant.get("type") != Some(&json!("null")));
                if let [only] = variants.as_slice() {
                    let only = only.clone();
                    keywords.shift_remove("anyOf");
                    if keywords.is_empty() {
                        *schema = only;
                        return without_null(schema);
                    }
                    // Draft-07 ignores what stands beside a `$ref`.
                    keywords.insert("allOf".to_owned(), json!([only]));
                }
            }
            keywords.values_mut().for_each(without_null);
        }
        _ => {}
    }
}

/// Makes one line of each paragraph of a description: an editor breaks lines as it likes.
fn without_line_ends(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_line_ends),
        Value::Object(keywords) => {
            for (keyword, value) in keywords {
                match value {
                    Value::String(text) if keyword == "description" => {
                        let paragraphs = text.split("\n\n").map(|it| it.replace('\n', " "));
                        *text = paragraphs.collect::<Vec<_>>().join("\n\n");
                    }
                    other => without_line_ends(other),
                }
            }
        }
        _ => {}
    }
}

/// The properties of the type behind a section's key.
fn section<'s>(schema: &'s mut Value, section: &str) -> Option<&'s mut Map<String, Value>> {
    let property = schema.get("properties")?.get(section)?;
    let reference = property
        .get("$ref")
        .or_else(|| property.pointer("/allOf/0/$ref"))?;
    let pointer = reference.as_str()?.strip_prefix('#')?.to_owned();
    schema
        .pointer_mut(&pointer)?
        .get_mut("properties")?
        .as_object_mut()
}

fn add_deprecated_spellings(schema: &mut Value) {
    for spelling in DEPRECATED_SPELLINGS {
        let Some(properties) = section(schema, spelling.section) else {
            continue;
        };
        let Some(mut property) = properties.get(spelling.preferred).cloned() else {
            continue;
        };
        if let Some(keywords) = property.as_object_mut() {
            let description = format!("Older spelling of `{}`.", spelling.preferred);
            keywords.insert("description".to_owned(), json!(description));
            keywords.insert("deprecated".to_owned(), json!(true));
        }
        properties.insert(spelling.deprecated.to_owned(), property);
    }
}

fn add_deprecated_operators(schema: &mut Value) {
    let operators = schema
        .pointer_mut("/definitions/Operator/oneOf")
        .and_then(Value::as_array_mut);
    let Some(operators) = operators else { return };
    for (older, preferred) in DEPRECATED_OPERATORS {
        operators.push(json!({
            "description": format!("Older spelling of `{preferred}`."),
            "type": "string",
            "const": older,
            "deprecated": true,
        }));
    }
}
