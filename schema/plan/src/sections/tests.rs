//! A section is added: what it changes for the plans without it, and who reads the plans with it.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]
#![expect(
    unreachable_pub,
    reason = "records and plans are defined as the public ones are"
)]

use crate::error::{DecodeError, EncodeError};
use crate::layout::record;
use crate::limits::{HEADER_BYTES, MAX_PLAN_BYTES, SECTION_ENTRY_BYTES};
use crate::records::{Mount, MountKind, Network, NetworkMode, Process, Source};
use crate::source_line::SourceLine;
use core::ffi::CStr;
use std::format;
use std::vec;
use std::vec::Vec;

/// A plan as it is compiled and applied.
mod today {
    pub(super) use crate::sections::{Contents, Plan, Section, encode};
}

/// A plan of a later version, with one section more.
mod later {
    #![expect(
        dead_code,
        reason = "it is defined as the plan of today is, and used where it differs"
    )]

    use super::{Host, host};
    use crate::sections::*;

    define_with_all_sections! {
        /// Names of hosts.
        40 Hosts, hosts: Host<'a>, host, at most 2;
    }
}

record! {
    /// A record that only the later version knows.
    pub struct Host<'a> {
        /// A number.
        pub port: u16,
        /// A name.
        pub name: &'a CStr,
    }
}

fn host(host: &Host<'_>) -> Result<(), DecodeError> {
    if host.port == 0 {
        Err(DecodeError::Value)
    } else {
        Ok(())
    }
}

const HOST: Host<'_> = Host {
    port: 443,
    name: c"example.org",
};

/// Plans of today: one with nothing but what is required, and one with more.
fn plans() -> [Vec<u8>; 2] {
    let line = SourceLine::new(1, 4);
    let least = today::Contents::of(
        crate::records::Meta {
            policy_name: c"sample",
            compiler: c"purplec",
            source_digest: [7; 32],
        },
        Process {
            namespaces: 0,
            inner_namespaces: 0,
            uid: 1000,
            gid: 1000,
            root_uid: 65534,
            root_gid: 65534,
            timeout_ms: 0,
            grace_ms: 0,
            flags: 0,
            umask: 0o22,
            hostname: c"sandbox",
            working_dir: c"/",
            working_dir_line: SourceLine::NONE,
        },
        crate::records::Capabilities {
            bounding: 0,
            inheritable: 0,
            permitted: 0,
            effective: 0,
            ambient: 0,
        },
        Network {
            mode: NetworkMode::Loopback,
            flags: 0,
            line: SourceLine::NONE,
        },
    );
    let link = Mount {
        kind: MountKind::Symlink,
        flags: 0,
        attrs: 0,
        size: 0,
        inodes: 0,
        mode: 0,
        line,
        source: c"",
        target: c"/bin",
        content: b"usr/bin",
    };
    let more = today::Contents {
        mounts: &[link],
        sources: &[Source { name: c"base" }],
        ..least
    };
    [least, more].map(|contents| {
        let mut out = vec![0; MAX_PLAN_BYTES];
        let length = today::encode(&contents, &mut out).expect("the contents make a plan");
        out.truncate(length);
        out
    })
}

/// What the later version writes for a plan that it has read, with these hosts.
fn later_bytes(bytes: &[u8], hosts: &[Host<'_>]) -> Result<Vec<u8>, EncodeError> {
    let plan = later::Plan::decode(bytes).expect("a plan of today");
    let mounts: Vec<_> = plan.mounts.iter().collect();
    let sources: Vec<_> = plan.sources.iter().collect();
    let contents = later::Contents {
        mounts: &mounts,
        sources: &sources,
        hosts,
        ..later::Contents::of(plan.meta, plan.process, plan.capabilities, plan.network)
    };
    let mut out = vec![0; MAX_PLAN_BYTES];
    let length = later::encode(&contents, &mut out)?;
    out.truncate(length);
    Ok(out)
}

#[test]
fn a_plan_without_the_new_section_keeps_its_bytes() {
    for bytes in plans() {
        let plan = later::Plan::decode(&bytes).expect("the later version reads it");
        assert!(plan.hosts.is_empty());
        assert!(today::Plan::decode(&bytes).is_ok_and(|today| today.digest == plan.digest));
        assert_eq!(later_bytes(&bytes, &[]), Ok(bytes));
    }
}

#[test]
fn a_plan_with_the_new_section_is_for_the_later_version_only() {
    for bytes in plans() {
        let with = later_bytes(&bytes, &[HOST]).expect("a plan");
        let plan = later::Plan::decode(&with).expect("the later version reads what it wrote");
        assert_eq!(plan.hosts.iter().collect::<Vec<_>>(), [HOST]);
        assert_eq!(
            today::Plan::decode(&with).err(),
            Some(DecodeError::Unknown(40))
        );
        // One entry of the table, one record, and a name in the heap with its NUL.
        let more = SECTION_ENTRY_BYTES + later::Section::Hosts.record_bytes() + 12;
        assert_eq!(with.len(), bytes.len() + more);
        assert_eq!(with.get(..8), bytes.get(..8));
        assert!(with.len() > HEADER_BYTES);
    }
}

#[test]
fn the_new_section_has_its_check_and_its_limit() {
    let [least, _] = plans();
    let refused = |hosts: &[Host<'_>]| later_bytes(&least, hosts);
    let no_port = Host { port: 0, ..HOST };
    assert_eq!(
        refused(&[no_port]),
        Err(EncodeError::Refused(DecodeError::Value))
    );
    assert!(refused(&[HOST, HOST]).is_ok());
    assert_eq!(
        refused(&[HOST, HOST, HOST]),
        Err(EncodeError::Refused(DecodeError::Length))
    );
}

#[test]
fn kinds_rise_and_the_required_ones_come_first() {
    let kinds = today::Section::ALL.iter().map(|one| one.kind());
    assert!(kinds.is_sorted_by(|one, next| one < next));
    let required = today::Section::ALL.iter().filter(|one| one.required());
    let required: Vec<_> = required.map(|one| one.kind()).collect();
    assert_eq!(required, [1, 2, 3, 4]);
}

#[test]
fn the_new_section_is_listed_like_the_others() {
    let today: Vec<_> = today::Section::ALL.iter().map(|one| one.kind()).collect();
    let later: Vec<_> = later::Section::ALL.iter().map(|one| one.kind()).collect();
    assert_eq!(later, [&today[..], &[40]].concat());
    let hosts = later::Section::Hosts;
    assert_eq!(format!("{hosts:?}"), "Hosts");
    assert_eq!((hosts.record_name(), hosts.record_bytes()), ("Host", 10));
    assert_eq!(hosts.most_records(), Some(2));
    assert!(!hosts.required());
}
