//! Plans: the same bytes for the same policy, and not one of them can be changed.

use purple_plan::{DecodeError, Plan};
use purple_tests::identity::Identity;
use purple_tests::policy::{Policy, compile};
use purple_tests::repository;
use purple_tests::run::executor;
use purple_tests::test_dir::{TestDir, binary};
use std::fs;
use std::process::Command;

scenarios! { sample_of_damage_is_refused_by_the_executor }

/// A place that no sandbox is started in.
fn place() -> TestDir {
    let (uid, gid) = (
        nix::unistd::Uid::effective().as_raw(),
        nix::unistd::Gid::effective().as_raw(),
    );
    TestDir::new(Identity { uid, gid })
}

fn real_plan(place: &TestDir) -> Vec<u8> {
    fs::read(Policy::new(place).compile(place)).expect("the plan")
}

#[test]
fn same_bytes_from_anywhere() {
    let place = place();
    let text = Policy::new(&place).text();
    let mut plans = Vec::new();
    for (dir, locale, zone) in [("one", "C", "UTC"), ("two", "de_DE.UTF-8", "Asia/Tokyo")] {
        let dir = place.dir(dir);
        fs::write(dir.join("policy.yaml"), &text).expect("a policy");
        let done = Command::new(binary("purplec"))
            .args(["compile", "policy.yaml", "-o", "plan.bin"])
            .current_dir(&dir)
            .env_clear()
            .envs([("LC_ALL", locale), ("TZ", zone), ("HOME", "/nowhere")])
            .output()
            .expect("the compiler runs");
        assert!(done.status.success(), "{done:?}");
        plans.push(fs::read(dir.join("plan.bin")).expect("a plan"));
    }
    assert!(plans[0] == plans[1], "the bytes differ");
    assert!(plans[0] == real_plan(&place), "the bytes differ");
}

#[test]
fn every_cut_is_refused() {
    let whole = real_plan(&place());
    assert!(Plan::decode(&whole).is_ok());
    for length in 0..whole.len() {
        let expected = if length < 8 {
            DecodeError::Magic
        } else {
            DecodeError::Length
        };
        assert_eq!(
            Plan::decode(&whole[..length]).err(),
            Some(expected),
            "cut to {length}"
        );
    }
}

#[test]
fn every_flip_is_refused() {
    let mut bytes = real_plan(&place());
    for at in 0..bytes.len() {
        bytes[at] ^= 1 << (at % 8);
        assert!(Plan::decode(&bytes).is_err(), "byte {at}");
        bytes[at] ^= 1 << (at % 8);
    }
    assert!(Plan::decode(&bytes).is_ok());
}

/// A plan of the version before, and one with a section of a later release: every program says what
/// it found and what to do.
#[test]
fn plans_of_another_version_are_to_be_compiled_again() {
    let place = place();
    let mut older = real_plan(&place);
    older[8..10].copy_from_slice(&3_u16.to_le_bytes());
    let mut later = real_plan(&place);
    later[16..20].copy_from_slice(&40_u32.to_le_bytes());
    for (mut bytes, why) in [
        (
            older,
            "a plan of format version 3; this program reads version 4: compile it again",
        ),
        (
            later,
            "the plan has section 40, which this program does not know: compile it again, \
             or use the release that compiled it",
        ),
    ] {
        let (body, seal) = bytes.split_last_chunk_mut::<32>().expect("a seal");
        *seal = purple_plan::sha256(body);
        let plan = place.file("other.bin", bytes);
        let path = plan.to_str().expect("UTF-8");
        let from_compiler = format!("{path}: error: {why}\n");
        let cases: [(&str, &[&str], i32, String); 5] = [
            ("purplec", &["show", path], 1, from_compiler.clone()),
            ("purplec", &["verify", path], 1, from_compiler.clone()),
            ("purplec", &["query", path, "read"], 1, from_compiler),
            (
                "purple",
                &["run", "--plan", path, "--", "true"],
                125,
                format!("purple: {path}: {why}\n"),
            ),
            (
                "purple-exec",
                &[path, "--", "true"],
                125,
                format!("purple-exec: plan: {path}: {why}\n"),
            ),
        ];
        for (program, arguments, code, message) in cases {
            let done = Command::new(binary(program))
                .args(arguments)
                .output()
                .expect("the program runs");
            let said = String::from_utf8_lossy(&done.stderr);
            assert_eq!((done.status.code(), &*said), (Some(code), &*message));
            assert!(done.stdout.is_empty(), "{program} {arguments:?}");
        }
    }
}

#[test]
fn corpus_compiles() {
    let place = place();
    let corpus = repository::root().join("tests/spec/corpus");
    let mut count = 0;
    for entry in fs::read_dir(corpus).expect("the corpus") {
        let policy = entry.expect("an entry").path();
        let plan = place.at("corpus.bin");
        let done = compile(&policy, &plan);
        assert_eq!(
            done.status.code(),
            Some(0),
            "{}\n{}",
            policy.display(),
            String::from_utf8_lossy(&done.stderr)
        );
        assert!(Plan::decode(&fs::read(&plan).expect("a plan")).is_ok());
        count += 1;
    }
    assert!(count >= 5, "{count} policies");
}

fn sample_of_damage_is_refused_by_the_executor(place: &TestDir) {
    let whole = real_plan(place);
    let steps = 25;
    let positions = (0..steps).map(|step| step * (whole.len() - 1) / (steps - 1));
    for at in positions {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x5a;
        for bytes in [&flipped[..], &whole[..at]] {
            let path = place.file("damaged.bin", bytes);
            let path = path.to_str().expect("UTF-8");
            let expected = Plan::decode(bytes).expect_err("damaged");
            let done = executor(place, &[path, "--", "touch", "/output/started"]);
            done.refused(125, &format!("plan: {path}: {expected}"));
        }
    }
    assert!(!place.at("output/started").exists());
}
