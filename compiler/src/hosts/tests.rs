//! The shipped groups.

use super::shipped_groups;
use crate::quantity::{Hosts, target};

#[test]
fn every_shipped_group_has_a_source_and_names_that_are_destinations() {
    assert!(shipped_groups().len() >= 6);
    for group in shipped_groups() {
        assert!(group.source.starts_with("https://"), "{}", group.name);
        assert!(!group.hosts.is_empty(), "{}", group.name);
        for host in &group.hosts {
            let found = target(host).map(|target| target.hosts);
            assert!(
                matches!(found, Ok(Hosts::Name(_) | Hosts::Below(_))),
                "{host}: {found:?}"
            );
        }
    }
}
