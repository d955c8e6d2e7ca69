//! The numbers of system calls on x86-64, as `asm/unistd_64.h` has them (`__NR_*`); a test holds
//! them against the table that the compiler has from there.
//!
//! There are two groups, and a call may be in both: the calls that this crate makes or names in a filter
//! of its own, and the calls of which [`super::paths`] says which argument is a path. No other file has a bare number.

// The calls that are made or named here.

pub(crate) const CLOSE: u32 = 3;
pub(crate) const POLL: u32 = 7;
pub(crate) const RT_SIGACTION: u32 = 13;
pub(crate) const RT_SIGPROCMASK: u32 = 14;
pub(crate) const IOCTL: u32 = 16;
pub(crate) const PREAD64: u32 = 17;
pub(crate) const SENDMSG: u32 = 46;
pub(crate) const RECVMSG: u32 = 47;
pub(crate) const SETSOCKOPT: u32 = 54;
pub(crate) const GETSOCKOPT: u32 = 55;
pub(crate) const EXECVE: u32 = 59;
pub(crate) const WAIT4: u32 = 61;
pub(crate) const KILL: u32 = 62;
pub(crate) const FCNTL: u32 = 72;
pub(crate) const SETSID: u32 = 112;
pub(crate) const GETSID: u32 = 124;
pub(crate) const RT_SIGTIMEDWAIT: u32 = 128;
pub(crate) const SETPRIORITY: u32 = 141;
pub(crate) const SCHED_SETPARAM: u32 = 142;
pub(crate) const SCHED_SETSCHEDULER: u32 = 144;
pub(crate) const PRCTL: u32 = 157;
pub(crate) const SCHED_SETAFFINITY: u32 = 203;
pub(crate) const CLOCK_GETTIME: u32 = 228;
pub(crate) const EXIT_GROUP: u32 = 231;
pub(crate) const KEYCTL: u32 = 250;
pub(crate) const IOPRIO_SET: u32 = 251;
pub(crate) const PPOLL: u32 = 271;
pub(crate) const UNSHARE: u32 = 272;
pub(crate) const SIGNALFD4: u32 = 289;
pub(crate) const PRLIMIT64: u32 = 302;
pub(crate) const PROCESS_VM_READV: u32 = 310;
pub(crate) const KCMP: u32 = 312;
pub(crate) const SCHED_SETATTR: u32 = 314;
pub(crate) const SECCOMP: u32 = 317;
pub(crate) const CLONE3: u32 = 435;
pub(crate) const CLOSE_RANGE: u32 = 436;
pub(crate) const MOUNT_SETATTR: u32 = 442;
pub(crate) const LANDLOCK_CREATE_RULESET: u32 = 444;
pub(crate) const LANDLOCK_ADD_RULE: u32 = 445;
pub(crate) const LANDLOCK_RESTRICT_SELF: u32 = 446;

// Calls that take a path.

pub(crate) const OPEN: u32 = 2;
pub(crate) const STAT: u32 = 4;
pub(crate) const LSTAT: u32 = 6;
pub(crate) const ACCESS: u32 = 21;
pub(crate) const TRUNCATE: u32 = 76;
pub(crate) const CHDIR: u32 = 80;
pub(crate) const RENAME: u32 = 82;
pub(crate) const MKDIR: u32 = 83;
pub(crate) const RMDIR: u32 = 84;
pub(crate) const CREAT: u32 = 85;
pub(crate) const LINK: u32 = 86;
pub(crate) const UNLINK: u32 = 87;
pub(crate) const SYMLINK: u32 = 88;
pub(crate) const READLINK: u32 = 89;
pub(crate) const CHMOD: u32 = 90;
pub(crate) const CHOWN: u32 = 92;
pub(crate) const LCHOWN: u32 = 94;
pub(crate) const UTIME: u32 = 132;
pub(crate) const MKNOD: u32 = 133;
pub(crate) const STATFS: u32 = 137;
pub(crate) const PIVOT_ROOT: u32 = 155;
pub(crate) const CHROOT: u32 = 161;
pub(crate) const ACCT: u32 = 163;
pub(crate) const MOUNT: u32 = 165;
pub(crate) const UMOUNT2: u32 = 166;
pub(crate) const SWAPON: u32 = 167;
pub(crate) const SWAPOFF: u32 = 168;
pub(crate) const QUOTACTL: u32 = 179;
pub(crate) const SETXATTR: u32 = 188;
pub(crate) const LSETXATTR: u32 = 189;
pub(crate) const GETXATTR: u32 = 191;
pub(crate) const LGETXATTR: u32 = 192;
pub(crate) const LISTXATTR: u32 = 194;
pub(crate) const LLISTXATTR: u32 = 195;
pub(crate) const REMOVEXATTR: u32 = 197;
pub(crate) const LREMOVEXATTR: u32 = 198;
pub(crate) const UTIMES: u32 = 235;
pub(crate) const INOTIFY_ADD_WATCH: u32 = 254;
pub(crate) const OPENAT: u32 = 257;
pub(crate) const MKDIRAT: u32 = 258;
pub(crate) const MKNODAT: u32 = 259;
pub(crate) const FCHOWNAT: u32 = 260;
pub(crate) const FUTIMESAT: u32 = 261;
pub(crate) const NEWFSTATAT: u32 = 262;
pub(crate) const UNLINKAT: u32 = 263;
pub(crate) const RENAMEAT: u32 = 264;
pub(crate) const LINKAT: u32 = 265;
pub(crate) const SYMLINKAT: u32 = 266;
pub(crate) const READLINKAT: u32 = 267;
pub(crate) const FCHMODAT: u32 = 268;
pub(crate) const FACCESSAT: u32 = 269;
pub(crate) const UTIMENSAT: u32 = 280;
pub(crate) const FANOTIFY_MARK: u32 = 301;
pub(crate) const NAME_TO_HANDLE_AT: u32 = 303;
pub(crate) const RENAMEAT2: u32 = 316;
pub(crate) const EXECVEAT: u32 = 322;
pub(crate) const STATX: u32 = 332;
pub(crate) const OPEN_TREE: u32 = 428;
pub(crate) const MOVE_MOUNT: u32 = 429;
pub(crate) const FSPICK: u32 = 433;
pub(crate) const OPENAT2: u32 = 437;
pub(crate) const FACCESSAT2: u32 = 439;
pub(crate) const FCHMODAT2: u32 = 452;
pub(crate) const SETXATTRAT: u32 = 463;
pub(crate) const GETXATTRAT: u32 = 464;
pub(crate) const LISTXATTRAT: u32 = 465;
pub(crate) const REMOVEXATTRAT: u32 = 466;
pub(crate) const OPEN_TREE_ATTR: u32 = 467;
pub(crate) const FILE_GETATTR: u32 = 468;
pub(crate) const FILE_SETATTR: u32 = 469;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::string::String;
    use std::vec::Vec;

    /// A line a call: its name, its number on x86-64, its numbers elsewhere.
    const TABLE: &str = include_str!("../../../../compiler/data/syscalls/numbers.tsv");

    #[test]
    fn every_number_is_the_one_of_the_kernels_headers() {
        let constants = include_str!("numbers.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("pub(crate) const "))
            .map(|line| {
                line.replace(": u32 = ", "\t")
                    .replace(';', "")
                    .to_lowercase()
            })
            .collect::<Vec<String>>();
        assert!(constants.len() > 80, "{}", constants.len());
        for constant in constants {
            let start = format!("{constant}\t");
            assert!(
                TABLE.lines().any(|line| line.starts_with(&start)),
                "{constant}"
            );
        }
    }
}
