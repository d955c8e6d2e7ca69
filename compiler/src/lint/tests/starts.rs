//! Whether a program can start.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use super::{START, codes, outcome, syscalls};
use crate::diagnostics::Sink;
use crate::pipeline::{self, Options, Stage};
use crate::source::Source;
use crate::syscalls::Arch;

#[test]
fn a_start_is_judged_on_each_architecture_by_its_own_calls() {
    for arch in Arch::ALL.into_iter().filter(|arch| arch.is_native()) {
        let options = Options {
            architectures: vec![arch],
            emit: Some(Stage::Ir),
            ..Options::default()
        };
        let found = |text: &str| {
            let source = Source::new("policy", text);
            let outcome = pipeline::compile(&source, &options, Sink::new()).expect("no defect");
            outcome
                .diagnostics
                .iter()
                .any(|found| found.code == "start-calls-denied")
        };
        let all = format!(
            "name: a\nsyscalls:\n  allow: [{START}, mmap2, fstat, fstatat64, statx, set_thread_area, set_tls]\n"
        );
        assert!(!found(&all), "{arch}");
        assert!(found(&all.replace("mprotect, ", "")), "{arch}");
    }
}

#[test]
fn where_a_denial_kills_a_start_needs_every_call_it_makes() {
    let list = format!("  allow: [{START}]\n");
    assert_eq!(syscalls(&list), Vec::<&str>::new());
    assert_eq!(
        syscalls(&(list + "  on_deny: kill\n")),
        ["start-calls-denied"]
    );
}

#[test]
fn a_start_is_judged_by_the_arguments_of_its_calls() {
    let found = |list: &str, condition: &str| {
        let text =
            format!("name: a\nsyscalls:\n  default_deny: false\n  {list}: [{{{condition}}}]\n");
        let outcome = outcome(&text);
        let mut starts = outcome
            .diagnostics
            .iter()
            .filter(|one| one.code == "start-calls-denied");
        starts
            .next()
            .map(|one| one.message.clone())
            .unwrap_or_default()
    };
    for (list, condition, call) in [
        (
            "allow",
            "openat: 'flags == O_RDONLY'",
            "`openat(AT_FDCWD, address, O_RDONLY|O_CLOEXEC)`",
        ),
        (
            "allow",
            "mmap: 'prot & PROT_EXEC == 0'",
            "PROT_READ|PROT_EXEC",
        ),
        ("allow", "read: 'fd < 3'", "`read(3, address, 832)`"),
        (
            "deny",
            "mprotect: 'prot == PROT_READ'",
            "`mprotect(address, 4096, PROT_READ)`",
        ),
    ] {
        let message = found(list, condition);
        assert!(
            message.contains("cannot start") && message.contains(call),
            "{message}"
        );
    }
    for (list, condition) in [
        ("allow", "openat: 'flags & O_ACCMODE == O_RDONLY'"),
        (
            "allow",
            "mmap: 'prot & PROT_WRITE == 0 || prot & PROT_EXEC == 0'",
        ),
        ("deny", "mprotect: 'prot & PROT_EXEC'"),
        ("deny", "close: 'fd < 3'"),
    ] {
        assert_eq!(found(list, condition), "", "{condition}");
    }
}

#[test]
fn programs_of_glibc_open_with_openat_and_those_of_musl_with_open() {
    let found = |deny: &str| {
        let outcome = outcome(&format!(
            "name: a\nsyscalls:\n  default_deny: false\n  deny: [{deny}]\n"
        ));
        let mut starts = outcome
            .diagnostics
            .iter()
            .filter(|one| one.code == "start-calls-denied");
        starts.next().map(|one| one.message.clone())
    };
    let glibc = "a program that is linked to glibc cannot start: `openat` is denied";
    assert_eq!(found("openat").as_deref(), Some(glibc));
    assert_eq!(found("open"), None);
    let both = "a dynamically linked program cannot start: `openat` is denied";
    assert_eq!(found("open, openat").as_deref(), Some(both));
}

#[test]
fn a_working_directory_that_cannot_be_there_is_an_error() {
    let found = |inside: &str| {
        codes(&format!(
            "name: a\nfilesystem:\n  scratch_paths: [/tmp, /project/scratch]\n  working_dir: {inside}\n  \
             immutable_paths: [{{host_path: /usr, sandbox_path: /usr}}]\n"
        ))
    };
    for path in ["/nowhere", "/tmp/below", "/usrs", "/etc/hostname"] {
        assert_eq!(found(path), ["working-dir-missing"], "{path}");
    }
    for path in [
        "/",
        "/usr",
        "/usr/perhaps",
        "/lib/perhaps",
        "/tmp",
        "/project",
        "/dev",
        "/proc/1",
    ] {
        assert_eq!(found(path), Vec::<&str>::new(), "{path}");
    }
}
