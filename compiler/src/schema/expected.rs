//! What the schema expects at a place, in words.

use super::json_schema::Schema;
use super::words::{and, describe, plain};
use crate::diagnostics::{alternatives, quote};
use crate::parse::resolve_scalar;
use serde_json::Value;

/// What a value may be, as the schema says it.
#[derive(Debug, Clone)]
pub(crate) struct Expected<'s> {
    root: &'s Value,
    /// The last key on the way to it; empty for the policy itself.
    key: String,
    /// Whether it is an item of the list under that key.
    item: bool,
    /// The name of its type in the schema, where it has one.
    definition: &'s str,
    schema: &'s Value,
}

static NOTHING: Value = Value::Null;

/// What stands for the type of the condition behind a call's name in a list.
const CONDITION: &str = "When";

impl<'s> Expected<'s> {
    /// What is expected at a JSON pointer into a policy.
    pub(crate) fn at(schema: &'s Schema, pointer: &str) -> Self {
        let root = schema.value();
        let mut at = Self {
            root,
            key: String::new(),
            item: false,
            definition: "",
            schema: root,
        };
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            match at.child(&step) {
                Some(child) => at = child,
                None => break,
            }
        }
        at
    }

    /// What is expected one step further down: under a key, or in a list.
    fn child(&self, step: &str) -> Option<Self> {
        let forms = self.forms();
        let property = |form: &Self| form.schema.get("properties").and_then(|all| all.get(step));
        let found = forms.iter().find_map(|form| {
            let inner = property(form)?;
            Some(self.inner(step, false, inner))
        });
        found.or_else(|| {
            forms.iter().find_map(|form| {
                let items = form
                    .schema
                    .get("items")
                    .filter(|_| step.parse::<usize>().is_ok());
                let others = form
                    .schema
                    .get("additionalProperties")
                    .filter(|it| it.is_object());
                let item = items.is_some();
                let mut inner =
                    self.inner(if item { &self.key } else { step }, item, items.or(others)?);
                if self.definition == "CallEntry" && !item {
                    inner.definition = CONDITION;
                }
                Some(inner)
            })
        })
    }

    fn inner(&self, key: &str, item: bool, schema: &'s Value) -> Self {
        let mut inner = Self {
            root: self.root,
            key: key.to_owned(),
            item,
            definition: "",
            schema,
        };
        inner.follow();
        inner
    }

    fn follow(&mut self) {
        let reference = self
            .schema
            .get("$ref")
            .or_else(|| self.schema.pointer("/allOf/0/$ref"));
        let Some(reference) = reference.and_then(Value::as_str) else {
            return;
        };
        self.definition = reference.rsplit('/').next().unwrap_or("");
        let pointer = reference.strip_prefix('#');
        self.schema = pointer
            .and_then(|it| self.root.pointer(it))
            .unwrap_or(&NOTHING);
    }

    /// The choices of the schema at this place itself, in its order; empty where there is one form.
    pub(super) fn choices(&self) -> Vec<Self> {
        let choices = self
            .schema
            .get("anyOf")
            .or_else(|| self.schema.get("oneOf"));
        let choices = choices
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        choices
            .iter()
            .map(|choice| self.inner(&self.key, self.item, choice))
            .collect()
    }

    /// Every form that a value may have here, choices within choices taken apart. Deprecated spellings
    /// are among them.
    pub(super) fn forms(&self) -> Vec<Self> {
        let choices = self.choices();
        if choices.is_empty() {
            return vec![self.clone()];
        }
        choices.iter().flat_map(Self::forms).collect()
    }

    /// The properties of a mapping, with those of every form that is one.
    fn properties(&self) -> Vec<(&'s str, &'s Value)> {
        let mut found: Vec<(&str, &Value)> = Vec::new();
        for form in self.forms() {
            let properties = form.schema.get("properties").and_then(Value::as_object);
            for (key, property) in properties.into_iter().flatten() {
                if !found.iter().any(|(known, _)| known == key) {
                    found.push((key, property));
                }
            }
        }
        found
    }

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
            "Port" => return "a port from 1 to 65535, such as `443`".to_owned(),
            "Timeout" => return "a time such as `90s` or `1h30m`, or seconds".to_owned(),
            "ArgumentValue" => {
                return "a whole number such as `2`, `0x1f` or `0o3`, or a constant such as `O_CREAT`"
                    .to_owned();
            }
            "Argument" => return "a position from 0 to 5, or a name such as `flags`".to_owned(),
            "Conditions" => {
                return "a condition such as `flags & O_ACCMODE == O_RDONLY`, or a list".to_owned();
            }
            CONDITION => return "a condition such as `flags & O_ACCMODE == O_RDONLY`".to_owned(),
            "CallEntry" => return "the name of a call, or `name: condition`".to_owned(),
            "CapabilityEntry" => {
                return "a capability such as `CAP_NET_RAW`, or a mapping with `capability`"
                    .to_owned();
            }
            "Extends" => return "a profile such as `ai-dev-safe`, a file such as `./team.yaml` or a list of these".to_owned(),
            _ => {}
        }
        if self.is_errno() {
            return "the name of an error such as `EACCES`".to_owned();
        }
        let words = self.words();
        let mut phrases: Vec<String> = Vec::new();
        for form in self.forms().iter().filter(|form| form.word().is_none()) {
            let phrase = form.form_phrase();
            if !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
        let last = phrases.pop();
        if !words.is_empty() && last.is_none() {
            return alternatives(words);
        }
        let mut all: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
        all.extend(phrases);
        match (all.is_empty(), last) {
            (true, Some(last)) => last,
            (false, Some(last)) => format!("{} or {last}", all.join(", ")),
            (_, None) => "another value".to_owned(),
        }
    }

    /// [`Expected::phrase`] for a place with a single form.
    fn form_phrase(&self) -> String {
        match self.kind() {
            "object" => match self.keys().as_slice() {
                [] => "a mapping (`name: value` lines)".to_owned(),
                [only] => match self.example_of(only) {
                    Some(example) => format!("a mapping `{only}: {example}`"),
                    None => format!("a mapping with the key `{only}`"),
                },
                keys if keys.len() <= 4 => {
                    format!("a mapping with the keys {}", and(keys.iter().copied()))
                }
                keys => {
                    format!(
                        "a mapping with keys such as {}",
                        and(keys.iter().copied().take(3))
                    )
                }
            },
            "array" => match self
                .schema
                .pointer("/examples/0/0")
                .filter(|it| !it.is_object())
            {
                Some(example) => format!("a list such as `[{}]`", plain(example)),
                None => "a list".to_owned(),
            },
            "boolean" => "`true` or `false`".to_owned(),
            "integer" => "a whole number".to_owned(),
            "number" => "a number".to_owned(),
            "string" => match self.schema.pointer("/examples/0").and_then(Value::as_str) {
                Some(example) => format!("text such as `{example}`"),
                None => "text".to_owned(),
            },
            _ => "another value".to_owned(),
        }
    }

    fn example_of(&self, key: &str) -> Option<String> {
        self.child(key)?.schema.pointer("/examples/0").map(plain)
    }

    /// The limits of a number: "a whole number from 0 to 5".
    pub(super) fn range(&self) -> String {
        let kind = match self.schema.get("type").and_then(Value::as_str) {
            Some("integer") => "a whole number",
            _ => "a number",
        };
        let limit = |name| {
            self.schema
                .get(name)
                .filter(|limit: &&Value| limit.is_number())
        };
        match (
            limit("exclusiveMinimum"),
            limit("minimum"),
            limit("maximum"),
        ) {
            (Some(above), _, Some(most)) => format!("{kind} above {above} and up to {most}"),
            (_, Some(least), Some(most)) => format!("{kind} from {least} to {most}"),
            (_, Some(least), None) => format!("{kind}, {least} or more"),
            (_, None, Some(most)) => format!("{kind} up to {most}"),
            _ => kind.to_owned(),
        }
    }

    /// The one word that this form is.
    fn word(&self) -> Option<&'s str> {
        self.schema.get("const").and_then(Value::as_str)
    }

    fn is_deprecated(&self) -> bool {
        self.schema.get("deprecated").is_some()
    }

    /// The words accepted, where there is a fixed choice; deprecated spellings are not offered.
    pub(super) fn words(&self) -> Vec<&'s str> {
        self.forms()
            .iter()
            .filter(|form| !form.is_deprecated())
            .filter_map(Self::word)
            .collect()
    }

    /// The deprecated spellings of words.
    pub(super) fn deprecated_words(&self) -> Vec<&'s str> {
        self.forms()
            .iter()
            .filter(|form| form.is_deprecated())
            .filter_map(Self::word)
            .collect()
    }

    /// The keys of a mapping; deprecated spellings are not offered.
    pub(super) fn keys(&self) -> Vec<&'s str> {
        let preferred = |property: &Value| property.get("deprecated").is_none();
        let properties = self.properties().into_iter();
        properties
            .filter(|(_, property)| preferred(property))
            .map(|(key, _)| key)
            .collect()
    }

    /// The deprecated spellings of keys.
    pub(super) fn deprecated_keys(&self) -> Vec<&'s str> {
        let deprecated = |property: &Value| property.get("deprecated").is_some();
        let properties = self.properties().into_iter();
        properties
            .filter(|(_, property)| deprecated(property))
            .map(|(key, _)| key)
            .collect()
    }

    /// Whether a mapping has a key, under its preferred or an deprecated spelling.
    pub(super) fn has_key(&self, key: &str) -> bool {
        self.properties().iter().any(|(known, _)| *known == key)
    }

    /// The keys that a mapping cannot do without.
    pub(super) fn required(&self) -> Vec<&'s str> {
        let required = self.schema.get("required").and_then(Value::as_array);
        required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// What is expected under each key of a mapping and in each item of a list.
    pub(super) fn below(&self) -> Vec<Self> {
        let keys = self.keys().into_iter().filter_map(|key| self.child(key));
        let items = self
            .forms()
            .iter()
            .any(|form| form.schema.get("items").is_some());
        keys.chain(items.then(|| self.child("0")).flatten())
            .collect()
    }

    /// Whether it is a name or a condition, which no number in quotes is.
    pub(super) fn is_in_words(&self) -> bool {
        matches!(self.definition, CONDITION | "CallEntry" | "CapabilityEntry")
    }

    /// Whether it is the name of an error.
    pub(super) fn is_errno(&self) -> bool {
        self.key == "errno" && !self.item
    }

    /// Whether it is the name of a system call.
    pub(super) fn is_call(&self) -> bool {
        self.key == "syscall" || self.item && matches!(self.key.as_str(), "allow" | "deny")
    }

    /// Whether it is an item of a list.
    pub(super) fn is_item(&self) -> bool {
        self.item
    }

    /// Whether it is the policy itself.
    pub(super) fn is_policy(&self) -> bool {
        self.key.is_empty()
    }

    /// Whether the numbers that may stand here are whole ones.
    pub(super) fn is_whole(&self) -> bool {
        self.takes("integer")
    }

    /// Whether a value of this type, in the schema's words, may stand here.
    pub(super) fn takes(&self, kind: &str) -> bool {
        self.forms().iter().any(|form| form.kind() == kind)
    }

    /// Whether text is the only scalar that may stand here.
    pub(super) fn takes_text_only(&self) -> bool {
        let other = ["integer", "number", "boolean"]
            .into_iter()
            .any(|kind| self.takes(kind));
        self.takes("string") && !other && self.words().is_empty()
    }

    /// Whether a value is of a type that may stand here.
    pub(super) fn takes_kind_of(&self, found: &Value) -> bool {
        match found {
            Value::Null => false,
            Value::Bool(_) => self.takes("boolean"),
            Value::Number(number) if number.is_f64() => self.takes("number"),
            Value::Number(_) => self.takes("integer") || self.takes("number"),
            Value::String(_) => self.takes("string"),
            Value::Array(_) => self.takes("array"),
            Value::Object(_) => self.takes("object"),
        }
    }

    /// Whether plain text would be read as something that may stand here and is no text.
    pub(super) fn takes_unquoted(&self, text: &str) -> bool {
        let read = resolve_scalar(text, crate::parse::Style::Plain);
        !read.is_string() && self.takes_kind_of(&read)
    }

    /// The schema's word for the type; empty where there are several.
    fn kind(&self) -> &'s str {
        self.schema
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("")
    }

    /// The sentence for a value of a wrong kind.
    pub(crate) fn mismatch(&self, found: &Value) -> String {
        format!(
            "{} takes {}; found {}",
            self.name(),
            self.phrase(),
            describe(found)
        )
    }
}
