//! What the schema of the types says beyond them.

#[test]
fn every_older_spelling_is_known_and_deprecated() {
    let schema = purple_policy::json_schema().to_string();
    for spelling in purple_policy::DEPRECATED_SPELLINGS {
        assert!(
            schema.contains(&format!("\"{}\":", spelling.deprecated)),
            "{}",
            spelling.deprecated
        );
        assert!(schema.contains(&format!("Older spelling of `{}`", spelling.preferred)));
    }
    assert!(!schema.contains("\"null\""), "no key takes null");
}
