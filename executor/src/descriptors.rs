//! The standard descriptors, before anything else is opened.

use crate::files::is_directory;
use crate::message::{OrRefuse, Refused, refuse};
use purple_sys::descriptors;
use rustix::fd::{AsRawFd, IntoRawFd};
use rustix::fs::{Mode, OFlags, fstat};

const STEP: &str = "start";

/// Sees to it that descriptors 0 to 2 are open, and that none of them is a directory.
///
/// A closed one would be taken by the first file that is opened here, and the command would have that
/// file as its input or output. Through a directory the command would have all of the host below it
/// (openat(2)).
pub(crate) fn occupy_standard() -> Result<(), Refused> {
    loop {
        let fd = rustix::fs::open(c"/dev/null", OFlags::RDWR, Mode::empty())
            .or_refuse(STEP, "opening /dev/null for a closed standard descriptor")?;
        if fd.as_raw_fd() > 2 {
            break;
        }
        // It has become one of them: it stays open.
        let _number: i32 = fd.into_raw_fd();
    }
    for (number, fd) in [
        (0, descriptors::input()),
        (1, descriptors::output()),
        (2, descriptors::error()),
    ] {
        let status = fstat(fd).or_refuse(STEP, "looking at a standard descriptor")?;
        if is_directory(&status) {
            return Err(refuse!(
                STEP,
                "descriptor ",
                number,
                " is a directory, which would show it inside"
            ));
        }
    }
    Ok(())
}
