//! What the schema expects at a place, in words.

use super::schema::json_schema;
use crate::diagnostics::{alternatives, quote};
use serde_json::Value;

/// What a value may be, as the schema says it.
pub(super) struct Expected<'s> {
    /// The last key on the way to it; empty for the policy itself.
    key: String,
    /// Whether it is an item of the list under that key.
    item: bool,
    /// The name of its type in the schema, where it has one.
    definition: &'s str,
    schema: &'static Value,
}

static NOTHING: Value = Value::Null;

/// The forms that a schema allows; itself where there is one.
fn forms(root: &'static Value, schema: &'static Value) -> Vec<&'static Value> {
    let several = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
    let Some(several) = several else { return vec![schema] };
    let target = |form: &'static Value| {
        let reference = form.get("$ref").or_else(|| form.pointer("/allOf/0/$ref"))?;
        root.pointer(reference.as_str()?.strip_prefix('#')?)
    };
    several.iter().map(|form| target(form).unwrap_or(form)).collect()
}

impl Expected<'static> {
    /// What is expected at a JSON pointer into a policy.
    pub(super) fn at(pointer: &str) -> Self {
        let root = json_schema();
        let mut at = Self { key: String::new(), item: false, definition: "", schema: root };
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let Some((inner, item)) = at.inner(root, &step) else { break };
            // A call's name in a list is no key that the schema knows.
            let call = at.definition == "CallEntry" && !at.has_key(&step);
            at.item = item;
            if !item {
                at.key = step;
            }
            at.definition = if call { "When" } else { "" };
            at.schema = at.follow(root, inner);
        }
        at
    }

    /// What is expected one step further, and whether that is an item of a list. Of several forms,
    /// the first that has the step.
    fn inner(&self, root: &'static Value, step: &str) -> Option<(&'static Value, bool)> {
        let forms = forms(root, self.schema);
        let property = forms.iter().find_map(|form| form.get("properties")?.get(step));
        let items = || forms.iter().find_map(|form| form.get("items"));
        let others = || {
            let others = forms.iter().filter_map(|form| form.get("additionalProperties"));
            others.clone().find(|others| others.is_object()).or_else(|| others.clone().next())
        };
        property
            .map(|inner| (inner, false))
            .or_else(|| items().map(|inner| (inner, true)))
            .or_else(|| others().map(|inner| (inner, false)))
    }

    fn follow(&mut self, root: &'static Value, inner: &'static Value) -> &'static Value {
        let reference = inner.get("$ref").or_else(|| inner.pointer("/allOf/0/$ref"));
        let Some(reference) = reference.and_then(Value::as_str) else { return inner };
        self.definition = reference.rsplit('/').next().unwrap_or("");
        reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)).unwrap_or(&NOTHING)
    }
}

