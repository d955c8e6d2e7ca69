//! Records in the format that was written before `purple_report` declared them.

use purple_report::{Outcome, SecurityEvent, Status};
use serde_json::{Map, Value, json};

/// A record in today's words. One that is not in the earlier format stays as it is.
pub(super) fn renewed(record: Value) -> Value {
    match record {
        Value::Object(members) if is_earlier(&members) => Value::Object(members_of(members)),
        other => other,
    }
}

fn is_earlier(members: &Map<String, Value>) -> bool {
    members.get("event_type").and_then(Value::as_str) == Some("sandbox_run")
}

/// `status` had what is the outcome now; the status follows from it.
fn members_of(earlier: Map<String, Value>) -> Map<String, Value> {
    let code = earlier
        .get("exit_code")
        .and_then(Value::as_u64)
        .unwrap_or(1);
    let mut members = Map::new();
    for (key, value) in earlier {
        let value = match key.as_str() {
            "event_type" => json!("sandbox_execution"),
            "security_events" => events(value),
            "status" => {
                let word = value.as_str().unwrap_or_default().as_bytes();
                let status = Outcome::named(word).map(|outcome| Status::of(outcome, code).name());
                drop(members.insert("status".to_owned(), json!(status)));
                drop(members.insert("outcome".to_owned(), value));
                continue;
            }
            _ => value,
        };
        drop(members.insert(key, value));
    }
    members
}

fn events(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(event).collect(),
        other => other,
    }
}

/// An event that is no denied call had fewer keys.
fn event(value: Value) -> Value {
    let Value::Object(mut members) = value else {
        return value;
    };
    if members.get("type").and_then(Value::as_str) == Some("syscall_denied") {
        drop(members.insert("type".to_owned(), json!("syscall_deny")));
    } else {
        for field in SecurityEvent::OBJECT.fields {
            let _value = members.entry(field.name.to_owned()).or_insert(Value::Null);
        }
    }
    Value::Object(members)
}
