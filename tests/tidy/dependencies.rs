//! Rules for dependencies: what each crate may see of the others and of the world.

use super::{none_of, one_of};
use purple_tests::repository::{Tracked, cargo, tracked};
use serde_json::Value;

/// Everything that runs inside purple-exec.
const EXECUTOR: [&str; 7] = [
    "purple-exec",
    "purple-sys",
    "purple-plan",
    "purple-report",
    "rustix",
    "bitflags",
    "linux-raw-sys",
];

/// The packages that come without a runtime and without the network: all of the product but for
/// purple-exec, which names what it holds. Only a crate of its own for a service may have them.
const WITHOUT_RUNTIME: [(&str, &str); 10] = [
    ("purplec", "compiler"),
    ("purple", "operator/cli"),
    ("purple-core", "operator/core"),
    ("purple-git", "operator/git"),
    ("purple-host", "operator/host"),
    ("purple-net", "operator/network"),
    ("purple-files", "compiler/files"),
    ("purple-plan", "schema/plan"),
    ("purple-policy", "schema/policy"),
    ("purple-report", "schema/report"),
];

/// Crates that bring a runtime or the network.
const RUNTIMES: [&str; 27] = [
    "actix-rt",
    "actix-web",
    "async-executor",
    "async-io",
    "async-std",
    "attohttpc",
    "axum",
    "curl",
    "futures-executor",
    "h2",
    "hyper",
    "hyper-util",
    "isahc",
    "mio",
    "minreq",
    "monoio",
    "quinn",
    "reqwest",
    "rocket",
    "rustls",
    "smol",
    "surf",
    "tiny_http",
    "tokio",
    "ureq",
    "warp",
    "tungstenite",
];

/// Everything that runs inside purple-net, which talks to the sandbox and to the world.
const HELPER: [&str; 6] = [
    "purple-net",
    "purple-plan",
    "rustix",
    "bitflags",
    "libc",
    "linux-raw-sys",
];

/// Which members of the workspace each member may depend on.
const DIRECTION: &[(&str, &[&str])] = &[
    ("purple-plan", &[]),
    ("purple-report", &[]),
    ("purple-policy", &[]),
    // The system calls know neither plans nor policies.
    ("purple-sys", &[]),
    (
        "purple-exec",
        &["purple-plan", "purple-report", "purple-sys"],
    ),
    ("purple-files", &[]),
    (
        "purplec",
        &[
            "purple-files",
            "purple-plan",
            "purple-policy",
            "purple-report",
        ],
    ),
    // What is hidden in a text, and which directories are the system's, is said in one place each.
    ("purple-host", &["purple-plan", "purple-report"]),
    ("purple-git", &["purple-host", "purple-plan"]),
    // The helper of a filtered network reads the plan, and knows nothing else of Purple.
    ("purple-net", &["purple-plan"]),
    (
        "purple-core",
        &[
            "purple-files",
            "purple-git",
            "purple-host",
            "purplec",
            "purple-plan",
            "purple-policy",
            "purple-report",
        ],
    ),
    (
        "purple",
        &[
            "purple-core",
            "purple-host",
            "purplec",
            "purple-plan",
            "purple-policy",
            "purple-report",
        ],
    ),
    (
        "purple-tests",
        &[
            "purple-plan",
            "purple-policy",
            "purple-exec",
            "purplec",
            "purple",
            "purple-net",
        ],
    ),
];

/// The names in the output of `cargo tree --prefix none`.
fn names(tree: &str) -> Vec<&str> {
    let mut names = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect::<Vec<_>>();
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    names
}

fn tree(package: &str, edges: &str) -> String {
    cargo(&[
        "tree", "--locked", "-p", package, "-e", edges, "--prefix", "none",
    ])
}

fn foreign_in_executor(tree: &str) -> Vec<String> {
    names(tree)
        .into_iter()
        .filter(|name| !EXECUTOR.contains(name))
        .map(|name| {
            format!(
                "executor/Cargo.toml: `{name}` would run inside purple-exec, where only {} may; \
                 see `cargo tree -p purple-exec -i {name}`",
                EXECUTOR.join(", ")
            )
        })
        .collect()
}

fn foreign_in_helper(tree: &str) -> Vec<String> {
    names(tree)
        .into_iter()
        .filter(|name| !HELPER.contains(name))
        .map(|name| {
            format!(
                "operator/network/Cargo.toml: `{name}` would run inside purple-net, where only {} may; \
                 see `cargo tree -p purple-net -i {name}`",
                HELPER.join(", ")
            )
        })
        .collect()
}

