//! The header, the section table and the heap: every way to write them otherwise is refused.

use crate::refusal::{refusal, refused, refused_bytes, section_start};
use crate::sample::{STEP, Tables, seal, tables};
use purple_plan::{DecodeError, EnvKind, EnvVar, MAGIC, MAX_MOUNTS, MAX_VARIABLES, Plan, VERSION};

#[test]
fn another_version() {
    for version in [0, 1, 2, 3, 5, 0x0400, u16::MAX] {
        let found = refused_bytes(8, &version.to_le_bytes());
        assert_eq!(found, DecodeError::Version(version));
        let said = found.to_string();
        assert_eq!(
            said,
            format!(
                "a plan of format version {version}; this program reads version {VERSION}: compile it again"
            )
        );
    }
}

#[test]
fn section_table() {
    let rlimits = 16 + 16 * 5;
    let rules = 16 + 16 * 18;
    for (what, at, new) in [
        ("no section", 10, 0_u32),
        ("nineteen sections", 10, 19),
        ("twenty-one sections", 10, 21),
        ("more sections than fit", 10, 0xffff),
        ("another kind", 16, 2),
        ("a kind that comes later", 16, 18),
        ("kinds that fall", rlimits, 13),
        ("a kind twice", rules, 18),
        ("a gap", 20, 337),
        ("an overlap", 36, 336),
        ("a longer section", 24, 49),
        ("no record", 28, 0),
        ("two records", 28, 2),
    ] {
        let new = new.to_le_bytes();
        let new = if at == 10 { &new[..2] } else { &new[..] };
        assert_eq!(refused_bytes(at, new), DecodeError::Sections, "{what}");
    }
    for kind in [0, 26, 40, u32::MAX] {
        for at in [16, rlimits, rules] {
            let found = refused_bytes(at, &kind.to_le_bytes());
            assert_eq!(found, DecodeError::Unknown(kind), "at {at}");
        }
    }
}

/// Kind, record count and bytes of a section.
type RawSection = (u32, u32, Vec<u8>);

/// A file taken apart without a look at its records, so that it can be put together wrongly.
#[derive(Debug, Clone)]
struct Raw {
    sections: Vec<RawSection>,
    heap: Vec<u8>,
}

impl Raw {
    fn of(bytes: &[u8]) -> Self {
        let number = |at: usize| {
            let four = bytes[at..].first_chunk().expect("four bytes");
            u32::from_le_bytes(*four)
        };
        let size = |at: usize| usize::try_from(number(at)).expect("a small number");
        let entries = usize::from(bytes[10]);
        let mut heap = 0;
        let sections = (0..entries).map(|index| {
            let entry = 16 + 16 * index;
            let start = size(entry + 4);
            heap = start + size(entry + 8);
            (
                number(entry),
                number(entry + 12),
                bytes[start..heap].to_vec(),
            )
        });
        let sections = sections.collect();
        Self {
            sections,
            heap: bytes[heap..bytes.len() - 32].to_vec(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let number = |n: usize| u32::try_from(n).expect("a small number").to_le_bytes();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(&number(self.sections.len())[..2]);
        bytes.extend([0; 4]);
        let mut at = 16 + 16 * self.sections.len();
        for (kind, count, records) in &self.sections {
            bytes.extend(kind.to_le_bytes());
            bytes.extend(number(at));
            bytes.extend(number(records.len()));
            bytes.extend(count.to_le_bytes());
            at += records.len();
        }
        for (_, _, records) in &self.sections {
            bytes.extend(records);
        }
        bytes.extend(&self.heap);
        bytes.extend([0; 32]);
        let total = number(bytes.len());
        bytes[12..16].copy_from_slice(&total);
        seal(&mut bytes);
        bytes
    }
}

#[test]
fn sections_put_together_wrongly() {
    let whole = tables().encode();
    let raw = Raw::of(&whole);
    assert!(raw.bytes() == whole, "what is taken apart fits together");
    let changed = |change: fn(&mut Vec<RawSection>)| {
        let mut raw = raw.clone();
        change(&mut raw.sections);
        raw.bytes()
    };

    // Ports refer to nothing, so that the heap stays as it is without them.
    let mut fewer = tables();
    fewer.ports.clear();
    let without = changed(|all| all.retain(|(kind, ..)| *kind != 14));
    assert!(without == fewer.encode(), "an empty section has no entry");
    let empty = changed(|all| all[13] = (14, 0, Vec::new()));
    assert_eq!(refusal(&empty), DecodeError::Sections, "an empty section");

    for required in 0..4_u32 {
        let mut raw = raw.clone();
        raw.sections.retain(|(kind, ..)| *kind != required + 1);
        assert_eq!(refusal(&raw.bytes()), DecodeError::Sections, "{required}");
    }
    let two = changed(|all| all[3] = (4, 2, [&all[3].2[..], &all[3].2].concat()));
    assert_eq!(
        refusal(&two),
        DecodeError::Length,
        "two records where one is required"
    );

    let swapped = changed(|all| all.swap(12, 13));
    assert_eq!(refusal(&swapped), DecodeError::Sections, "kinds that fall");
    let twice = changed(|all| all.insert(14, all[13].clone()));
    assert_eq!(refusal(&twice), DecodeError::Sections, "a kind twice");
    for kind in [26, 27, 40, u32::MAX] {
        let mut raw = raw.clone();
        raw.sections.push((kind, 1, vec![0; 4]));
        assert_eq!(refusal(&raw.bytes()), DecodeError::Unknown(kind));
        raw.sections.rotate_right(1);
        assert_eq!(refusal(&raw.bytes()), DecodeError::Unknown(kind));
    }
}

#[test]
fn too_many_records() {
    let mut mounts = tables();
    mounts.mounts.resize(MAX_MOUNTS, STEP);
    assert!(Plan::decode(&mounts.encode()).is_ok());
    let variable = EnvVar {
        kind: EnvKind::Set,
        text: c"A=b",
    };
    let mut variables = tables();
    variables.environment.resize(MAX_VARIABLES, variable);
    assert!(Plan::decode(&variables.encode()).is_ok());

    assert_eq!(
        refused(|tables| tables.mounts.resize(MAX_MOUNTS + 1, STEP)),
        DecodeError::Length
    );
    let one_more = |tables: &mut Tables<'_>| tables.environment.resize(MAX_VARIABLES + 1, variable);
    assert_eq!(refused(one_more), DecodeError::Length);
}

#[test]
fn heap() {
    let name = section_start(1);
    for (what, at, new, expected) in [
        (
            "a reference outside",
            name + 4,
            1 << 16,
            DecodeError::Reference,
        ),
        (
            "a reference that overflows",
            name + 4,
            u32::MAX,
            DecodeError::Reference,
        ),
        ("a reference out of order", name, 1, DecodeError::Reference),
        ("a text without its NUL", name + 4, 5, DecodeError::Text),
        ("a text with a NUL inside", name + 4, 20, DecodeError::Text),
    ] {
        assert_eq!(
            refused_bytes(at, &u32::to_le_bytes(new)),
            expected,
            "{what}"
        );
    }
    let mut bytes = tables().encode();
    bytes[12] = bytes[12]
        .checked_add(1)
        .expect("a number that can grow by one");
    bytes.push(0);
    seal(&mut bytes);
    assert_eq!(
        refusal(&bytes),
        DecodeError::Length,
        "a heap byte that nothing refers to"
    );
}
