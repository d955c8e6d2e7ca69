//! The keys of git's configuration that name a command, or a place from which git takes commands
//! (git-config(1), and the pages of the commands that it names).

mod alias;

use crate::base::Base;

/// The sections of git's own configuration, with the keys that run no command. Its head says how to read it.
const PLAIN: &str = include_str!("keys/plain.txt");

/// Keys of tools beside git that are commands, or places of such, and that no ending shows.
const OF_TOOLS: [(&str, &str, &str); 4] = [
    ("gitflow", "path", "hooks"),
    ("lfs", "*", "clean"),
    ("lfs", "*", "path"),
    ("lfs", "*", "smudge"),
];

/// Put before the name of a key that is out of action: git knows none that begins so.
pub(crate) const DISABLED: &[u8] = b"purple-disabled-";

/// The ends of names of keys that are commands in every section.
const ENDINGS: [&[u8]; 6] = [b"cmd", b"command", b"helper", b"hook", b"program", b"prog"];

/// Tools beside git of which any key may be a command.
const TOOLS: [&[u8]; 2] = [b"delta", b"tig"];

/// The strategies of merging that are git's own (git-merge(1)). Another one is a program `git-merge-NAME`, and a name with a
/// slash is one in the working tree.
const STRATEGIES: [&[u8]; 6] = [
    b"octopus",
    b"ort",
    b"ours",
    b"recursive",
    b"resolve",
    b"subtree",
];

/// Options of git-merge(1) that name nothing.
const MERGE_OPTIONS: [&str; 14] = [
    "--autostash",
    "--commit",
    "--edit",
    "--ff",
    "--ff-only",
    "--log",
    "--no-commit",
    "--no-edit",
    "--no-ff",
    "--no-log",
    "--no-stat",
    "--signoff",
    "--squash",
    "--stat",
];

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
        // The name of a tool is a path to one.
        (b"diff" | b"merge", b"tool" | b"guitool") | (b"help", b"browser") => !is_plain_name(value),
        // A strategy that is not git's own is a program `git-merge-NAME`.
        (b"pull", b"octopus" | b"twohead") => !words(value).all(is_known_strategy),
        (b"branch", b"mergeoptions") if sub.is_some() => !is_plain_merge(value),
        // A line of it is a line of the list of a rebase.
        (b"rebase", b"instructionformat") => {
            value.contains(&b'\n') || value.windows(2).any(|two| two == b"%n" || two == b"%x")
        }
        (b"remote", _) if key.starts_with(b"annex-") => !PLAIN_ANNEX.contains(&key),
        (b"annex", _) if key.ends_with(b"-options") => true,
        // Tools beside git name theirs so.
        _ if ENDINGS.iter().any(|ending| key.ends_with(ending)) => !is_truth(value),
        _ => match plain_of(section) {
            Some(plain) => !plain.iter().any(|known| known.is(sub, key)),
            None => TOOLS.contains(&section) || is_of_a_tool(section, sub, key),
        },
    }
}

/// A key in a section of git's own.
#[derive(Debug, Clone, Copy)]
struct Plain<'t> {
    sub: Option<&'t str>,
    /// `*`: any.
    key: &'t str,
}

impl Plain<'_> {
    fn is(self, sub: Option<&[u8]>, key: &[u8]) -> bool {
        let of = match (self.sub, sub) {
            (None, None) | (Some("*"), Some(_)) => true,
            (Some(known), Some(sub)) => sub.eq_ignore_ascii_case(known.as_bytes()),
            _ => false,
        };
        of && (self.key == "*" || self.key.as_bytes() == key)
    }
}

