//! Which keys run commands, and whether all keys of the installed git were read.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use super::runs_commands;
use crate::base::Base;
use std::path::Path;
use std::process::Command;

/// The minor version of git 2 whose keys were read.
const REVIEWED: u32 = 47;

/// Its keys that can run something, in its order.
const COMMANDS: [&str; 135] = [
    "advice.ignoredHook",
    "alias.x",
    "branch.x.mergeOptions",
    "browser.x.cmd",
    "browser.x.path",
    "bundle.x",
    "bundle.x.x",
    "bundle.x.uri",
    "bundle.heuristic",
    "bundle.mode",
    "bundle.version",
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
    "fetch.bundleCreationToken",
    "fetch.bundleURI",
    "filter.x.clean",
    "filter.x.smudge",
    "format.outputDirectory",
    "format.suffix",
    "fsmonitor.socketDir",
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
    "gui.spellingDictionary",
    "guitool.x.cmd",
    "help.browser",
    "http.x.x",
    "http.cookieFile",
    "http.curloptResolve",
    "http.delegation",
    "http.emptyAuth",
    "http.extraHeader",
    "http.followRedirects",
    "http.pinnedPubkey",
    "http.proactiveAuth",
    "http.proxy",
    "http.proxyAuthMethod",
    "http.proxySSLCAInfo",
    "http.proxySSLCert",
    "http.proxySSLCertPasswordProtected",
    "http.proxySSLKey",
    "http.saveCookies",
    "http.schannelCheckRevoke",
    "http.schannelUseSSLCAInfo",
    "http.sslBackend",
    "http.sslCAInfo",
    "http.sslCAPath",
    "http.sslCert",
    "http.sslCertPasswordProtected",
    "http.sslCipherList",
    "http.sslKey",
    "http.sslTry",
    "http.sslVerify",
    "http.sslVersion",
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
    "promisor.quiet",
    "protocol.x.allow",
    "protocol.allow",
    "pull.octopus",
    "pull.twohead",
    "rebase.instructionFormat",
    "remote.x.partialclonefilter",
    "remote.x.promisor",
    "remote.x.proxy",
    "remote.x.proxyAuthMethod",
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
    "trace2.configParams",
    "trace2.destinationDebug",
    "trace2.envVars",
    "trace2.eventBrief",
    "trace2.eventNesting",
    "trace2.eventTarget",
    "trace2.maxFiles",
    "trace2.normalBrief",
    "trace2.normalTarget",
    "trace2.perfBrief",
    "trace2.perfTarget",
    "transfer.bundleURI",
    "uploadpack.packObjectsHook",
    "url.x.insteadOf",
    "url.x.pushInsteadOf",
    "web.browser",
];

/// What the installed git says of its keys is what was read of git 2.47: those that run something, and no more. A later
/// git has others; they count as commands until they are reviewed.
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
        ("rebase.instructionformat", "%B"),
        ("rebase.instructionformat", "%+s"),
        ("rebase.instructionformat", "%ad"),
        ("log.date", "format:%nexec id"),
        ("rebase.instructionformat", "mine"),
        ("rebase.instructionformat", "%w(1)%s"),
        ("rebase.instructionformat", "%C(red)%s"),
        ("format.suffix", "/../../keys"),
        ("remote.o.promisor", "true"),
        ("extensions.partialclone", "o"),
        ("http.proxy", "http://127.0.0.1:1"),
        ("http.https://x.y.sslverify", "false"),
        ("url.https://a.insteadof", "https://b"),
        ("bundle.x.uri", "https://a"),
        ("fetch.bundleuri", "https://a"),
        ("gui.editor", "id"),
        ("gui.diffopts", "--output=x"),
        ("trace2.eventtarget", "/x"),
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
        ("http.https://x.y.postbuffer", "1"),
        ("format.suffix", ".txt"),
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
