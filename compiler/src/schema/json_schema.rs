//! The JSON Schema of policies, compiled once.

use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use std::sync::OnceLock;

/// A JSON Schema, as a value and compiled.
pub(crate) struct Schema {
    value: Value,
    validator: Validator,
}

impl Schema {
    /// Compiles a schema; `None` where it is not a valid one.
    pub(super) fn new(value: Value) -> Option<Self> {
        let validator = jsonschema::draft7::new(&value).ok()?;
        Some(Self { value, validator })
    }

    /// The schema of policies, compiled once; `None` only through a defect, which a test excludes.
    pub(crate) fn of_policies() -> Option<&'static Self> {
        static SCHEMA: OnceLock<Option<Schema>> = OnceLock::new();
        SCHEMA
            .get_or_init(|| Self::new(purple_policy::json_schema()))
            .as_ref()
    }

    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    /// Everything that the schema does not accept.
    pub(super) fn errors<'j>(
        &'j self,
        json: &'j Value,
    ) -> impl Iterator<Item = ValidationError<'j>> {
        self.validator.iter_errors(json)
    }
}
