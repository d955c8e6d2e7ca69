//! Prints the JSON Schema of the report or of one of the audit log's records, made from the declarations:
//! `cargo run -p purple-report --example schema report`.

use purple_report::{AuditRecord, Object, Report, Shape, StartRecord};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

fn main() -> ExitCode {
    let named = std::env::args().nth(1);
    if let Some(text) = named.as_deref().and_then(schema) {
        print!("{text}");
        ExitCode::SUCCESS
    } else {
        eprintln!("schema: name one of: report, record, start");
        ExitCode::from(2)
    }
}

/// The text of `schema/report/NAME.schema.json`.
pub(crate) fn schema(name: &str) -> Option<String> {
    let object = match name {
        "report" => &Report::OBJECT,
        "record" => &AuditRecord::OBJECT,
        "start" => &StartRecord::OBJECT,
        _ => return None,
    };
    let mut definitions = Map::new();
    let Value::Object(own) = members(object, &mut definitions) else {
        return None;
    };
    let mut all = Map::new();
    drop(all.insert(
        "$schema".to_owned(),
        json!("http://json-schema.org/draft-07/schema#"),
    ));
    drop(all.insert("title".to_owned(), json!(object.name)));
    all.extend(own);
    definitions.sort_keys();
    drop(all.insert("definitions".to_owned(), Value::Object(definitions)));
    Some(format!("{:#}\n", Value::Object(all)))
}

fn members(object: &Object, definitions: &mut Map<String, Value>) -> Value {
    let names: Vec<&str> = object.fields.iter().map(|field| field.name).collect();
    let mut properties = Map::new();
    for field in object.fields {
        let mut value = of(&field.shape, definitions);
        if let Value::Object(value) = &mut value {
            drop(value.insert(
                "description".to_owned(),
                json!(without_links(field.about.trim())),
            ));
        }
        drop(properties.insert(field.name.to_owned(), value));
    }
    json!({
        "description": object.about.trim(),
        "type": "object",
        "properties": properties,
        "required": names,
        "additionalProperties": false,
    })
}

/// A sentence of Markdown with the words of its links alone.
fn without_links(text: &str) -> String {
    let mut words = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('[') {
        let (name, behind) = behind.split_once("](").unwrap_or((behind, ""));
        words.extend([before, name]);
        rest = behind.split_once(')').map_or("", |(_, behind)| behind);
    }
    words + rest
}

fn of(shape: &Shape, definitions: &mut Map<String, Value>) -> Value {
    let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern});
    match shape {
        Shape::Text => json!({"type": "string"}),
        Shape::Number => json!({"type": "integer", "minimum": 0}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Seconds => json!({"type": "number", "minimum": 0}),
        Shape::Time => pattern(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"),
        Shape::Digest => pattern("^sha256:[0-9a-f]{64}$"),
        Shape::Word => pattern("^0x[0-9a-f]{16}$"),
        Shape::Bits => pattern("^[0-9a-f]{16}$"),
        Shape::OneOf(words) => json!({"type": "string", "enum": words}),
        Shape::Arguments => json!({
            "type": "object",
            "additionalProperties": {"type": ["string", "integer"]},
        }),
        Shape::Nullable(inner) => {
            json!({"anyOf": [of(inner, definitions), {"type": "null"}]})
        }
        Shape::List(inner) => json!({"type": "array", "items": of(inner, definitions)}),
        Shape::Array(inner, length) => json!({
            "type": "array",
            "items": of(inner, definitions),
            "minItems": length,
            "maxItems": length,
        }),
        Shape::Object(object) => {
            if !definitions.contains_key(object.name) {
                let value = members(object, definitions);
                drop(definitions.insert(object.name.to_owned(), value));
            }
            json!({"allOf": [{"$ref": format!("#/definitions/{}", object.name)}]})
        }
    }
}
