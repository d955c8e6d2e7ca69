//! The standard descriptors, before anything else is opened.

use crate::message::{OrRefuse, Refused};
use rustix::fd::{AsRawFd, IntoRawFd};
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