/// The plain keys of a section of git's own; `None` where git has none of that name.
fn plain_of(section: &[u8]) -> Option<Vec<Plain<'static>>> {
    let mut lines = PLAIN.lines().skip_while(|line| {
        line.split_once(':')
            .is_none_or(|(name, _)| name.as_bytes() != section)
    });
    let (_, first) = lines.next()?.split_once(':')?;
    let words = lines
        .take_while(|line| line.starts_with(' '))
        .chain([first])
        .flat_map(str::split_ascii_whitespace);
    let plain = words.map(|word| match word.rsplit_once('.') {
        Some((sub, key)) => Plain {
            sub: Some(sub),
            key,
        },
        None => Plain {
            sub: None,
            key: word,
        },
    });
    Some(plain.collect())
}

fn is_of_a_tool(section: &[u8], sub: Option<&[u8]>, key: &[u8]) -> bool {
    OF_TOOLS.iter().any(|(known, of, name)| {
        known.as_bytes() == section
            && name.as_bytes() == key
            && sub.is_some_and(|sub| *of == "*" || sub.eq_ignore_ascii_case(of.as_bytes()))
    })
}

/// Whether the options of a merge name no strategy and no file.
fn is_plain_merge(value: &[u8]) -> bool {
    words(value).all(|word| MERGE_OPTIONS.iter().any(|known| known.as_bytes() == word))
}

