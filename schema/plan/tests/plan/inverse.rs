//! Encoder and decoder are inverse: one plan, one file.

use crate::arbitrary::plans;
use crate::sample::{Tables, encode_again, hex, seal, tables};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::Config;
use purple_plan::{Contents, MAGIC, Plan};

/// No files with failed cases: a failure prints the case, and the case becomes a test of its own.
fn config(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn what_is_written_is_read(plan in plans()) {
        let bytes = plan.encode();
        let read = Plan::decode(&bytes).expect("what was encoded decodes");
        let again = Tables::of(&read);
        prop_assert_eq!(again.contents(), plan.contents());
        prop_assert!(again.encode() == bytes, "the same contents gave other bytes");
        prop_assert_eq!(read.mounts.iter().len(), plan.mounts.len());
    }

    #[test]
    fn bytes_under_a_right_header_and_seal(rest in vec(any::<u8>(), 32..400)) {
        let total = u32::try_from(rest.len()).expect("a short file").saturating_add(16);
        let mut bytes = MAGIC.to_vec();
        bytes.extend([4, 0, 20, 0]);
        bytes.extend(total.to_le_bytes());
        bytes.extend(rest);
        seal(&mut bytes);
        if let Ok(plan) = Plan::decode(&bytes) {
            prop_assert!(encode_again(&plan) == bytes);
        }
    }

    #[test]
    fn any_bytes(mut bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(Plan::decode(&bytes).is_err());
        if bytes.len() >= 32 {
            seal(&mut bytes);
            prop_assert!(Plan::decode(&bytes).is_err());
        }
    }

    #[test]
    fn bytes_behind_a_right_section_table(
        plan in plans(),
        changes in vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = plan.encode();
        let sections = usize::from(bytes[10]);
        let body = 16 + 16 * sections..bytes.len().saturating_sub(32);
        let body = bytes.get_mut(body).expect("a plan has a body");
        for (index, byte) in changes {
            if let Some(slot) = body.get_mut(index.index(body.len())) {
                *slot = byte;
            }
        }
        seal(&mut bytes);
        if let Ok(plan) = Plan::decode(&bytes) {
            prop_assert!(encode_again(&plan) == bytes, "two files say the same");
        }
    }
}

#[test]
fn the_sample_keeps_its_digest() {
    let bytes = tables().encode();
    let plan = Plan::decode(&bytes).expect("the sample is a plan");
    assert_eq!(
        hex(&plan.digest),
        "c006564aad4f4f884d37430a5e275863fc19a7fc1874214452c8b7d2ddee8524",
        "version 4 encodes otherwise than it did: a released version must not change"
    );
}

#[test]
fn nothing_but_the_required_records() {
    let empty = Tables {
        mounts: Vec::new(),
        rlimits: Vec::new(),
        environment: Vec::new(),
        filters: Vec::new(),
        cgroup: Vec::new(),
        needs: Vec::new(),
        audit: Vec::new(),
        landlock: Vec::new(),
        paths: Vec::new(),
        ports: Vec::new(),
        interfaces: Vec::new(),
        numbers: Vec::new(),
        calls: Vec::new(),
        rules: Vec::new(),
        conditions: Vec::new(),
        host_facts: Vec::new(),
        ..tables()
    };
    let bytes = empty.encode();
    let plan = Plan::decode(&bytes).expect("an empty plan is a plan");
    let contents: Contents<'_> = empty.contents();
    assert_eq!(Tables::of(&plan).contents(), contents);
    assert!(plan.mounts.is_empty() && plan.filters.is_empty());
    assert_eq!(bytes[10], 5, "the required sections, and the sources");
}
