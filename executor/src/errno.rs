//! The names of error numbers (errno(3)), for messages and reports.

use rustix::io::Errno;

/// The error of a number, `None` for 0, which means success, and for what no error has.
pub(crate) fn of(number: u64) -> Option<Errno> {
    let number = i32::try_from(number).ok()?;
    // The kernel returns errors from -4095 to -1 (syscall(2)).
    if !(1..=4095).contains(&number) {
        return None;
    }
    Some(Errno::from_raw_os_error(number))
}

/// The name of an error, such as `ENOENT`; `None` for a number without one. Where a number has two
/// names, it is the one that people know.
#[expect(clippy::too_many_lines, reason = "a table, a line each")]
pub(crate) fn name(errno: Errno) -> Option<&'static str> {
    Some(match errno.raw_os_error() {
        // asm-generic/errno-base.h
        1 => "EPERM",
        2 => "ENOENT",
        3 => "ESRCH",
        4 => "EINTR",
        5 => "EIO",
        6 => "ENXIO",
        7 => "E2BIG",
        8 => "ENOEXEC",
        9 => "EBADF",
        10 => "ECHILD",
        11 => "EAGAIN", // also EWOULDBLOCK
        12 => "ENOMEM",
        13 => "EACCES",
        14 => "EFAULT",
        15 => "ENOTBLK",
        16 => "EBUSY",
        17 => "EEXIST",
        18 => "EXDEV",
        19 => "ENODEV",
        20 => "ENOTDIR",
        21 => "EISDIR",
        22 => "EINVAL",
        23 => "ENFILE",
        24 => "EMFILE",
        25 => "ENOTTY",
        26 => "ETXTBSY",
        27 => "EFBIG",
        28 => "ENOSPC",
        29 => "ESPIPE",
        30 => "EROFS",
        31 => "EMLINK",
        32 => "EPIPE",
        33 => "EDOM",
        34 => "ERANGE",
        // asm-generic/errno.h
        35 => "EDEADLK", // also EDEADLOCK
        36 => "ENAMETOOLONG",
        37 => "ENOLCK",
        38 => "ENOSYS",
        39 => "ENOTEMPTY",
        40 => "ELOOP",
        42 => "ENOMSG",
        43 => "EIDRM",
        44 => "ECHRNG",
        45 => "EL2NSYNC",
        46 => "EL3HLT",
        47 => "EL3RST",
        48 => "ELNRNG",
        49 => "EUNATCH",
        50 => "ENOCSI",
        51 => "EL2HLT",
        52 => "EBADE",
        53 => "EBADR",
        54 => "EXFULL",
        55 => "ENOANO",
        56 => "EBADRQC",
        57 => "EBADSLT",
        59 => "EBFONT",
        60 => "ENOSTR",
        61 => "ENODATA",
        62 => "ETIME",
        63 => "ENOSR",
        64 => "ENONET",
        65 => "ENOPKG",
        66 => "EREMOTE",
        67 => "ENOLINK",
        68 => "EADV",
        69 => "ESRMNT",
        70 => "ECOMM",
        71 => "EPROTO",
        72 => "EMULTIHOP",
        73 => "EDOTDOT",
        74 => "EBADMSG", // also EFSBADCRC
        75 => "EOVERFLOW",
        76 => "ENOTUNIQ",
        77 => "EBADFD",
        78 => "EREMCHG",
        79 => "ELIBACC",
        80 => "ELIBBAD",
        81 => "ELIBSCN",
        82 => "ELIBMAX",
        83 => "ELIBEXEC",
        84 => "EILSEQ",
        85 => "ERESTART",
        86 => "ESTRPIPE",
        87 => "EUSERS",
        88 => "ENOTSOCK",
        89 => "EDESTADDRREQ",
        90 => "EMSGSIZE",
        91 => "EPROTOTYPE",
        92 => "ENOPROTOOPT",
        93 => "EPROTONOSUPPORT",
        94 => "ESOCKTNOSUPPORT",
        95 => "EOPNOTSUPP",
        96 => "EPFNOSUPPORT",
        97 => "EAFNOSUPPORT",
        98 => "EADDRINUSE",
        99 => "EADDRNOTAVAIL",
        100 => "ENETDOWN",
        101 => "ENETUNREACH",
        102 => "ENETRESET",
        103 => "ECONNABORTED",
        104 => "ECONNRESET",
        105 => "ENOBUFS",
        106 => "EISCONN",
        107 => "ENOTCONN",
        108 => "ESHUTDOWN",
        109 => "ETOOMANYREFS",
        110 => "ETIMEDOUT",
        111 => "ECONNREFUSED",
        112 => "EHOSTDOWN",
        113 => "EHOSTUNREACH",
        114 => "EALREADY",
        115 => "EINPROGRESS",
        116 => "ESTALE",
        117 => "EUCLEAN", // also EFSCORRUPTED
        118 => "ENOTNAM",
        119 => "ENAVAIL",
        120 => "EISNAM",
        121 => "EREMOTEIO",
        122 => "EDQUOT",
        123 => "ENOMEDIUM",
        124 => "EMEDIUMTYPE",
        125 => "ECANCELED",
        126 => "ENOKEY",
        127 => "EKEYEXPIRED",
        128 => "EKEYREVOKED",
        129 => "EKEYREJECTED",
        130 => "EOWNERDEAD",
        131 => "ENOTRECOVERABLE",
        132 => "ERFKILL",
        133 => "EHWPOISON",
        134 => "EFTYPE",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{name, of};
    use rustix::io::Errno;
    use std::collections::HashSet;

    /// What the compiler takes from the kernel's headers: a name, its number, its numbers elsewhere.
    const HEADERS: &str = include_str!("../../compiler/data/syscalls/errnos.tsv");

    #[test]
    fn names_stand_at_their_numbers() {
        for (errno, expected) in [
            (Errno::PERM, "EPERM"),
            (Errno::TOOBIG, "E2BIG"),
            (Errno::LOOP, "ELOOP"),
            (Errno::NOMSG, "ENOMSG"),
            (Errno::BFONT, "EBFONT"),
            (Errno::NOSTR, "ENOSTR"),
            (Errno::OPNOTSUPP, "EOPNOTSUPP"),
            (Errno::CONNREFUSED, "ECONNREFUSED"),
            (Errno::HWPOISON, "EHWPOISON"),
        ] {
            assert_eq!(name(errno), Some(expected));
        }
    }

    #[test]
    fn every_error_of_the_kernels_headers_has_a_name_from_there() {
        let mut known = HashSet::new();
        for line in HEADERS.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let listed = fields.next().unwrap_or_default();
            let number = fields.next().and_then(|number| number.parse().ok());
            if let Some(number) = number {
                let found = of(number).and_then(name);
                assert!(found.is_some(), "{listed}");
                if found == Some(listed) {
                    let _new: bool = known.insert(number);
                }
            }
        }
        for number in 1..=4095 {
            let named = of(number).and_then(name).is_some();
            assert_eq!(named, known.contains(&number), "{number}");
        }
    }

    #[test]
    fn numbers_without_a_name() {
        for number in [0, 41, 58, 4095, 4096] {
            assert_eq!(of(number).and_then(name), None, "{number}");
        }
    }
}