/// Whether a strategy of merging is git's own.
pub(crate) fn is_known_strategy(name: &[u8]) -> bool {
    STRATEGIES.contains(&name.trim_ascii())
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = text.split(u8::is_ascii_whitespace);
    words.filter(|word| !word.is_empty())
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
    use std::process::Command;

    /// The minor version of git 2 whose keys were read.
    const REVIEWED: u32 = 47;

    /// Its keys that can run something, in its order.
    const COMMANDS: [&str; 79] = [
        "advice.ignoredHook",
        "alias.x",
        "branch.x.mergeOptions",
        "browser.x.cmd",
        "browser.x.path",
        "core.alternateRefsCommand",
        "core.askPass",
        "core.editor",
        "core.fsmonitor",
        "core.gitProxy",
        "core.hooksPath",
        "core.pager",
        "core.sshCommand",
        "core.worktree",
        "credential.x.x",
        "credential.helper",
        "diff.x.command",
        "diff.x.textconv",
        "diff.external",
        "diff.guitool",
        "diff.tool",
        "difftool.x.cmd",
        "difftool.x.path",
        "filter.x.clean",
        "filter.x.smudge",
        "format.outputDirectory",
        "gc.recentObjectsHook",
        "gc.repackFilterTo",
        "gitcvs.allBinary",
        "gitcvs.commitMsgAnnotation",
        "gitcvs.dbDriver",
        "gitcvs.dbName",
        "gitcvs.dbPass",
        "gitcvs.dbTableNamePrefix",
        "gitcvs.dbUser",
        "gitcvs.enabled",
        "gitcvs.logFile",
        "gitcvs.usecrlfattr",
        "gpg.x.program",
        "gpg.program",
        "gpg.ssh.defaultKeyCommand",
        "guitool.x.cmd",
        "help.browser",
        "http.x.x",
        "http.cookieFile",
        "http.saveCookies",
        "imap.tunnel",
        "include.path",
        "includeIf.x.path",
        "instaweb.browser",
        "instaweb.httpd",
        "instaweb.modulePath",
        "instaweb.port",
        "interactive.diffFilter",
        "man.x.cmd",
        "man.x.path",
        "merge.x.driver",
        "merge.guitool",
        "merge.tool",
        "mergetool.x.cmd",
        "mergetool.x.path",
        "mergetool.x.layout",
        "pager.x",
        "protocol.x.allow",
        "protocol.allow",
        "pull.octopus",
        "pull.twohead",
        "remote.x.receivepack",
        "remote.x.uploadpack",
        "remote.x.vcs",
        "sendemail.x.x",
        "sendemail.ccCmd",
        "sendemail.headerCmd",
        "sendemail.smtpServer",
        "sendemail.smtpServerOption",
        "sendemail.toCmd",
        "sequence.editor",
        "uploadpack.packObjectsHook",
        "web.browser",
    ];

    /// What the installed git says of its keys is what was read of git 2.47: those that run something, and no more. A later
    /// git has others; they count as commands until somebody has read what they do.
    #[test]
    fn each_key_of_the_installed_git_is_reviewed() {
        let of_git = |args: &[&str]| {
            let output = Command::new("git").args(args).output();
            String::from_utf8(output.expect("git").stdout).expect("text")
        };
        let keys = of_git(&["help", "--config"]);
        let mut found = Vec::new();
        for line in keys.lines().filter(|line| !line.contains('\'')) {
            let full = plain_name(line);
            if !full.is_empty() && runs(&full, "/x y") {
                found.push(full);
            }
        }
        let new = |found: &&String| !COMMANDS.contains(&found.as_str());
        let new: Vec<_> = found.iter().filter(new).collect();
        let version = of_git(&["version"]);
        let minor = version
            .split('.')
            .nth(1)
            .and_then(|minor| minor.parse().ok());
        if !new.is_empty() && minor > Some(REVIEWED) {
            println!("SKIP git-keys: not reviewed of {}: {new:?}", version.trim());
            return;
        }
        assert!(new.is_empty(), "{new:?}");
        assert!(minor != Some(REVIEWED) || found == COMMANDS, "{found:?}");
    }

    /// `x` for what git's list has in brackets.
    fn plain_name(line: &str) -> String {
        let mut name = String::new();
        let mut rest = line.trim();
        while let Some((before, (_, after))) = rest
            .split_once('<')
            .and_then(|(before, after)| Some((before, after.split_once('>')?)))
        {
            name.extend([before, "x"]);
            rest = after;
        }
        name + &rest.replace('*', "x")
    }

    fn runs(full: &str, value: &str) -> bool {
        let (section, rest) = full.split_once('.').expect("a section");
        let (sub, name) = match rest.rsplit_once('.') {
            Some((sub, name)) => (Some(sub.as_bytes()), name),
            None => (None, rest),
        };
        let lower = [section, name].map(str::to_ascii_lowercase);
        let [section, name] = lower.each_ref().map(String::as_bytes);
        let base = Base::new(Path::new("/nowhere"), Path::new("a/b/c"));
        runs_commands((section, sub, name), value.as_bytes(), &base)
    }

    #[test]
    fn keys_are_known_by_section_and_value() {
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
            ("pull.twohead", "x/y"),
            ("pull.octopus", "ours ../x"),
            ("branch.main.mergeoptions", "--strategy=x/y"),
            ("branch.main.mergeoptions", "-s x/y"),
            ("help.browser", "../evil"),
            ("instaweb.modulepath", "x"),
            ("instaweb.port", "1\ninclude_shell \"id\""),
            ("format.outputdirectory", "/home/me/.config/autostart"),
            ("gc.repackfilterto", "/home/me/x"),
            ("sendemail.smtpserveroption", "-X/home/me/.bashrc"),
            ("sendemail.work.smtpserver", "/bin/x"),
            ("core.added-by-a-later-git", "x"),
            ("merge.x.added-by-a-later-git", "x"),
            ("rebase.instructionformat", "%s%nexec id"),
            ("rebase.instructionformat", "%s%x0aexec id"),
            ("core.worktree", "../../../../me"),
        ] {
            assert!(runs(key, value), "{key}={value}");
        }
        for (key, value) in [
            ("core.fsmonitor", "true"),
            ("core.bare", "false"),
            ("pull.twohead", "ort"),
            ("branch.main.mergeoptions", "--no-ff  --no-edit"),
            ("branch.main.vscode-merge-base", "origin/main"),
            ("branch.main.remote", "origin"),
            ("remote.origin.gh-resolved", "base"),
            ("gpg.ssh.allowedsignersfile", "~/.ssh/allowed"),
            ("http.https://x.y.extraheader", "x"),
            ("gui.geometry", "898x435+26+26 185 185"),
            ("advice.ignoredhook", "false"),
            ("someteam.reviewers", "a,b"),
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
        ] {
            assert!(!runs(key, value), "{key}={value}");
        }
    }
}
