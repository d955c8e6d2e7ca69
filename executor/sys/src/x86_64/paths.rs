//! Which argument of a call is a path; a test holds this against the kernel's signatures.
//!
//! The recorder shows that path beside a denied call. Of two paths the first one is meant, and of
//! mount(2) the target: the path that the call would change.

use super::numbers;

/// The position of a call's path among its arguments, counted from 0; `None` where it takes none.
pub fn path_argument(number: u32) -> Option<usize> {
    if AT_0.contains(&number) {
        Some(0)
    } else if AT_1.contains(&number) {
        Some(1)
    } else if AT_4.contains(&number) {
        Some(4)
    } else {
        None
    }
}

/// Calls whose first argument is the path.
const AT_0: [u32; 37] = [
    numbers::OPEN,
    numbers::STAT,
    numbers::LSTAT,
    numbers::ACCESS,
    numbers::EXECVE,
    numbers::TRUNCATE,
    numbers::CHDIR,
    numbers::RENAME,
    numbers::MKDIR,
    numbers::RMDIR,
    numbers::CREAT,
    numbers::LINK,
    numbers::UNLINK,
    numbers::SYMLINK,
    numbers::READLINK,
    numbers::CHMOD,
    numbers::CHOWN,
    numbers::LCHOWN,
    numbers::UTIME,
    numbers::MKNOD,
    numbers::STATFS,
    numbers::PIVOT_ROOT,
    numbers::CHROOT,
    numbers::ACCT,
    numbers::UMOUNT2,
    numbers::SWAPON,
    numbers::SWAPOFF,
    numbers::SETXATTR,
    numbers::LSETXATTR,
    numbers::GETXATTR,
    numbers::LGETXATTR,
    numbers::LISTXATTR,
    numbers::LLISTXATTR,
    numbers::REMOVEXATTR,
    numbers::LREMOVEXATTR,
    numbers::UTIMES,
    numbers::SYMLINKAT,
];

/// Calls whose second argument is the path; the first one is mostly a directory.
const AT_1: [u32; 34] = [
    numbers::MOUNT,
    numbers::QUOTACTL,
    numbers::INOTIFY_ADD_WATCH,
    numbers::OPENAT,
    numbers::MKDIRAT,
    numbers::MKNODAT,
    numbers::FCHOWNAT,
    numbers::FUTIMESAT,
    numbers::NEWFSTATAT,
    numbers::UNLINKAT,
    numbers::RENAMEAT,
    numbers::LINKAT,
    numbers::READLINKAT,
    numbers::FCHMODAT,
    numbers::FACCESSAT,
    numbers::UTIMENSAT,
    numbers::NAME_TO_HANDLE_AT,
    numbers::RENAMEAT2,
    numbers::EXECVEAT,
    numbers::STATX,
    numbers::OPEN_TREE,
    numbers::MOVE_MOUNT,
    numbers::FSPICK,
    numbers::OPENAT2,
    numbers::FACCESSAT2,
    numbers::MOUNT_SETATTR,
    numbers::FCHMODAT2,
    numbers::SETXATTRAT,
    numbers::GETXATTRAT,
    numbers::LISTXATTRAT,
    numbers::REMOVEXATTRAT,
    numbers::OPEN_TREE_ATTR,
    numbers::FILE_GETATTR,
    numbers::FILE_SETATTR,
];

/// Calls whose fifth argument is the path.
const AT_4: [u32; 1] = [numbers::FANOTIFY_MARK];
