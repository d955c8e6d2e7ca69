//! The checked-in schema is the generated one.
#![expect(clippy::expect_used, reason = "a test that cannot read its file has failed")]

use std::path::Path;

/// Set `PURPLE_UPDATE_SCHEMA=1` to rewrite the file after a change to the types.
#[test]
fn checked_in_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("policy.schema.json");
    let mut generated =
        serde_json::to_string_pretty(&purple_policy::json_schema()).expect("a JSON value prints");
    generated.push('\n');
    if std::env::var_os("PURPLE_UPDATE_SCHEMA").is_some_and(|value| value == "1") {
        std::fs::write(&path, &generated).expect("the schema file can be written");
    }
    let checked_in = std::fs::read_to_string(&path).expect("the schema file can be read");
    assert!(
        checked_in == generated,
        "policy.schema.json differs from the types: run `PURPLE_UPDATE_SCHEMA=1 cargo test -p \
         purple-policy` and review the change"
    );
}

#[test]
fn every_older_spelling_is_known_and_deprecated() {
    let schema = purple_policy::json_schema().to_string();
    for spelling in purple_policy::OLDER_SPELLINGS {
        assert!(schema.contains(&format!("\"{}\":", spelling.older)), "{}", spelling.older);
        assert!(schema.contains(&format!("Older spelling of `{}`", spelling.preferred)));
    }
    assert!(!schema.contains("\"null\""), "no key takes null");
}
