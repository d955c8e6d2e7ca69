//! The keys of git's configuration that name a command, or a place from which git takes commands
//! (git-config(1), and the pages of the commands that it names).

mod alias;

use crate::base::Base;

/// Whose value is a command, or a directory or file that has such. An `*` stands for any subsection.
const COMMANDS: [(&str, &str, &str); 57] = [
    ("browser", "*", "cmd"),
    ("browser", "*", "path"),
    ("core", "", "alternaterefscommand"),
    ("core", "", "askpass"),
    ("core", "", "editor"),
    ("core", "", "gitproxy"),
    ("core", "", "hookspath"),
    ("core", "", "pager"),
    ("core", "", "sshcommand"),
    ("credential", "", "helper"),
    ("credential", "*", "helper"),
    ("diff", "", "external"),
    ("diff", "*", "command"),
    ("diff", "*", "textconv"),
    ("filter", "*", "clean"),
    ("filter", "*", "process"),
    ("filter", "*", "smudge"),
    ("gc", "", "recentobjectshook"),
    ("gitflow", "path", "hooks"),
    ("gpg", "", "program"),
    ("gpg", "*", "defaultkeycommand"),
    ("gpg", "*", "program"),
    ("guitool", "*", "cmd"),
    ("hook", "*", "command"),
    ("http", "", "cookiefile"),
    ("http", "", "savecookies"),
    ("http", "*", "cookiefile"),
    ("http", "*", "savecookies"),
    ("imap", "", "tunnel"),
    ("include", "", "path"),
    ("includeif", "*", "path"),
    ("init", "", "templatedir"),
    ("instaweb", "", "browser"),
    ("instaweb", "", "httpd"),
    ("interactive", "", "difffilter"),
    ("lfs", "*", "clean"),
    ("lfs", "*", "path"),
    ("lfs", "*", "smudge"),
    ("man", "*", "cmd"),
    ("man", "*", "path"),
    ("merge", "*", "driver"),
    ("protocol", "", "allow"),
    ("protocol", "*", "allow"),
    ("remote", "*", "receivepack"),
    ("remote", "*", "uploadpack"),
    ("remote", "*", "vcs"),
    ("sendemail", "*", "cccmd"),
    ("sendemail", "*", "headercmd"),
    ("sendemail", "*", "sendmailcmd"),
    ("sendemail", "*", "smtpserver"),
    ("sendemail", "*", "tocmd"),
    ("sequence", "", "editor"),
    ("tar", "*", "command"),
    ("trailer", "*", "cmd"),
    ("trailer", "*", "command"),
    ("uploadpack", "", "packobjectshook"),
    ("web", "", "browser"),
];

/// Put before the name of a key that is out of action: git knows none that begins so.
pub(crate) const DISABLED: &[u8] = b"purple-disabled-";

/// The ends of names of keys that are commands in every section.
const ENDINGS: [&[u8]; 6] = [b"cmd", b"command", b"helper", b"hook", b"program", b"prog"];

/// Tools beside git of which any key may be a command.
const TOOLS: [&[u8]; 2] = [b"delta", b"tig"];

/// What git-annex writes of a remote by itself; its other keys of remotes are commands or their options.
const PLAIN_ANNEX: [&[u8]; 6] = [
    b"annex-config-uuid",
    b"annex-cost",
    b"annex-ignore",
    b"annex-readonly",
    b"annex-sync",
    b"annex-uuid",
];

/// Whether a key with this value runs a command. Section and key in lower case.
pub(crate) fn runs_commands(
    (section, sub, key): (&[u8], Option<&[u8]>, &[u8]),
    value: &[u8],
    base: &Base,
) -> bool {
    match (section, key) {
        // What is out of action stays so: nobody has such a name.
        _ if key.starts_with(DISABLED) => false,
        // A truth value is git's own daemon or pager.
        (b"core", b"fsmonitor") | (b"pager", _) => !is_truth(value),
        (b"alias", _) => !alias::is_harmless(value),
        (b"submodule", b"update") => value.trim_ascii_start().starts_with(b"!"),
        // A working tree that is not the repository's own: the next checkout writes there.
        (b"core", b"worktree") => !base.is_own_tree(value),
        // The name of a tool is a path to one, and a layout is evaluated by a shell.
        (b"diff" | b"merge", b"tool" | b"guitool") => !is_plain_name(value),
        (b"difftool" | b"mergetool", _) if sub.is_some() => !is_truth(value),
        // A line of it is a line of the list of a rebase.
        (b"rebase", b"instructionformat") => {
            value.contains(&b'\n') || value.windows(2).any(|two| two == b"%n" || two == b"%x")
        }
        (b"remote", _) if key.starts_with(b"annex-") => !PLAIN_ANNEX.contains(&key),
        (b"annex", _) if key.ends_with(b"-options") => true,
        (b"sendemail", _) if sub.is_none() => listed(section, Some(b""), key),
        // Tools beside git name theirs so.
        _ if ENDINGS.iter().any(|ending| key.ends_with(ending)) => !is_truth(value),
        _ => TOOLS.contains(&section) || listed(section, sub, key),
    }
}

