//! The home directories of people, which nobody shares by chance.

use crate::Problem;
use crate::route::Route;
use nix::unistd::{Uid, User};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The most bytes of the user database that are read.
const MOST: u64 = 16 << 20;

/// The home directories there are: of root and of people in `/etc/passwd`, of the caller, and of
/// the one who became root by sudo.
pub fn all() -> Result<Vec<Route>, Problem> {
    let mut text = Vec::new();
    match File::open("/etc/passwd") {
        Ok(file) => {
            file.take(MOST)
                .read_to_end(&mut text)
                .map_err(|error| Problem::new(format!("/etc/passwd: {error}")))?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(Problem::new(format!("/etc/passwd: {error}"))),
    }
    let sudo = std::env::var("SUDO_UID")
        .ok()
        .and_then(|uid| uid.parse().ok())
        .map(Uid::from_raw);
    // These may stand in a database other than the file.
    let callers = [Some(nix::unistd::getuid()), sudo].into_iter().flatten();
    let looked_up = callers.filter_map(|uid| Some(User::from_uid(uid).ok()??.dir));
    let named = std::env::var_os("HOME").map(PathBuf::from);
    let homes = listed(&text).into_iter().chain(looked_up).chain(named);
    // A home that does not exist hides nothing.
    Ok(homes
        .filter(|path| counts(path) && path.is_dir())
        .filter_map(|at| Route::of(&at))
        .collect())
}

/// The home directories of root and of people: the uids that Debian gives them (its policy, 9.2.2).
fn listed(passwd: &[u8]) -> Vec<PathBuf> {
    passwd
        .split(|byte| *byte == b'\n')
        .filter_map(home)
        .collect()
}

fn home(line: &[u8]) -> Option<PathBuf> {
    let mut fields = line.split(|byte| *byte == b':');
    let uid: u32 = std::str::from_utf8(fields.nth(2)?).ok()?.parse().ok()?;
    let path = Path::new(std::ffi::OsStr::from_bytes(fields.nth(2)?));
    ((uid == 0 || (1000..=60000).contains(&uid)) && counts(path)).then(|| path.to_owned())
}

/// Whether this is the home of somebody. The root is not, and is guarded as what it is.
fn counts(path: &Path) -> bool {
    path.is_absolute() && path != Path::new("/") && path != Path::new("/nonexistent")
}

#[cfg(test)]
mod tests {
    use super::listed;
    use std::path::Path;

    #[test]
    fn root_and_people_have_homes_and_services_have_not() {
        let text = b"root:x:0:0:root:/root:/bin/bash\n\
            daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n\
            ann:x:1000:1000:Ann,,,:/home/ann:/bin/bash\n\
            bob:x:60000:1000::/srv/b\xffob:\n\
            nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
            odd:x:1001:1001::/:/bin/sh\n\
            gone:x:1002:1002::/nonexistent:/bin/sh\n\
            relative:x:1003:1003::home:/bin/sh\n\
            short:x:1004\n\
            +::::::\n";
        let found = listed(text);
        let named: Vec<&Path> = found.iter().map(std::path::PathBuf::as_path).collect();
        let [root, ann, bob] = named.as_slice() else {
            assert!(named.is_empty(), "{named:?}");
            assert!(!named.is_empty(), "three homes");
            return;
        };
        assert_eq!((*root, *ann), (Path::new("/root"), Path::new("/home/ann")));
        assert!(bob.starts_with("/srv"));
    }
}
