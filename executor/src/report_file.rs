//! The file for the report, opened before the run and never found by its name again.

use crate::filesystem::links;
use crate::message::{Refused, refuse};
use core::ffi::CStr;
use purple_plan::SourceLine;
use purple_sys::descriptors::made;
use rustix::fd::OwnedFd;
use rustix::fs::{FileType, Mode, OFlags, fchmod, fstat, ftruncate, openat};
use rustix::io::Errno;

const STEP: &str = "report";

/// Opens a file for the report. No link is followed that a sandbox may have left, and what is there
/// already is emptied only where it has no other name.
pub(crate) fn open(path: &'static CStr) -> Result<OwnedFd, Refused> {
    let fail = |errno| refuse!(STEP, path, errno);
    let whole = path.to_bytes_with_nul();
    let start = whole.iter().rposition(|&byte| byte == b'/');
    let (above, name) = whole
        .split_at_checked(start.map_or(0, |slash| slash.saturating_add(1)))
        .ok_or(Errno::INVAL)
        .map_err(fail)?;
    let name = CStr::from_bytes_with_nul(name).map_err(|_| fail(Errno::INVAL))?;
    let above = if above.is_empty() {
        c"."
    } else {
        links::resolve(STEP, links::keep(above).map_err(fail)?, SourceLine::NONE)?
    };
    let directory = links::open_without(above).map_err(fail)?;

    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let file = openat(&directory, name, flags | OFlags::CREATE, mode);
    let file = file.and_then(made).map_err(fail)?;
    // A file that was there keeps its mode unless it is changed here; a device must keep its own.
    let status = fstat(&file).map_err(fail)?;
    if FileType::from_raw_mode(status.st_mode) == FileType::RegularFile {
        if status.st_nlink > 1 {
            let what = " has another name, which a sandbox may have given it: remove it first";
            return Err(refuse!(STEP, path, what));
        }
        ftruncate(&file, 0).map_err(fail)?;
        fchmod(&file, mode).map_err(fail)?;
    }
    Ok(file)
}