fn listed(section: &[u8], sub: Option<&[u8]>, key: &[u8]) -> bool {
    COMMANDS.iter().any(|(known, of, name)| {
        known.as_bytes() == section
            && name.as_bytes() == key
            && match *of {
                "*" => sub.is_some(),
                "" => sub.is_none(),
                named => sub.is_some_and(|sub| sub.eq_ignore_ascii_case(named.as_bytes())),
            }
    })
}

/// Whether it is a name without a path.
fn is_plain_name(value: &[u8]) -> bool {
    value
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn is_truth(value: &[u8]) -> bool {
    let truths = ["true", "false", "yes", "no", "on", "off", "1", "0", ""];
    truths
        .iter()
        .any(|truth| value.eq_ignore_ascii_case(truth.as_bytes()))
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::runs_commands;
    use crate::base::Base;
    use std::path::Path;

    #[test]
    fn keys_are_known_by_section_and_value() {
        let runs = |key: &str, value: &str| {
            let (section, rest) = key.split_once('.').expect("a section");
            let (sub, name) = match rest.rsplit_once('.') {
                Some((sub, name)) => (Some(sub.as_bytes()), name),
                None => (None, rest),
            };
            let key = (section.as_bytes(), sub, name.as_bytes());
            let base = Base::new(Path::new("/nowhere"), Path::new("a/b/c"));
            runs_commands(key, value.as_bytes(), &base)
        };
        for (key, value) in [
            ("core.fsmonitor", "/tmp/x"),
            ("core.hookspath", ".husky/_"),
            ("filter.x.clean", "y"),
            ("alias.st", "!id"),
            ("alias.st", "rebase --exec id"),
            ("alias.g", "grep --open-f=id x"),
            ("alias.l", "log --output=.git/hooks/pre-commit"),
            ("alias.c", "config --global core.pager id"),
            ("alias.x", "bisect run id"),
            ("alias.two.command", "!id"),
            ("includeif.gitdir:~/x.path", "y"),
            ("pager.log", "sh"),
            ("credential.https://x.y.helper", "z"),
            ("submodule.x.update", "!id"),
            ("gpg.ssh.program", "x"),
            ("sendemail.smtpserver", "/bin/x"),
            ("annex.http-headers-command", "x"),
            ("http.savecookies", "true"),
            ("http.https://x.y.cookiefile", ".git/hooks/pre-commit"),
            ("tig.bind.generic", "x !id"),
            ("delta.pager", "id"),
            ("gitflow.path.hooks", "evil"),
            ("remote.x.annex-ssh-options", "-oProxyCommand=id"),
            ("core.worktree", "/home/me"),
            ("core.worktree", "../../../sub"),
            ("merge.tool", "../../evil"),
            ("diff.guitool", "/tmp/evil"),
            ("mergetool.vimdiff.layout", "LOCAL,`id`"),
            ("difftool.x.path", "y"),
            ("rebase.instructionformat", "%s%nexec id"),
            ("rebase.instructionformat", "%s%x0aexec id"),
            ("core.worktree", "../../../../me"),
        ] {
            assert!(runs(key, value), "{key}={value}");
        }
        for (key, value) in [
            ("core.fsmonitor", "true"),
            ("core.bare", "false"),
            ("alias.st", "status"),
            ("alias.l", "log --graph --oneline -n 5 HEAD"),
            ("remote.x.annex-uuid", "1-2"),
            ("credential.purple-disabled-helper", "store"),
            ("gpg.purple-disabled-program", "x"),
            ("trailer.x.purple-disabled-command", "x"),
            ("sendemail.purple-disabled-tocmd", "x"),
            ("uploadpack.purple-disabled-packobjectshook", "x"),
            ("pager.log", "false"),
            ("remote.origin.url", "https://x"),
            ("submodule.x.update", "rebase"),
            ("user.name", "!x"),
            ("merge.tool", "vimdiff"),
            ("mergetool.keepbackup", "false"),
            ("mergetool.vimdiff.trustexitcode", "true"),
            ("rebase.instructionformat", "%s (%an)"),
            ("filter.clean", "x"),
        ] {
            assert!(!runs(key, value), "{key}={value}");
        }
    }
}
