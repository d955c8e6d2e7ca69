//! What `git fetch` and `git push` may be told to talk to.

use super::context::Context;
use crate::base::Base;

/// The protocols that git speaks itself (git-fetch(1), GIT URLS). Another one is a program `git-remote-NAME`.
const SCHEMES: [&[u8]; 4] = [b"https", b"http", b"ssh", b"git"];

/// Whether a remote is this repository, the name of one that the configuration has, or an address. git takes another name for a path.
pub(super) fn is_remote(value: &[u8], context: Context<'_>) -> bool {
    let is_known = || std::str::from_utf8(value).is_ok_and(|name| context.remotes.contains(name));
    value == b"." || is_known() || is_harmless(value, context.base)
}

/// Whether an address is one of another host, or of a repository that lies in what the program can write to.
pub(super) fn is_harmless(value: &[u8], base: &Base) -> bool {
    let has = |part: &[u8]| value.windows(part.len()).any(|two| two == part);
    // `NAME::ADDRESS` is a program `git-remote-NAME`.
    if has(b"::") || value.starts_with(b"-") || value.iter().any(u8::is_ascii_control) {
        return false;
    }
    if has(b"://") {
        let scheme = value.split(|&byte| byte == b':').next().unwrap_or_default();
        return match value.strip_prefix(b"file://") {
            // git decodes `%2e` there.
            Some(path) => !path.contains(&b'%') && base.is_repository_inside(path),
            None => SCHEMES.contains(&scheme),
        };
    }
    // A colon before any slash follows the name of a host (git-fetch(1)).
    match value.iter().find(|byte| b":/".contains(byte)) {
        Some(b':') => true,
        _ => base.is_repository_inside(value),
    }
}
