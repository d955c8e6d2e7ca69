//! Groups are complete and exact, and what the documents say of them is true.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::groups::*;
use super::{Arch, BASELINE, names, syscall_number_anywhere};

fn calls(name: &str) -> BTreeSet<&'static str> {
    group(name).unwrap().calls().collect()
}

#[test]
fn every_call_of_the_tables_is_in_exactly_one_primary_group() {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for group in groups().iter().filter(|group| group.primary) {
        assert!(
            group.written.len() == group.calls().count(),
            "{} lists one twice",
            group.name
        );
        for call in group.calls() {
            found.entry(call).or_default().push(group.name);
        }
    }
    let all: BTreeSet<_> = Arch::ALL
        .into_iter()
        .flat_map(|arch| names(arch).map(|(name, _)| name))
        .collect();
    assert!(all.len() > 500);
    for name in &all {
        assert_eq!(
            found.get(name).map_or(0, Vec::len),
            1,
            "{name}: {:?}",
            found.get(name)
        );
        assert_eq!(
            primary_group(name),
            found.get(name).unwrap().first().copied()
        );
    }
    assert_eq!(
        found.keys().copied().collect::<BTreeSet<_>>(),
        all,
        "no such call"
    );
    assert_eq!(primary_group("openatt"), None);
}

#[test]
fn composite_groups_name_only_what_exists_and_stands_before_them() {
    let mut before = BTreeSet::new();
    for group in groups() {
        for word in &group.written {
            let bare = word.trim_start_matches('!');
            if bare.starts_with('@') {
                assert!(before.contains(bare), "{}: {word}", group.name);
            } else {
                assert!(syscall_number_anywhere(bare), "{}: {word}", group.name);
            }
            if word.starts_with('!') {
                assert!(!group.primary, "{}: {word}", group.name);
            }
        }
        assert!(before.insert(group.name), "{} twice", group.name);
        assert!(group.calls().next().is_some(), "{} is empty", group.name);
        assert!(
            !group.about.is_empty() && !group.about.ends_with('.'),
            "{}",
            group.name
        );
    }
}

#[test]
fn an_exclusion_wins_wherever_it_stands() {
    assert!(calls("@event").contains("fanotify_init"));
    assert!(!calls("@default").contains("fanotify_init"));
    assert!(calls("@default").contains("epoll_wait"));
}

#[test]
fn members_are_those_of_the_architecture() {
    let members = |arch| {
        group("@file-read")
            .unwrap()
            .members(arch)
            .collect::<Vec<_>>()
    };
    assert!(members(Arch::X86_64).contains(&"open"));
    assert!(!members(Arch::Aarch64).contains(&"open"));
    assert!(members(Arch::Arm).contains(&"_llseek"));
}

#[test]
fn dangerous_holds_the_whole_baseline_and_default_nothing_of_it() {
    let dangerous = calls("@dangerous");
    for entry in BASELINE {
        assert!(dangerous.contains(entry.name), "{}", entry.name);
    }
    for name in calls("@default") {
        assert!(!dangerous.contains(name), "{name}");
        assert!(BASELINE.iter().all(|entry| entry.name != name), "{name}");
    }
}

#[test]
fn names_of_other_tools_and_slips_lead_to_a_group() {
    assert_eq!(closest_group("@file-reed"), Some("@file-read"));
    assert_eq!(closest_group("file-read"), Some("@file-read"));
    assert_eq!(closest_group("@file_write"), Some("@file-write"));
    assert_eq!(closest_group("@clock"), Some("@clock-set"));
    assert_eq!(closest_group("@system-service"), Some("@default"));
    assert_eq!(closest_group("@system-servce"), Some("@default"));
    assert_eq!(closest_group("@zzzzqqqq"), None);
    for (name, meant) in aliases() {
        assert!(
            group(name).is_none() && group(meant).is_some(),
            "{name} {meant}"
        );
    }
}

#[test]
fn the_page_of_groups_is_what_the_table_says() {
    let mut page = String::new();
    for primary in [false, true] {
        let title = if primary {
            "Primary groups"
        } else {
            "Composite groups"
        };
        write!(page, "\n## {title}\n").unwrap();
        for group in groups().iter().filter(|group| group.primary == primary) {
            let words: Vec<_> = group
                .written
                .iter()
                .map(|word| format!("`{word}`"))
                .collect();
            let mut about = group.about.to_owned();
            about.get_mut(..1).unwrap().make_ascii_uppercase();
            write!(page, "\n### {}\n\n{about}.\n", group.name).unwrap();
            if !primary {
                let count = group.members(Arch::X86_64).count();
                writeln!(page, "On x86_64: {count} calls.").unwrap();
            }
            write!(page, "\n{}\n", words.join(" ")).unwrap();
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/syscall-groups.md");
    let written = std::fs::read_to_string(path).unwrap();
    let (before, after) = written.split_once("<!-- the table -->\n").unwrap();
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        std::fs::write(path, format!("{before}<!-- the table -->\n{page}")).unwrap();
        return;
    }
    assert!(
        after == page,
        "run this test with INSTA_UPDATE=always, and look at the difference"
    );
}
