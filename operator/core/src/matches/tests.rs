//! A pattern does what a policy does that names the paths which it matches.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::{MatchError, resolve};
use crate::notice::Notice;
use crate::plans::of_text;
use purple_plan::{MountKind, Plan, SourceLine, mount_flags};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

/// A directory with these files in it; a name with a slash at its end is a directory.
fn tree(files: &[&str]) -> TempDir {
    let dir = TempDir::new().expect("a directory");
    for file in files {
        let path = dir.path().join(file);
        if file.ends_with('/') {
            fs::create_dir_all(&path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, file).unwrap();
        }
    }
    dir
}

/// A policy that shows the directory at `/w`.
fn policy(top: &Path, shown: &str, masked: &str, more: &str) -> String {
    let top = top.display();
    format!(
        "name: p\nfilesystem:\n  immutable_paths:\n    - {{host_path: /usr, sandbox_path: /usr}}\n{more}{}  \
         masked_paths: [{masked}]\n",
        shown.replace("TOP", &format!("host_path: {top}, sandbox_path: /w"))
    )
}

const READABLE: &str = "    - {TOP}\n";

fn writable(kept: &str) -> String {
    format!("  output_paths:\n    - {{TOP, read_only: [{kept}]}}\n")
}

fn resolved(text: &str) -> Result<(Vec<u8>, Vec<String>), String> {
    let plan = of_text("p", text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    let mut notices = Vec::new();
    let bytes = resolve(plan, &mut notices).map_err(|error: MatchError| error.to_string())?;
    let said = notices.iter().map(Notice::to_string).collect();
    Ok((bytes, said))
}

/// The steps, a line each. A directory that cannot be renamed cites any of the paths below it.
fn steps(bytes: &[u8]) -> Vec<String> {
    let plan = Plan::decode(bytes).expect("a plan");
    let steps = plan.mounts.iter().map(|mut step| {
        if step.kind == MountKind::SelfBind && step.flags & mount_flags::STUBS == 0 {
            step.line = SourceLine::NONE;
        }
        format!("{step:?}")
    });
    steps.collect()
}

#[track_caller]
fn same(patterns: &str, paths: &str) {
    let (with_patterns, _) = resolved(patterns).unwrap();
    let (with_paths, _) = resolved(paths).unwrap();
    pretty(&steps(&with_patterns), &steps(&with_paths));
}

#[track_caller]
fn pretty(one: &[String], other: &[String]) {
    let only = |these: &[String], those: &[String]| {
        let missing = these.iter().filter(|line| !those.contains(line));
        missing.cloned().collect::<Vec<_>>().join("\n")
    };
    assert!(
        one == other,
        "by patterns alone:\n{}\nby paths alone:\n{}",
        only(one, other),
        only(other, one)
    );
}

const FILES: [&str; 12] = [
    ".env",
    "a/.env",
    "a/b/.env",
    "a/b/run.sh",
    "a-b/x.sh",
    "conf/key.pem",
    "conf/plain",
    "conf.d/x",
    "run.sh",
    "x.git/.git/hooks/pre-push",
    ".git/hooks/",
    "docs/",
];

#[test]
fn what_is_hidden_of_a_read_only_path() {
    let dir = tree(&FILES);
    same(
        &policy(dir.path(), READABLE, "/w/**/.env, /w/conf*", ""),
        &policy(
            dir.path(),
            READABLE,
            "/w/.env, /w/a/.env, /w/a/b/.env, /w/conf, /w/conf.d",
            "",
        ),
    );
}

#[test]
fn what_is_hidden_and_kept_in_an_output_path() {
    let dir = tree(&FILES);
    same(
        &policy(
            dir.path(),
            &writable("\"**/*.sh\", \"**/.git/*/pre-*\""),
            "\"/w/**/.env\", \"/w/conf/*.pem\"",
            "",
        ),
        &policy(
            dir.path(),
            &writable("a/b/run.sh, a-b/x.sh, run.sh, x.git/.git/hooks/pre-push"),
            "/w/.env, /w/a/.env, /w/a/b/.env, /w/conf/key.pem",
            "",
        ),
    );
}

/// What is hidden of what is kept is hidden, and what is kept of what is hidden is hidden with it.
#[test]
fn one_in_the_other() {
    let dir = tree(&FILES);
    same(
        &policy(
            dir.path(),
            &writable("conf*"),
            "/w/conf/key.pem, \"/w/doc?\"",
            "",
        ),
        &policy(
            dir.path(),
            &writable("conf, conf.d"),
            "/w/conf/key.pem, /w/docs",
            "",
        ),
    );
    same(
        &policy(
            dir.path(),
            &writable("\"conf/*\", \"*.sh\""),
            "\"/w/con?\", \"/w/*.sh\"",
            "",
        ),
        &policy(dir.path(), &writable(""), "/w/conf, /w/run.sh", ""),
    );
}

/// The paths of a group give way to what the policy itself says, as where it names a path.
#[test]
fn a_path_of_a_group() {
    let dir = tree(&FILES);
    let project = |masked: &str, kept: &str| {
        policy(
            dir.path(),
            &writable(&format!("\"@project\"{kept}")),
            masked,
            "",
        )
    };
    same(&project("\"/w/.gi?\"", ""), &project("/w/.git/", ""));
    same(
        &project("\"/w/.git/hook?\"", ""),
        &project("/w/.git/hooks/", ""),
    );
    same(
        &project("", ", \".git/hook?\""),
        &project("", ", .git/hooks"),
    );
}

/// A share in a share: the upper one's files at that place are not seen.
#[test]
fn a_share_in_a_share() {
    let dir = tree(&["data/upper.env", "x.env"]);
    let other = tree(&["lower.env", "deep/lower.env"]);
    let more = format!(
        "    - {{host_path: {}, sandbox_path: /w/data}}\n",
        other.path().display()
    );
    same(
        &policy(dir.path(), READABLE, "\"/w/**/*.env\"", &more),
        &policy(
            dir.path(),
            READABLE,
            "/w/x.env, /w/data/lower.env, /w/data/deep/lower.env",
            &more,
        ),
    );
    let text = policy(dir.path(), READABLE, "\"/w/d*\"", &more);
    let line = text.lines().count();
    let expected = format!(
        "the pattern /w/d* (policy line {line}) matches /w/data, which the policy lists: write a narrower pattern, \
         or leave one of the two out"
    );
    assert_eq!(resolved(&text).unwrap_err(), expected);
    let more = more.replace("/w/data", "/w/data/in");
    let text = policy(dir.path(), READABLE, "\"/w/d*\"", &more);
    let refused = resolved(&text).unwrap_err();
    assert!(
        refused.contains("matches /w/data, and the policy lists /w/data/in:"),
        "{refused}"
    );
}

#[test]
fn nothing_matches() {
    let dir = tree(&["a/b"]);
    let text = policy(dir.path(), READABLE, "\"/w/*.env\"", "");
    let (bytes, said) = resolved(&text).unwrap();
    let line = text.lines().count();
    let expected = format!(
        "the pattern /w/*.env (policy line {line}) matches nothing: files that are created there during the run are not covered"
    );
    assert_eq!(said, [expected]);
    let (plain, _) = resolved(&policy(dir.path(), READABLE, "", "")).unwrap();
    pretty(&steps(&bytes), &steps(&plain));
}

/// What a link leads to is reached by a path that matches: it is hidden under its own name, also in another share, and where an
/// earlier run has moved a directory aside. A loop of links ends, and a link that itself matches is refused.
#[test]
fn symbolic_links() {
    let dir = tree(&["a/x.env", ".x/c/x.env", "real/deep/x.env"]);
    for (target, link) in [
        ("../a", "a/loop"),
        (".x/c", "conf"),
        ("real", "current"),
        ("/t", "other"),
    ] {
        symlink(target, dir.path().join(link)).unwrap();
    }
    let other = tree(&["x.env"]);
    let more = format!(
        "    - {{host_path: {}, sandbox_path: /t}}\n",
        other.path().display()
    );
    same(
        &policy(
            dir.path(),
            READABLE,
            "\"/w/*/x.env\", \"/w/cur*/deep/x.env\"",
            &more,
        ),
        &policy(
            dir.path(),
            READABLE,
            "/w/.x/c/x.env, /w/a/x.env, /t/x.env, /w/real/deep/x.env",
            &more,
        ),
    );
    symlink("x.env", dir.path().join("a/link")).unwrap();
    let refused = resolved(&policy(dir.path(), READABLE, "\"/w/**/li*\"", "")).unwrap_err();
    assert!(
        refused
            .contains("matches /w/a/link, a symbolic link, which cannot be masked or protected:"),
        "{refused}"
    );
}

/// Where an optional path is missing, the directory below it shows, also to who comes by a link.
#[test]
fn an_optional_path_that_is_missing_hides_nothing() {
    let dir = tree(&["data/.env"]);
    symlink("data", dir.path().join("other")).unwrap();
    let more = "    - {host_path: /not/there, sandbox_path: /w/data, optional: true}\n";
    for pattern in ["/w/**/.env", "/w/o*/.env"] {
        same(
            &policy(dir.path(), READABLE, &format!("\"{pattern}\""), more),
            &policy(dir.path(), READABLE, "/w/data/.env", more),
        );
    }
}

/// purple-exec could make no stub in it. What lies in another path stays protected.
#[test]
fn an_optional_output_path_that_is_missing_goes_with_what_is_protected_in_it() {
    let dir = tree(&["there/"]);
    let top = dir.path().display();
    let output = |name: &str, more: &str| {
        format!(
            "    - {{host_path: {top}/{name}, sandbox_path: /{name}, read_only: [Makefile, a/b]{more}}}\n"
        )
    };
    let targets = |name: &str, more: &str| {
        let outputs = format!("{}{}", output("there", ""), output(name, more));
        let (bytes, _) =
            resolved(&format!("name: p\nfilesystem:\n  output_paths:\n{outputs}")).unwrap();
        let plan = Plan::decode(&bytes).expect("a plan");
        let targets = plan
            .mounts
            .iter()
            .map(|step| step.target.to_string_lossy().into_owned());
        targets
            .filter(|target| target.contains("there") || target.contains(name))
            .collect::<Vec<_>>()
    };
    let there = ["/there", "/there/Makefile", "/there/a", "/there/a/b"];
    assert_eq!(targets("gone", ", optional: true"), there);
    let both = ["/gone", "/gone/Makefile", "/gone/a", "/gone/a/b"]
        .into_iter()
        .chain(there);
    let both: Vec<&str> = both.collect();
    // purple-exec refuses the one that must exist.
    assert_eq!(targets("gone", ""), both);
    fs::create_dir(dir.path().join("gone")).unwrap();
    assert_eq!(targets("gone", ", optional: true"), both);
}

/// What the host has below a directory of the sandbox's own is not there inside.
#[test]
fn a_link_to_what_is_the_sandboxs_own() {
    let dir = tree(&["scratch/x.env", "hidden/x.env"]);
    symlink("scratch", dir.path().join("one")).unwrap();
    symlink("hidden", dir.path().join("two")).unwrap();
    let more = "  scratch_paths: [/w/scratch]\n";
    same(
        &policy(
            dir.path(),
            &format!("{READABLE}{more}"),
            "/w/hidden, \"/w/*/x.env\"",
            "",
        ),
        &policy(dir.path(), &format!("{READABLE}{more}"), "/w/hidden", ""),
    );
}

#[test]
fn too_much() {
    let dir = tree(&[]);
    for number in 0..600 {
        fs::write(dir.path().join(format!("{number}.env")), "").unwrap();
    }
    let refused = resolved(&policy(dir.path(), READABLE, "\"/w/*.env\"", "")).unwrap_err();
    assert!(refused.contains("matches more than 512 paths"), "{refused}");
    let refused = resolved(&policy(dir.path(), READABLE, "\"/w/[0-4]*.env\", \"/w/4??.env\", \"/w/3??.env\", \"/w/2??.env\", \"/w/1??.env\", \"/w/??.env\"", "")).unwrap_err();
    assert!(refused.contains("and may have 512"), "{refused}");
}
