//! The names of error numbers (errno(3), asm-generic/errno.h), for messages.

use rustix::io::Errno;

/// The names in the order of their numbers, from 1 on; `-` for a number that no error has.
const NAMES: &str = "\
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT \
    ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG \
    ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY \
    ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR \
    EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE \
    ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG \
    ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK \
    EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP \
    EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET \
    ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT \
    ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL \
    EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED \
    EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON";

/// The error of a number, `None` for 0, which is none, and for what no error has.
pub(crate) fn of(number: u64) -> Option<Errno> {
    let number = i32::try_from(number)
        .ok()
        .filter(|number| (1..=4095).contains(number))?;
    Some(Errno::from_raw_os_error(number))
}

/// The name of an error, such as `ENOENT`; `None` for a number without one.
pub(crate) fn name(errno: Errno) -> Option<&'static str> {
    let index = usize::try_from(errno.raw_os_error()).ok()?.checked_sub(1)?;
    NAMES.split(' ').nth(index).filter(|&name| name != "-")
}

#[cfg(test)]
mod tests {
    use super::{name, of};
    use rustix::io::Errno;

    #[test]
    fn names_stand_at_their_numbers() {
        for (errno, expected) in [
            (Errno::PERM, "EPERM"),
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
    fn numbers_without_a_name() {
        for number in [0, 41, 58, 134, 4095, 4096] {
            assert_eq!(of(number).and_then(name), None, "{number}");
        }
    }
}
