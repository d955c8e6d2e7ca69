//! The checked-in schema is the one that `purplec schema` prints.
#![expect(
    clippy::expect_used,
    reason = "a test that cannot read its file has failed"
)]

use std::path::Path;

/// Set `PURPLE_UPDATE_SCHEMA=1` to rewrite the file after a change to the types or the tables.
#[test]
fn checked_in_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/policy/policy.schema.json");
    let mut generated =
        serde_json::to_string_pretty(&purplec::schema::editor_schema()).expect("JSON prints");
    generated.push('\n');
    if std::env::var_os("PURPLE_UPDATE_SCHEMA").is_some_and(|value| value == "1") {
        std::fs::write(&path, &generated).expect("the schema file can be written");
    }
    let checked_in = std::fs::read_to_string(&path).expect("the schema file can be read");
    assert!(
        checked_in == generated,
        "policy.schema.json differs from the types: run `PURPLE_UPDATE_SCHEMA=1 cargo test -p \
         purplec schema` and review the change"
    );
}
