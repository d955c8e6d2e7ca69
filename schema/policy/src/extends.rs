//! The `extends` key.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The policies from which a policy inherits: the name of a shipped profile, a file, or a list of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Extends {
    /// One parent.
    One(String),
    /// Several: later ones override earlier ones.
    Several(Vec<String>),
}

impl JsonSchema for Extends {
    fn schema_name() -> Cow<'static, str> {
        "Extends".into()
    }

    /// Without a choice of two forms, of which a message would have to say that neither fits.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "array"],
            "items": { "type": "string" },
            "examples": ["ai-dev-safe", "./team.yaml", ["ai-dev-safe", "./team.yaml"]],
        })
    }
}
