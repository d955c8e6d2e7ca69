//! Paths of the host, by their names alone.

use std::borrow::Cow;

/// A path without `.` steps, doubled slashes and slashes at the end. A step up takes the step before
/// it away: through a symbolic link it leads elsewhere, which only the host knows.
pub(crate) fn plain(path: &str) -> String {
    as_plain(path).into_owned()
}

/// The same, without a copy where the path is plain already: most are, and lints compare many.
fn as_plain(path: &str) -> Cow<'_, str> {
    let names = path.strip_prefix('/').unwrap_or(path);
    let is_plain = matches!(path, "/" | ".")
        || names
            .split('/')
            .all(|name| !matches!(name, "" | "." | ".."));
    if is_plain {
        return Cow::Borrowed(path);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match (part, parts.last()) {
            ("..", Some(&before)) if before != ".." => {
                parts.pop();
            }
            // There is nothing above the root.
            ("..", None) if path.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    Cow::Owned(match (path.starts_with('/'), parts.join("/")) {
        (true, rest) => format!("/{rest}"),
        (false, rest) if rest.is_empty() => ".".to_owned(),
        (false, rest) => rest,
    })
}

/// Whether a plain path leads out of the directory that it begins at.
pub(crate) fn leads_out(path: &str) -> bool {
    path.split('/').next() == Some("..")
}

/// Whether `path` is `tree` or lies below it, on one host and by their names alone.
pub(crate) fn within(path: &str, tree: &str) -> bool {
    rest(&as_plain(path), &as_plain(tree)).is_some()
}

/// What of a path lies below a tree: empty where they are the same.
pub(crate) fn below(path: &str, tree: &str) -> Option<String> {
    rest(&as_plain(path), &as_plain(tree)).map(str::to_owned)
}

/// What of a plain path lies below a plain tree.
fn rest<'p>(path: &'p str, tree: &str) -> Option<&'p str> {
    match tree {
        "/" => path.strip_prefix('/'),
        "." if path == "." => Some(""),
        "." => Some(path).filter(|path| !path.starts_with('/') && !leads_out(path)),
        tree => {
            let rest = path.strip_prefix(tree)?;
            if rest.is_empty() {
                return Some(rest);
            }
            rest.strip_prefix('/')
        }
    }
}

/// A plain path and all that it lies in, the nearest first.
pub(crate) fn upwards(path: &str) -> impl Iterator<Item = &str> {
    let top = match path {
        "/" | "." | ".." => None,
        _ if path.starts_with('/') => Some("/"),
        _ if leads_out(path) => None,
        _ => Some("."),
    };
    let parents = path.rmatch_indices('/').filter(|(at, _)| *at > 0);
    let parents = parents.filter_map(|(at, _)| path.get(..at));
    std::iter::once(path).chain(parents).chain(top)
}

#[cfg(test)]
mod tests {
    use super::{below, plain, upwards, within};

    #[test]
    fn a_path_lies_in_all_that_is_above_it() {
        for (path, expected) in [
            ("/a/b", &["/a/b", "/a", "/"][..]),
            ("/", &["/"]),
            ("a/b", &["a/b", "a", "."]),
            (".", &["."]),
            ("../a", &["../a", ".."]),
            ("../../a", &["../../a", "../..", ".."]),
        ] {
            assert_eq!(upwards(path).collect::<Vec<_>>(), expected);
            assert!(upwards(path).all(|tree| within(path, tree)), "{path}");
        }
        assert_eq!(plain("a//b/./c/.."), "a/b");
        assert_eq!(plain(""), ".");
    }

    #[test]
    fn what_lies_below_is_recognised_by_names() {
        assert_eq!(below("/usr/bin", "/usr"), Some("bin".to_owned()));
        assert_eq!(below("./src/", "."), Some("src".to_owned()));
        assert_eq!(below("./", "."), Some(String::new()));
        assert_eq!(below("/a", "/"), Some("a".to_owned()));
        assert_eq!(below("/usrs", "/usr"), None);
        assert_eq!(below("../other", "."), None);
        assert_eq!(below("/a", "."), None);
    }
}
