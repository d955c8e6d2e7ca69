//! Paths of the host, by their names alone.

/// A path without `.` steps, doubled slashes and slashes at the end. A step up takes the step before
/// it away: through a symbolic link it leads elsewhere, which only the host knows.
pub(crate) fn plain(path: &str) -> String {
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
    match (path.starts_with('/'), parts.join("/")) {
        (true, rest) => format!("/{rest}"),
        (false, rest) if rest.is_empty() => ".".to_owned(),
        (false, rest) => rest,
    }
}

/// Whether a plain path leads out of the directory that it begins at.
pub(crate) fn leads_out(path: &str) -> bool {
    path.split('/').next() == Some("..")
}

/// Whether `path` is `tree` or lies below it, on one host and by their names alone.
pub(crate) fn within(path: &str, tree: &str) -> bool {
    below(path, tree).is_some()
}

/// What of a path lies below a tree: empty where they are the same.
pub(crate) fn below(path: &str, tree: &str) -> Option<String> {
    let (path, tree) = (plain(path), plain(tree));
    let outside = path.split('/').any(|part| part == "..") && path != tree;
    let rest = match tree.as_str() {
        "/" => path.strip_prefix('/')?,
        "." if !path.starts_with('/') && !outside => {
            return Some(path.trim_start_matches('.').to_owned())
                .filter(|_| path == ".")
                .or(Some(path));
        }
        tree => path.strip_prefix(tree)?,
    };
    if tree != "/" && !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    Some(rest.trim_start_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::below;

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
