//! The standard descriptors before anything else is opened, and no others in the end.

use crate::message::{EMULATED, OrRefuse, Refused, refuse};
use purple_sys::descriptors;
use rustix::fd::{AsRawFd, BorrowedFd, IntoRawFd};
use rustix::fs::{Mode, OFlags};

const STEP: &str = "start";

/// Sees to it that descriptors 0 to 2 are open.
///
/// A closed one would be taken by the first file that is opened here, and the command would have that
/// file as its input or output.
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
    Ok(())
}

/// Closes every descriptor but the standard ones and `kept`, and looks whether they are closed. No
/// descriptor that it closes may be used afterwards.
pub(crate) fn close_all_but(kept: &[Option<BorrowedFd<'_>>]) -> Result<(), Refused> {
    const CLOSING: &str = "close_range";
    if descriptors::close_all_but(kept).or_refuse("descriptors", CLOSING)? {
        return Ok(());
    }
    Err(refuse!("descriptors", CLOSING, EMULATED))
}
