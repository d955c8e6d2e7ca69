//! Scratch paths with a size of their own, and output paths that a host may lack.

use super::inside::facts_under;
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;

scenarios! { a_scratch_path_has_a_size_of_its_own an_output_path_may_be_missing what_is_protected_in_it_goes_with_it }

fn a_scratch_path_has_a_size_of_its_own(place: &TestDir) {
    let sizes = "scratch_paths: [{sandbox_path: /small, size_bytes: 64K}, {sandbox_path: /large, size_bytes: 8M}, /usual]";
    let policy = Policy::new(place)
        .filesystem("scratch_size_bytes: 1M")
        .filesystem(sizes)
        .environment(&[("PLACES", "/small /large /usual /tmp")], &[]);
    let found = facts_under(
        place,
        &policy,
        include_str!("../probes/fill_directories.py"),
    );
    let full = |bytes: u64| json!(["ENOSPC", bytes]);
    let expected = json!({"/small": full(64 << 10), "/large": ["ok", 4 << 20], "/usual": full(1 << 20), "/tmp": full(1 << 20)});
    assert_eq!(found, expected);
}

const LIST: &str =
    "for path in /there /missing; do test -d $path && touch $path/file && echo $path; done; true";

fn an_output_path_may_be_missing(place: &TestDir) {
    drop(place.dir("there"));
    let policy = Policy::new(place)
        .writes_with(&place.text("there"), "/there", "optional: true")
        .writes_with(&place.text("missing"), "/missing", "optional: true");
    let done = Run::new(place, &policy.compile(place), &["sh", "-c", LIST]).finish();
    assert_eq!(done.good(), "/there\n");
    assert!(place.at("there/file").exists() && !place.at("missing").exists());

    // `purple run` makes none either, whether the path is absolute or not.
    install(place);
    for missing in [place.text("missing"), "./missing".to_owned()] {
        let policy = Policy::new(place)
            .writes_with("./there", "/there", "optional: true")
            .writes_with(&missing, "/missing", "optional: true");
        policy.write(place);
        let words = ["run", "--policy", "policy.yaml", "--", "sh", "-c", LIST];
        let done = finished(purple(place, &words));
        assert_eq!(
            (done.code(), done.out().as_str()),
            (0, "/there\n"),
            "{done}"
        );
        assert!(!place.at("missing").exists());
    }
    // Without the key, the path is required, or made.
    let policy = Policy::new(place).writes(&place.text("missing"), "/missing");
    let line = policy.line_of("/missing");
    let done = Run::new(place, &policy.compile(place), &["true"]).finish();
    let path = place.text("missing");
    done.refused(
        125,
        &format!("mount: the host path {path} does not exist: ENOENT (policy line {line})"),
    );
}

/// What the policy protects in such a path: nothing is there to protect, and where the path exists, it holds.
fn what_is_protected_in_it_goes_with_it(place: &TestDir) {
    let keys = "optional: true, read_only: [Makefile, deep/file, \"@project\"]";
    let policy = Policy::new(place).writes_with("./project", "/project", keys);
    policy.write(place);
    install(place);
    let attack = "test -d /project || exit 5; touch /project/new && ! touch /project/Makefile && ! mkdir -p /project/.git/hooks";
    let words = ["run", "--policy", "policy.yaml", "--", "sh", "-c", attack];
    let done = finished(purple(place, &words));
    assert_eq!(done.code(), 5, "{done}");
    assert!(!place.at("project").exists());
    drop(place.dir("project"));
    let done = finished(purple(place, &words));
    assert_eq!(done.code(), 0, "{done}");
    assert!(place.at("project/new").exists() && !place.at("project/Makefile").exists());

    // purple-exec by itself leaves no protection out.
    let plan = Policy::new(place)
        .writes_with(
            &place.text("gone"),
            "/gone",
            "optional: true, read_only: [Makefile]",
        )
        .compile(place);
    let done = Run::new(place, &plan, &["true"]).finish();
    let refused = done
        .stderr
        .contains("protected path: /gone/Makefile cannot be kept as it is: ENOENT");
    assert_eq!((done.code(), refused), (125, true), "{done}");
}
