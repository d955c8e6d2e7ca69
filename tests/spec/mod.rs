//! Policies and what the compiler says about them: the rendered text, compared as a whole.
//!
//! Each file of `cases/` has its rendering in `snapshots/`; a case named after a diagnostic's code
//! shows that diagnostic; `cases/parents/` holds what they extend, `cases/hosts.d/` the operator's groups of hosts, `cases/targets/` the hosts that
//! those of the same names are held against. The files of `corpus/` are policies that people wrote. After a change on
//! purpose, run with `INSTA_UPDATE=always` and review the difference.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it relies on"
)]

mod fixes;
mod formats;
mod hostile;
mod inherit;
mod pages;
mod paths;
mod plans;
mod reference;
mod replay;
mod texts;
mod typos;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use purple_tests::codes::emitted;
use purple_tests::repository::{root, tracked};
use purplec::diagnostics::{Diagnostic, Sink, render};
use purplec::inherit::Files;
use purplec::parse;
use purplec::pipeline::{self, Compilation, Options};
use purplec::quantity::date;
use purplec::source::{Source, Sources};
use purplec::syscalls::Arch;
use purplec::target::Target;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use texts::{Groups, Texts};

/// The codes that no short text leads to; `pages.rs` says where they are tested.
const WITHOUT_CASE: [&str; 6] = [
    "filter-too-long",
    "group-empty",
    "input-too-large",
    "internal-schema",
    "libseccomp-cannot",
    "plan-too-large",
];

/// The case that is compiled for a big-endian machine, and not for this one.
const BIG_ENDIAN: &str = "network-byte-order.yaml";

/// The policies in a folder of the repository.
fn policies(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join(folder))
        .expect("the folder can be listed")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// The day on which the tests look at grants.
const TODAY: &str = "2026-06-01";

/// All that comes out of a text, and the findings as people see them.
fn compiled(name: &str, text: &[u8]) -> (Compilation, String) {
    compiled_beside(name, text, None)
}

/// The same of a text with files around it.
fn compiled_beside(
    name: &str,
    text: &[u8],
    files: Option<Arc<dyn Files>>,
) -> (Compilation, String) {
    compiled_by(
        name,
        text,
        &Options {
            files,
            ..Options::default()
        },
    )
}

fn compiled_by(name: &str, text: &[u8], options: &Options) -> (Compilation, String) {
    let mut sink = Sink::new();
    let source = parse::decode(name, text.to_vec(), &mut sink);
    let options = Options {
        today: date(TODAY).ok(),
        ..options.clone()
    };
    match pipeline::compile(&source, &options, sink) {
        Ok(outcome) => {
            let text = rendered(&outcome.sources, &outcome.diagnostics);
            (outcome, text)
        }
        Err(fault) => panic!("{name}: {fault}"),
    }
}

/// The processor time of this thread, which is all that a compilation has. Other load is excluded.
fn cpu_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("the kernel counts");
    let all = [usage.user_time(), usage.system_time()].into_iter();
    all.map(|time| Duration::from_micros(u64::try_from(time.num_microseconds()).unwrap_or(0)))
        .sum()
}

fn rendered(sources: &Sources, found: &[Diagnostic]) -> String {
    render::human(sources, found)
}

/// The text that a finding underlines: the first line of its place.
fn slice<'s>(source: &'s Source, finding: &Diagnostic) -> &'s str {
    source
        .slice(finding.span)
        .lines()
        .next()
        .unwrap_or_default()
}

fn checked(path: &Path) -> (Vec<Diagnostic>, String) {
    let name = path
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let bytes = fs::read(path).expect("the file can be read");
    let parents: Vec<(String, String)> = policies("tests/spec/cases/parents")
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (
                format!("parents/{name}"),
                fs::read_to_string(path).expect("the file can be read"),
            )
        })
        .collect();
    let parents = Texts::new(
        parents
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    );
    let target = fs::read(
        root()
            .join("tests/spec/cases/targets")
            .join(&name)
            .with_extension("json"),
    );
    let target = target
        .ok()
        .map(|bytes| Target::read(&bytes).expect("a target description"));
    let options = Options {
        files: Some(parents.files()),
        target,
        hosts: Some(Groups::of("tests/spec/cases/hosts.d").hosts()),
        architectures: if name == BIG_ENDIAN {
            vec![Arch::S390x]
        } else {
            Options::default().architectures
        },
        ..Options::default()
    };
    let (outcome, text) = compiled_by(&name, &bytes, &options);
    (outcome.diagnostics, text)
}

#[test]
fn cases() {
    for path in policies("tests/spec/cases") {
        let (_, text) = checked(&path);
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        insta::with_settings!(
            {
                snapshot_path => "snapshots",
                prepend_module_to_snapshot => false,
                omit_expression => true,
            },
            { insta::assert_snapshot!(name, text) }
        );
    }
}

#[test]
fn every_code_has_a_case_that_shows_it() {
    let files = tracked();
    let codes: BTreeSet<&str> = emitted(&files)
        .into_iter()
        .filter_map(|found| found.code)
        .collect();
    let mut cases = BTreeSet::new();
    for path in policies("tests/spec/cases") {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let (found, text) = checked(&path);
        assert!(
            found.iter().any(|finding| name == finding.code) || !codes.contains(name.as_str()),
            "{text}"
        );
        let hidden = |character: char| character.is_control() && character != '\n';
        assert!(!text.contains(hidden), "{name}: {text:?}");
        cases.insert(name);
    }
    let missing: Vec<_> = codes
        .iter()
        .filter(|code| !cases.contains(**code))
        .copied()
        .collect();
    assert_eq!(missing, WITHOUT_CASE, "these codes have no case");
}
