//! This user, the home directories of people, and the ids that users may map.

use crate::FileError;
use crate::path::ResolvedPath;
use nix::unistd::{Uid, User, getegid, geteuid, getuid};
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Whether this process runs as root.
pub fn is_root() -> bool {
    geteuid().is_root()
}

/// The effective user id of this process.
pub fn own_uid() -> u32 {
    geteuid().as_raw()
}

/// The effective group id of this process.
pub fn own_gid() -> u32 {
    getegid().as_raw()
}

/// The name of this user in the user database.
pub fn own_name() -> Option<String> {
    let user = User::from_uid(geteuid()).ok()??;
    Some(user.name)
}

/// The home directory of this user: where the variable HOME says, or else the user database.
pub fn home() -> Option<PathBuf> {
    let named = std::env::var_os("HOME").map(PathBuf::from);
    let listed = || Some(User::from_uid(geteuid()).ok()??.dir);
    named.or_else(listed).filter(|path| is_home(path))
}

/// A directory for a kind of this user's files: where a variable says, or below the home directory.
/// `None` where neither is an absolute path (XDG Base Directory Specification).
pub fn base_directory(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)))
}

/// Whether the user namespace of this process maps an id, user and group: without, root of a container can
/// give it to no process. `true` where /proc does not say.
pub fn maps_id(id: u32) -> bool {
    ["uid_map", "gid_map"].into_iter().all(|file| {
        let map = fs::read_to_string(Path::new("/proc/self").join(file));
        map.map_or(true, |map| is_mapped(&map, id))
    })
}

/// Whether a map has an id inside (`user_namespaces(7)`).
fn is_mapped(map: &str, id: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u32>);
        let (first, _, count) = (numbers.next(), numbers.next(), numbers.next());
        match (first, count) {
            (Some(Ok(first)), Some(Ok(count))) => {
                id.checked_sub(first).is_some_and(|offset| offset < count)
            }
            _ => false,
        }
    })
}

/// The most bytes of the user database that are read.
const MAX_DATABASE_BYTES: u64 = 16 << 20;

/// The home directories that exist: of root and of people in `/etc/passwd`, of the caller, and of
/// the one who became root by sudo.
pub fn home_directories() -> Result<Vec<ResolvedPath>, FileError> {
    const DATABASE: &str = "/etc/passwd";
    let mut text = Vec::new();
    match File::open(DATABASE) {
        Ok(file) => {
            file.take(MAX_DATABASE_BYTES)
                .read_to_end(&mut text)
                .map_err(FileError::at(DATABASE))?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(FileError::at(DATABASE)(error)),
    }
    let sudo = std::env::var("SUDO_UID")
        .ok()
        .and_then(|uid| uid.parse().ok())
        .map(Uid::from_raw);
    // These may stand in a database other than the file.
    let callers = [Some(getuid()), sudo].into_iter().flatten();
    let looked_up = callers.filter_map(|uid| Some(User::from_uid(uid).ok()??.dir));
    let named = std::env::var_os("HOME").map(PathBuf::from);
    let homes = listed(&text).into_iter().chain(looked_up).chain(named);
    // A home that does not exist hides nothing.
    Ok(homes
        .filter(|path| is_home(path) && path.is_dir())
        .filter_map(|at| ResolvedPath::of(&at))
        .collect())
}

/// The home directories of root and of people: the uids that Debian gives them (its policy, 9.2.2).
fn listed(passwd: &[u8]) -> Vec<PathBuf> {
    passwd
        .split(|byte| *byte == b'\n')
        .filter_map(home_in)
        .collect()
}

/// The home directory in a line of the database (passwd(5)).
fn home_in(line: &[u8]) -> Option<PathBuf> {
    let mut fields = line.split(|byte| *byte == b':');
    let uid: u32 = std::str::from_utf8(fields.nth(2)?).ok()?.parse().ok()?;
    let path = Path::new(std::ffi::OsStr::from_bytes(fields.nth(2)?));
    ((uid == 0 || (1000..=60000).contains(&uid)) && is_home(path)).then(|| path.to_owned())
}

/// Whether a path is used as a home. The root directory is not: it is refused as what it is.
fn is_home(path: &Path) -> bool {
    path.is_absolute() && path != Path::new("/") && path != Path::new("/nonexistent")
}

/// Whether this user has subordinate ids (subuid(5), subgid(5)).
pub fn has_subordinate_ids() -> bool {
    let name = User::from_uid(geteuid())
        .ok()
        .flatten()
        .map(|user| user.name);
    let uid = geteuid().to_string();
    ["/etc/subuid", "/etc/subgid"].into_iter().all(|file| {
        let text = fs::read_to_string(file).unwrap_or_default();
        lists_owner(&text, &uid, name.as_deref())
    })
}

/// Whether a list of subordinate ids has some for a user, by its uid or its name.
fn lists_owner(list: &str, uid: &str, name: Option<&str>) -> bool {
    list.lines()
        .filter_map(|line| line.split(':').next())
        .any(|owner| owner == uid || Some(owner) == name)
}

/// Whether the programs that map subordinate ids are installed.
pub fn has_id_map_helpers() -> bool {
    ["newuidmap", "newgidmap"]
        .iter()
        .all(|name| Path::new("/usr/bin").join(name).exists())
}

#[cfg(test)]
mod tests {
    use super::{is_mapped, listed, lists_owner};
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

    #[test]
    fn a_map_has_the_ids_of_each_of_its_lines() {
        let map = "         0     100000       1000\n      2000     200000          1\n";
        for (id, expected) in [
            (0, true),
            (999, true),
            (1000, false),
            (2000, true),
            (2001, false),
        ] {
            assert_eq!(is_mapped(map, id), expected, "{id}");
        }
        assert!(is_mapped(
            "         0          0 4294967295\n",
            1_886_745_200
        ));
        assert!(!is_mapped("", 0));
    }

    #[test]
    fn subordinate_ids_are_listed_by_name_or_uid() {
        let list = "ann:100000:65536\n1001:165536:65536\n";
        assert!(lists_owner(list, "1000", Some("ann")));
        assert!(lists_owner(list, "1001", None));
        assert!(!lists_owner(list, "100000", Some("bob")));
        assert!(!lists_owner("", "1000", None));
    }
}
