//! What of the user's own configuration of git a sandbox may have: who commits, and how git works with the tree.

use crate::config;
use purple_host::users;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// This user's own files of configuration, in the order in which git reads them (git-config(1), FILES).
pub fn user_files() -> impl Iterator<Item = PathBuf> {
    let files = [
        users::base_directory("XDG_CONFIG_HOME", ".config").map(|config| config.join("git/config")),
        users::home().map(|home| home.join(".gitconfig")),
    ];
    files.into_iter().flatten()
}

/// Keys that name no command and no file, and have no credentials (git-config(1)). Signing is left out: the keys for it stay
/// outside.
const KEYS: [(&str, &str); 37] = [
    ("author", "email"),
    ("author", "name"),
    ("branch", "autosetupmerge"),
    ("branch", "autosetuprebase"),
    ("branch", "sort"),
    ("commit", "cleanup"),
    ("commit", "verbose"),
    ("committer", "email"),
    ("committer", "name"),
    ("core", "abbrev"),
    ("core", "autocrlf"),
    ("core", "eol"),
    ("core", "precomposeunicode"),
    ("core", "quotepath"),
    ("core", "safecrlf"),
    ("core", "whitespace"),
    ("diff", "algorithm"),
    ("diff", "colormoved"),
    ("diff", "mnemonicprefix"),
    ("diff", "renames"),
    ("fetch", "prune"),
    ("i18n", "commitencoding"),
    ("init", "defaultbranch"),
    ("log", "date"),
    ("merge", "conflictstyle"),
    ("merge", "ff"),
    ("pull", "ff"),
    ("pull", "rebase"),
    ("push", "autosetupremote"),
    ("push", "default"),
    ("push", "followtags"),
    ("rebase", "autosquash"),
    ("rebase", "autostash"),
    ("rebase", "updaterefs"),
    ("rerere", "enabled"),
    ("user", "email"),
    ("user", "name"),
];

/// The longest value that is taken over, in bytes.
const LONGEST: usize = 1000;

/// The settings of these files that a sandbox may have, as a file of configuration. A later file counts; one that is no configuration is
/// left out, and files that one includes are not read. Empty where they have none.
pub fn settings(files: &[Vec<u8>]) -> String {
    let mut found = BTreeMap::new();
    for file in files {
        for entry in config::entries(file).unwrap_or_default() {
            let known = KEYS.iter().find(|(section, key)| {
                entry
                    .key
                    .strip_prefix(section)
                    .and_then(|rest| rest.strip_prefix('.'))
                    == Some(key)
            });
            let value = String::from_utf8(entry.value).ok();
            let value = value.filter(
                |value| // A key without `=` is true, and one with nothing behind it is not.
                !value.is_empty() && value.len() <= LONGEST && !value.contains(char::is_control),
            );
            if let (Some(known), Some(value)) = (known, value) {
                found.insert(known, value);
            }
        }
    }
    let mut text = String::new();
    let mut last = "";
    for ((section, key), value) in found {
        if *section != last {
            text.extend(["[", section, "]\n"]);
            last = section;
        }
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        text.extend(["\t", key, " = \"", &value, "\"\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::settings;

    #[test]
    fn what_runs_nothing_and_is_no_secret_is_taken_over() {
        let system = b"[user]\n\tname = Old\n\temail = me@example.org\n[pull]\n\trebase = true\n";
        let own = b"[User]\n\tName = \"A \\\"B\\\" \\\\ C\" # the name\n\tsigningkey = 1\n\
            [core]\n\teditor = vim\n\tautocrlf = input\n\thooksPath = /x\n\
            [url \"https://token@example.org/\"]\n\tinsteadOf = https://example.org/\n\
            [credential]\n\thelper = store\n[commit]\n\tgpgsign = true\n[push]\n\tfollowTags\n";
        assert_eq!(
            settings(&[system.to_vec(), own.to_vec()]),
            "[core]\n\tautocrlf = \"input\"\n[pull]\n\trebase = \"true\"\n\
             [user]\n\temail = \"me@example.org\"\n\tname = \"A \\\"B\\\" \\\\ C\"\n"
        );
    }

    #[test]
    fn what_is_no_configuration_is_left_out() {
        let broken = b"[user\nname = x".to_vec();
        let odd = b"[user]\n\tname = \"a\\nb\"\n\temail = \"\xff\"\n".to_vec();
        assert_eq!(settings(&[broken, odd]), "");
        assert_eq!(settings(&[]), "");
    }
}
