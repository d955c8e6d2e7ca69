//! Which files a command line names: files as they are, and the policies below a directory.
//!
//! A file that is named is taken for a policy, whatever is in it. Below a directory a file counts
//! that ends in `.yaml` or `.yml` and looks like a policy: it names the policy's schema, or two of a
//! policy's keys stand at the beginning of a line, one of them a section's. Hidden files and
//! directories are passed over, and links to directories are not followed.

use purple_files::explain;
use purplec::diagnostics::render::Failure;
use std::fs;
use std::path::{Path, PathBuf};

/// How deep directories are looked into.
const MAX_DEPTH: usize = 64;

/// As much of a file as is looked at to see whether it is a policy.
const HEAD: usize = 64 << 10;

/// The keys that say little: other formats have them too.
const COMMON: [&str; 3] = ["name", "description", "version"];

/// What a command line names.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Files, and what cannot be one, in order.
    pub(super) all: Vec<Result<PathBuf, Failure>>,
    /// YAML files below directories that are something else.
    pub(super) others: usize,
}

/// Replaces directories by the policies below them, sorted by name.
pub(super) fn expand(named: &[PathBuf]) -> Files {
    let mut files = Files::default();
    let mut keys = None;
    for path in named {
        if path.as_os_str() != "-" && path.is_dir() {
            let keys = keys.get_or_insert_with(policy_keys);
            let before = files.all.len();
            files.below(path, keys, MAX_DEPTH);
            if files.all.len() == before {
                files.refuse(path, "there is no policy below this directory".to_owned());
            }
        } else {
            files.all.push(Ok(path.clone()));
        }
    }
    files
}

impl Files {
    fn below(&mut self, directory: &Path, keys: &[String], depth: usize) {
        if depth == 0 {
            self.refuse(
                directory,
                format!("directories nest deeper than {MAX_DEPTH}"),
            );
            return;
        }
        let mut names = Vec::new();
        match fs::read_dir(directory) {
            Ok(entries) => {
                for entry in entries {
                    match entry {
                        Ok(entry) => names.push(entry.file_name()),
                        Err(error) => self.refuse(directory, explain(&error)),
                    }
                }
            }
            Err(error) => self.refuse(directory, explain(&error)),
        }
        names.sort();
        for name in names {
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = directory.join(&name);
            match fs::symlink_metadata(&path) {
                Ok(found) if found.is_dir() => self.below(&path, keys, depth - 1),
                Ok(_) if is_yaml(&path) && path.is_file() => match looks_like_policy(&path, keys) {
                    Ok(true) => self.all.push(Ok(path)),
                    Ok(false) => self.others += 1,
                    Err(message) => self.refuse(&path, message),
                },
                Ok(_) => {}
                Err(error) => self.refuse(&path, explain(&error)),
            }
        }
    }

    fn refuse(&mut self, path: &Path, message: String) {
        self.all.push(Err(Failure {
            file: path.to_string_lossy().into_owned(),
            message,
        }));
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// A policy's keys, from its schema.
fn policy_keys() -> Vec<String> {
    let schema = purple_policy::json_schema();
    let properties = schema.get("properties").and_then(|keys| keys.as_object());
    properties
        .map(|keys| keys.keys().cloned().collect())
        .unwrap_or_default()
}

fn looks_like_policy(path: &Path, keys: &[String]) -> Result<bool, String> {
    let bytes = purple_files::read(path, HEAD)?;
    Ok(is_policy(&String::from_utf8_lossy(&bytes), keys))
}

/// Looks at lines and not at YAML, so that a policy with a syntax error is one too.
fn is_policy(text: &str, keys: &[String]) -> bool {
    let (mut known, mut section) = (0, false);
    for line in text.lines() {
        let line = line.trim_start_matches('\u{feff}');
        if line.starts_with('#') && line.contains("$schema=") && line.contains("policy.schema.json")
        {
            return true;
        }
        let Some((key, _)) = line.split_once(':') else {
            continue;
        };
        let key = key.trim_end().trim_matches(['"', '\'']);
        if keys.iter().any(|known| known == key) {
            known += 1;
            section |= !COMMON.contains(&key);
        }
    }
    section && known > 1
}

#[cfg(test)]
mod tests {
    use super::{is_policy, policy_keys};

    #[test]
    fn knows_a_policy_from_other_yaml() {
        let keys = policy_keys();
        for policy in [
            "name: a\nnetwork:\n  isolated: true\n",
            "syscalls: {}\nnetwork: [\n",
            "\u{feff}name: a\r\nfilesystem:\r\n\tx: 1\r\n",
            "# yaml-language-server: $schema=../schema/policy/policy.schema.json\nname: a\n",
        ] {
            assert!(is_policy(policy, &keys), "{policy}");
        }
        for other in [
            "name: build\non: push\njobs:\n  a:\n    network: x\n",
            "name: app\nservices: {}\nnetworks: {}\nvolumes: {}\n",
            "name: only\ndescription: of something\nversion: 1\n",
            "- network: a\n",
            "",
        ] {
            assert!(!is_policy(other, &keys), "{other}");
        }
    }
}