fn runtime_in(package: &str, folder: &str, tree: &str) -> Vec<String> {
    names(tree)
        .into_iter()
        .filter(|name| RUNTIMES.contains(name))
        .map(|name| {
            format!(
                "{folder}/Cargo.toml: `{name}` has no place in {package}, only in a crate of its own \
                 for a service; see `cargo tree -p {package} -i {name}`"
            )
        })
        .collect()
}

/// What a drawing library likes to bring, and the compiler does without: system calls of its own.
const NOT_FOR_DRAWING: [&str; 4] = ["backtrace", "rustix", "supports-color", "terminal_size"];

fn system_calls_in_compiler(tree: &str) -> Vec<String> {
    names(tree)
        .into_iter()
        .filter(|name| NOT_FOR_DRAWING.contains(name))
        .map(|name| {
            format!(
                "compiler/Cargo.toml: `{name}` asks the system what the command line knows; \
                 see `cargo tree -p purplec -i {name}`"
            )
        })
        .collect()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn packages(metadata: &str) -> Vec<Value> {
    let metadata = serde_json::from_str::<Value>(metadata).expect("cargo metadata prints JSON");
    let packages = list(&metadata, "packages").to_vec();
    assert!(!packages.is_empty(), "cargo metadata names no package");
    packages
}

fn against_direction(metadata: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages(metadata) {
        let name = text(&package, "name");
        let Some((_, allowed)) = DIRECTION.iter().find(|(member, _)| *member == name) else {
            findings.push(format!(
                "`{name}` is not in tests/tidy/dependencies.rs; add it there"
            ));
            continue;
        };
        for dependency in list(&package, "dependencies") {
            let to = text(dependency, "name");
            let is_member = DIRECTION.iter().any(|(member, _)| *member == to);
            let is_path = dependency.get("path").is_some_and(|path| !path.is_null());
            if (is_member || is_path) && !allowed.contains(&to) {
                findings.push(format!(
                    "{}: `{name}` must not depend on `{to}`, only on [{}]; move the shared part down",
                    text(&package, "manifest_path"),
                    allowed.join(", ")
                ));
            }
        }
    }
    findings
}

/// The contracts that the executor shares have no dependencies but for their tests, and no features.
const BARE: [(&str, &str); 2] = [
    ("purple-plan", "schema/plan"),
    ("purple-report", "schema/report"),
];

fn not_bare(metadata: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages(metadata) {
        let name = text(&package, "name");
        let Some((_, folder)) = BARE.iter().find(|(bare, _)| *bare == name) else {
            continue;
        };
        for dependency in list(&package, "dependencies") {
            if text(dependency, "kind") != "dev" {
                let name = text(dependency, "name");
                findings.push(format!(
                    "{folder}/Cargo.toml: remove the dependency `{name}`"
                ));
            }
        }
        for feature in package
            .get("features")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            findings.push(format!(
                "{folder}/Cargo.toml: remove the feature `{}`",
                feature.0
            ));
        }
    }
    findings
}

fn without_lints(files: &[Tracked]) -> Vec<String> {
    let inherits = |text: &str| {
        let mut lines = text
            .lines()
            .map(str::trim)
            .skip_while(|line| *line != "[lints]")
            .skip(1);
        lines.next() == Some("workspace = true")
    };
    files
        .iter()
        .filter(|file| file.path.ends_with("/Cargo.toml") && !inherits(&file.text))
        .map(|file| format!("{}:1: add `[lints]` with `workspace = true`", file.path))
        .collect()
}

fn metadata() -> String {
    cargo(&["metadata", "--locked", "--no-deps", "--format-version", "1"])
}

#[test]
fn executor_holds_nothing_foreign() {
    none_of(&foreign_in_executor(&tree("purple-exec", "normal,build")));
}

#[test]
fn helper_holds_nothing_foreign() {
    none_of(&foreign_in_helper(&tree("purple-net", "normal,build")));
}

#[test]
fn bites_a_foreign_crate_in_the_helper() {
    one_of(
        &foreign_in_helper("purple-net v0.1.0 (/x)\nlibc v0.2.1\nserde v1.0.0\n"),
        "`serde` would run inside purple-net",
    );
    assert!(foreign_in_helper("purple-net v0.1.0\n\nrustix v1.1.0\n").is_empty());
}