impl Expected<'_> {
    /// How a message calls the place.
    pub(super) fn name(&self) -> String {
        match (self.key.as_str(), self.item) {
            ("", _) => "a policy".to_owned(),
            (key, true) => format!("an item of {}", quote(key)),
            (key, false) => quote(key),
        }
    }

    /// What may stand there: "a size such as `512M`".
    pub(super) fn phrase(&self) -> String {
        match self.definition {
            "Quantity" if self.key.ends_with("_per_sec") => {
                return "a rate such as `100M` (bytes per second)".to_owned();
            }
            "Quantity" => return "a size such as `512M`".to_owned(),
            "Timeout" => return "a time such as `90s` or `1h30m`, or seconds".to_owned(),
            "Port" => return "a port from 1 to 65535, such as `443`".to_owned(),
            "ArgumentValue" => {
                return "a whole number such as `2`, `0x1f` or `0o3`, or a constant such as `O_CREAT`"
                    .to_owned();
            }
            "Argument" => return "a position from 0 to 5, or a name such as `flags`".to_owned(),
            "Conditions" => {
                return "a condition such as `flags & O_ACCMODE == O_RDONLY`, or a list".to_owned();
            }
            "When" => return "a condition such as `flags & O_ACCMODE == O_RDONLY`".to_owned(),
            "CallEntry" => return "the name of a call, or `name: condition`".to_owned(),
            "CapabilityEntry" => {
                return "a capability such as `CAP_NET_RAW`, or a mapping with `capability`"
                    .to_owned();
            }
            "OnDeny" => return "`kill`, `notify`, `log` or a mapping `errno: EPERM`".to_owned(),
            _ => {}
        }
        if self.is_errno() {
            return "the name of an error such as `EACCES`".to_owned();
        }
        let words = self.words();
        if !words.is_empty() {
            return alternatives(words);
        }
        match Some(self.kind()) {
            Some("object") => match self.keys().as_slice() {
                [] => "a mapping (`name: value` lines)".to_owned(),
                keys if keys.len() <= 4 => {
                    format!("a mapping with the keys {}", and(keys.iter().copied()))
                }
                keys => {
                    format!("a mapping with keys such as {}", and(keys.iter().copied().take(3)))
                }
            },
            Some("array") => match self.schema.pointer("/examples/0/0").map(plain) {
                Some(example) => format!("a list such as `[{example}]`"),
                None => "a list".to_owned(),
            },
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("integer") => "a whole number".to_owned(),
            Some("number") => "a number".to_owned(),
            Some("string") => match self.schema.pointer("/examples/0").and_then(Value::as_str) {
                Some(example) => format!("text such as `{example}`"),
                None => "text".to_owned(),
            },
            _ => "another value".to_owned(),
        }
    }

    /// The limits of a number: "a whole number from 0 to 5".
    pub(super) fn range(&self) -> String {
        let kind = match self.schema.get("type").and_then(Value::as_str) {
            Some("integer") => "a whole number",
            _ => "a number",
        };
        let limit = |name| self.schema.get(name).filter(|limit: &&Value| limit.is_number());
        match (limit("exclusiveMinimum"), limit("minimum"), limit("maximum")) {
            (Some(above), _, Some(most)) => format!("{kind} above {above} and up to {most}"),
            (_, Some(least), Some(most)) => format!("{kind} from {least} to {most}"),
            (_, Some(least), None) => format!("{kind}, {least} or more"),
            (_, None, Some(most)) => format!("{kind} up to {most}"),
            _ => kind.to_owned(),
        }
    }

    /// The words accepted, where there is a fixed choice; older spellings are not offered.
    pub(super) fn words(&self) -> Vec<&str> {
        let Some(choices) = self.schema.get("oneOf").and_then(Value::as_array) else {
            return Vec::new();
        };
        choices
            .iter()
            .filter(|choice| choice.get("deprecated").is_none())
            .filter_map(|choice| choice.get("const").and_then(Value::as_str))
            .collect()
    }

    /// The keys of a mapping; older spellings are not offered.
    pub(super) fn keys(&self) -> Vec<&str> {
        let properties = self.properties();
        properties
            .filter(|(_, property)| property.get("deprecated").is_none())
            .map(|(key, _)| key.as_str())
            .collect()
    }

    /// Whether a mapping has a key, under its preferred or an older spelling.
    pub(super) fn has_key(&self, key: &str) -> bool {
        self.properties().any(|(name, _)| name == key)
    }

    fn properties(&self) -> impl Iterator<Item = (&String, &Value)> {
        let forms = forms(json_schema(), self.schema).into_iter();
        forms.filter_map(|form| form.get("properties").and_then(Value::as_object)).flatten()
    }

    /// Whether it is the condition of a call in a list.
    pub(super) fn is_condition(&self) -> bool {
        self.definition == "When"
    }

    /// Whether it is the name of an error.
    pub(super) fn is_errno(&self) -> bool {
        self.key == "errno" && !self.item
    }

    /// Whether it is an item of a list.
    pub(super) fn is_item(&self) -> bool {
        self.item
    }

    /// Whether the numbers that may stand here are whole ones.
    pub(super) fn is_whole(&self) -> bool {
        let variants = self.schema.get("anyOf").and_then(Value::as_array);
        let integer = |schema: &Value| schema.get("type") == Some(&Value::from("integer"));
        integer(self.schema) || variants.is_some_and(|variants| variants.iter().any(integer))
    }

    /// The schema's word for the type; empty where there are several.
    pub(super) fn kind(&self) -> &str {
        self.schema.get("type").and_then(Value::as_str).unwrap_or("")
    }

    /// The sentence for a value of a wrong kind.
    pub(super) fn mismatch(&self, found: &Value) -> String {
        format!("{} takes {}; found {}", self.name(), self.phrase(), describe(found))
    }
}

/// What was found, in words.
pub(super) fn describe(found: &Value) -> String {
    match found {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("the truth value `{value}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) if text.is_empty() => "empty text".to_owned(),
        Value::String(text) => format!("the text {}", quote(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

/// `` `a`, `b` and `c` ``
pub(super) fn and<'k>(keys: impl IntoIterator<Item = &'k str>) -> String {
    let quoted: Vec<String> = keys.into_iter().map(|key| format!("`{key}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

/// A value as it is written in a policy.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
