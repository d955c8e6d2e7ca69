//! Records in the format that was written before `purple_report` declared them.

use purple_report::{Outcome, SecurityEvent, Status};
use serde_json::{Map, Value, json};

/// A record in today's words. One that is not in the earlier format stays as it is, also one that mixes
/// both formats: the reader refuses its `event_type`.
pub(super) fn renewed(record: Value) -> Value {
    let Value::Object(mut members) = record else {
        return record;
    };
    if is_earlier(&members) {
        members = members_of(members);
    }
    // Records had no such key before repositories were looked through.
    let _value = members
        .entry("repositories".to_owned())
        .or_insert(Value::Null);
    // Receipts had no such key before there were filtered networks.
    if let Some(Value::Object(receipt)) = members.get_mut("receipt") {
        let _value = receipt.entry("network".to_owned()).or_insert(Value::Null);
    }
    Value::Object(members)
}

fn is_earlier(members: &Map<String, Value>) -> bool {
    let word = |members: &Map<String, Value>, key, wanted| {
        members.get(key).and_then(Value::as_str) == Some(wanted)
    };
    let events = members.get("security_events").and_then(Value::as_array);
    let has_new_event = events.into_iter().flatten().any(|event| {
        event
            .as_object()
            .is_some_and(|event| word(event, "type", "syscall_deny"))
    });
    word(members, "event_type", "sandbox_run") && !members.contains_key("outcome") && !has_new_event
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

/// The two kinds of events that are no denied call had fewer keys.
fn event(value: Value) -> Value {
    let Value::Object(mut members) = value else {
        return value;
    };
    match members.get("type").and_then(Value::as_str) {
        Some("syscall_denied") => {
            drop(members.insert("type".to_owned(), json!("syscall_deny")));
        }
        Some("denials_not_listed" | "recorder_ended") => {
            for field in SecurityEvent::OBJECT.fields {
                let _value = members.entry(field.name.to_owned()).or_insert(Value::Null);
            }
        }
        // The reader says what is wrong with it.
        _ => {}
    }
    Value::Object(members)
}