#[test]
fn only_a_service_holds_a_runtime() {
    for (package, folder) in WITHOUT_RUNTIME {
        none_of(&runtime_in(package, folder, &tree(package, "normal")));
    }
}

#[test]
fn compiler_draws_without_system_calls() {
    none_of(&system_calls_in_compiler(&tree("purplec", "normal")));
}

#[test]
fn bites_a_drawing_library_that_asks_the_system() {
    one_of(
        &system_calls_in_compiler("purplec v0.1.0\nmiette v7.6.0\nrustix v1.1.0\n"),
        "`rustix`",
    );
    assert!(system_calls_in_compiler("purplec v0.1.0\nmiette v7.6.0\n").is_empty());
}

#[test]
fn dependencies_point_one_way() {
    none_of(&against_direction(&metadata()));
}

#[test]
fn shared_contracts_are_bare() {
    none_of(&not_bare(&metadata()));
}

#[test]
fn every_crate_inherits_the_lints() {
    none_of(&without_lints(&tracked()));
}

#[test]
fn bites_a_foreign_crate_in_the_executor() {
    let tree = "purple-exec v0.1.0 (/x)\npurple-plan v0.1.0 (/x)\nlibc v0.2.1\nlibc v0.2.1 (*)\n";
    one_of(
        &foreign_in_executor(tree),
        "`libc` would run inside purple-exec",
    );
    assert!(foreign_in_executor("purple-exec v0.1.0\n\nrustix v1.1.0\n").is_empty());
}

#[test]
fn bites_a_runtime_that_is_no_service() {
    for (package, folder) in WITHOUT_RUNTIME {
        let bad = format!(
            "{package} v0.1.0
serde v1.0
tokio v1.54.0
"
        );
        one_of(
            &runtime_in(package, folder, &bad),
            &format!("{folder}/Cargo.toml: `tokio` has no place in {package}"),
        );
        let fine = format!(
            "{package} v0.1.0
serde v1.0
"
        );
        assert!(runtime_in(package, folder, &fine).is_empty());
    }
}

#[test]
fn bites_a_dependency_upwards() {
    let metadata = |name: &str, to: &str| {
        format!(
            r#"{{"packages": [{{"name": "{name}", "manifest_path": "{name}/Cargo.toml",
                "dependencies": [{{"name": "{to}", "path": "/x", "kind": null}}]}}]}}"#
        )
    };
    for (name, to) in [
        ("purple-exec", "purple-policy"),
        ("purple-sys", "purple-plan"),
        ("purple-exec", "purplec"),
        ("purplec", "purple"),
        ("purplec", "purple-exec"),
        ("purple-plan", "purple-policy"),
        ("purple", "purple-exec"),
        ("purple-policy", "something-new"),
    ] {
        one_of(
            &against_direction(&metadata(name, to)),
            &format!("must not depend on `{to}`"),
        );
    }
    one_of(
        &against_direction(&metadata("something-new", "purplec")),
        "add it there",
    );
    assert!(against_direction(&metadata("purple", "purplec")).is_empty());
}

#[test]
fn bites_a_shared_contract_with_more() {
    let of = |name: &str, dependency: &str, features: &str| {
        format!(
            r#"{{"packages": [{{"name": "{name}", "dependencies": [{dependency}],
                "features": {features}}}]}}"#
        )
    };
    for (name, folder) in BARE {
        one_of(
            &not_bare(&of(name, r#"{"name": "sha2", "kind": null}"#, "{}")),
            &format!("{folder}/Cargo.toml: remove the dependency `sha2`"),
        );
        one_of(
            &not_bare(&of(name, r#"{"name": "cc", "kind": "build"}"#, "{}")),
            "`cc`",
        );
        one_of(
            &not_bare(&of(name, "", r#"{"std": []}"#)),
            "the feature `std`",
        );
        let tests = r#"{"name": "proptest", "kind": "dev"}"#;
        assert!(not_bare(&of(name, tests, "{}")).is_empty());
    }
}

#[test]
fn bites_a_crate_without_the_lints() {
    let bad = Tracked::new(
        "a/Cargo.toml",
        "[package]\nname = \"a\"\n[lints]\nrust.x = 1\n",
    );
    one_of(&without_lints(&[bad]), "a/Cargo.toml:1: add `[lints]`");
    let fine = Tracked::new("a/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n");
    assert!(without_lints(&[fine, Tracked::new("Cargo.toml", "[workspace]\n")]).is_empty());
}
