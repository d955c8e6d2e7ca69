//! The files of a git directory (gitrepository-layout(5)) by which git runs a command, reads another repository or writes elsewhere,
//! with what each of them may say. What is a link is put aside beside this (`links.rs`), and a name that git does not know is not read.

use crate::base::LARGEST;
use crate::packs;
use crate::states;
use crate::way::{Way, way};
use purple_host::folder::{Content, Folder};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The end of the name of what was put out of action.
pub(crate) const DISABLED: &str = ".purple-disabled";

/// A file that is obeyed and does not say what it may.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Obeyed {
    pub(crate) content: Content,
    /// What git would have done, for a message.
    pub(crate) what: &'static str,
}

/// A file of a directory, `*` for each entry, and whether what it says is harmless. A directory with a new entry is put aside as a whole:
/// git would take the entry by any name.
type Rule = (&'static str, fn(&[u8]) -> bool);

const GOES_ON: &str = "it had commands that `git rebase --continue`, `git cherry-pick --continue` or `git am --continue` runs, or text that a prompt of the shell evaluates";

const PACKS: &str = "git would have read or removed the files that it names, which are not its own";

/// The directories, with what git would have done and with their files.
const RULES: [(&str, &str, &[Rule]); 17] = [
    (
        "rebase-merge",
        GOES_ON,
        &[
            ("git-rebase-todo", states::has_no_commands),
            ("strategy", states::is_strategy),
            ("head-name", states::is_head_name),
            ("msgnum", states::is_number),
            ("end", states::is_number),
        ],
    ),
    (
        "rebase-apply",
        GOES_ON,
        &[
            ("apply-opt", states::are_plain_options),
            ("head-name", states::is_head_name),
            ("next", states::is_number),
            ("last", states::is_number),
        ],
    ),
    (
        "sequencer",
        GOES_ON,
        &[
            ("todo", states::has_no_commands),
            ("opts", states::is_plain_sequence),
        ],
    ),
    (
        "",
        "`git bisect reset` would have taken it for options, or a prompt of the shell would have evaluated it",
        &[("BISECT_START", states::is_reference)],
    ),
    (
        "",
        "`git bisect` of some versions would have run it as text of the shell",
        &[
            ("BISECT_NAMES", states::are_quoted_words),
            ("BISECT_TERMS", states::are_names),
        ],
    ),
    (
        "",
        "the next commit would have read the files that it names",
        &[("MERGE_RR", <[u8]>::is_empty)],
    ),
    (
        "info",
        "git would have taken other commits for the parents of a commit",
        &[("grafts", <[u8]>::is_empty)],
    ),
    (
        "remotes",
        "git would have taken the address of a remote from it",
        &[("*", |_| false)],
    ),
    (
        "branches",
        "git would have taken the address of a remote from it",
        &[("*", |_| false)],
    ),
    (
        "",
        "lazygit would have run the commands that it names",
        &[("lazygit.yml", |_| false), ("lazygit.yaml", |_| false)],
    ),
    (
        "glab-cli",
        "glab would have run the programs that it names",
        &[("*", |_| false)],
    ),
    ("svn", "git svn would have obeyed it", &[("*", |_| false)]),
    (
        "gitweb",
        "git instaweb would have run it or obeyed it",
        &[("*", |_| false)],
    ),
    ("objects/info", PACKS, &[("packs", packs::are_packs)]),
    (
        "objects/info/commit-graphs",
        PACKS,
        &[("commit-graph-chain", packs::are_digests)],
    ),
    (
        "objects/pack/multi-pack-index.d",
        PACKS,
        &[("multi-pack-index-chain", packs::are_digests)],
    ),
    ("reftable", PACKS, &[("tables.list", packs::are_names)]),
];

/// The directories with rules.
#[cfg(test)]
pub(crate) fn directories() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(dir, ..)| *dir)
}

/// The files at the top with rules.
#[cfg(test)]
pub(crate) fn files() -> impl Iterator<Item = &'static str> {
    let at_the_top = RULES.iter().filter(|(dir, ..)| dir.is_empty());
    at_the_top.flat_map(|(.., rules)| rules.iter().map(|(name, _)| *name))
}

/// Whether each entry of a directory is obeyed.
pub(crate) fn is_obeyed_as_a_whole(dir: &Path) -> bool {
    let mut known = RULES.iter().filter(|(at, ..)| Path::new(at) == dir);
    known.any(|(.., rules)| rules.iter().any(|(name, _)| *name == "*"))
}

/// The directories of files that are too large to be read each time, and the beginnings of their names. They are known by their times.
const LARGE: [(&str, &[&str]); 3] = [
    ("", &["index", "sharedindex."]),
    ("objects/pack", &["multi-pack-index"]),
    ("objects/pack/multi-pack-index.d", &["multi-pack-index-"]),
];

/// The files of a repository that are obeyed, by their paths from it.
pub(crate) fn obeyed(folder: &Folder) -> BTreeMap<PathBuf, Obeyed> {
    let mut found = BTreeMap::new();
    for (dir, what, rules) in RULES {
        let dir = Path::new(dir);
        let mut inner = match way(folder, dir) {
            Way::Open(inner) => inner,
            // A link is put aside as one.
            Way::Nothing | Way::Link(..) => continue,
            Way::Closed(at, _) => {
                let content = Content::Unread(None);
                found.insert(at, Obeyed { content, what });
                continue;
            }
        };
        for &(name, is_plain) in rules {
            let names = if name == "*" {
                names_in(&mut inner)
            } else {
                vec![name.into()]
            };
            for name in names {
                // Of many files, none is read.
                let cap = if rules.iter().any(|(name, _)| *name == "*") {
                    0
                } else {
                    LARGEST
                };
                if let Some(content) = inner.content(&name, cap)
                    && !content.bytes().is_some_and(is_plain)
                {
                    let content = content.noted();
                    found.insert(dir.join(name), Obeyed { content, what });
                }
            }
        }
    }
    found
}

/// The large files of a repository, with what they are known by.
pub(crate) fn large(folder: &Folder) -> BTreeMap<PathBuf, Content> {
    let mut found = BTreeMap::new();
    for (dir, beginnings) in LARGE {
        let dir = Path::new(dir);
        let Way::Open(mut inner) = way(folder, dir) else {
            continue;
        };
        for name in names_in(&mut inner) {
            let bytes = name.as_encoded_bytes();
            let is_one = beginnings.iter().any(|begin| {
                // What ends in a dot or a dash is a beginning.
                bytes == begin.as_bytes()
                    || (begin.ends_with(['.', '-']) && bytes.starts_with(begin.as_bytes()))
            });
            if is_one && let Some(content) = inner.content(&name, 0) {
                found.insert(dir.join(name), content);
            }
        }
    }
    found
}

/// The entries of a directory. What cannot be listed has none that git finds either.
fn names_in(folder: &mut Folder) -> Vec<OsString> {
    let mut names = Vec::new();
    let _listed = folder.entries(|name, _| names.push(name.to_owned()));
    names
}

/// Whether an entry was put aside.
pub(crate) fn is_aside(name: &OsStr) -> bool {
    let mut parts = name.as_encoded_bytes().windows(DISABLED.len());
    parts.any(|part| part == DISABLED.as_bytes())
}
