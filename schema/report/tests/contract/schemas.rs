//! The schemas that are shipped are the declarations', and they accept nothing else.

use crate::read;
use crate::schema::schema;
use crate::written::{denied, refused};
use serde_json::{Value, json};

#[test]
fn the_shipped_schemas_are_the_declarations() {
    for name in ["report", "record", "start"] {
        let path = format!("schema/report/{name}.schema.json");
        assert!(
            schema(name).as_deref() == Some(&read(&path)),
            "{path} is not what is declared; make it again: \
             cargo run -p purple-report --example schema {name} > {path}"
        );
    }
}

fn problems(schema_name: &str, value: &Value) -> Vec<String> {
    let text = schema(schema_name).expect("a schema");
    let schema = serde_json::from_str(&text).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    validator
        .iter_errors(value)
        .map(|error| error.to_string())
        .collect()
}

#[test]
fn what_is_written_fits_the_schema() {
    for text in [refused(), denied()] {
        let value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(problems("report", &value), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn bites_what_is_not_declared() {
    let good: Value = serde_json::from_str(&denied()).expect("JSON");
    let changed = |change: fn(&mut Value)| {
        let mut value = good.clone();
        change(&mut value);
        problems("report", &value).join("\n")
    };
    let more = changed(|value| value["more"] = json!(1));
    assert!(more.contains("('more' was unexpected)"), "{more}");
    let less = changed(|value| drop(value.as_object_mut().and_then(|all| all.remove("receipt"))));
    assert!(less.contains("\"receipt\" is a required"), "{less}");
    let word = changed(|value| value["outcome"] = json!("ended"));
    assert!(word.contains("is not one of"), "{word}");
    let short = changed(|value| value["denied"][0]["args"] = json!([]));
    assert!(short.contains("not valid under any"), "{short}");
}
