//! The executor: it asks for the report, and when it is gone, so is the helper.

use super::state::Helper;
use crate::control::{REPORT, send_with};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::{Errno, write};
use rustix::net::{RecvFlags, recv};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// From the executor's question to the answer: the executor waits twice as long.
const LONGEST: Duration = Duration::from_secs(1);

impl Helper {
    pub(super) fn control(&mut self) {
        let mut request = [0; 16];
        match recv(&self.control, &mut request, RecvFlags::DONTWAIT) {
            Ok((length, _)) if length > 0 => {
                if request.first() == Some(&REPORT) {
                    self.asked = Some(self.now);
                }
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            _ => self.finished = true,
        }
    }

    /// Answers the executor, once what was sent inside is on its way, or does not get there.
    pub(super) fn answer_executor(&mut self) {
        let Some(asked) = self.asked else {
            return;
        };
        let waited = self.now.saturating_duration_since(asked);
        if self.send_the_last() || waited >= LONGEST {
            self.asked = None;
            // The executor waits for an answer and hears of the end instead.
            self.finished |= self.report().is_err();
        }
    }

    /// Hands the report over, in a file that nobody can change any more.
    fn report(&mut self) -> Result<(), Errno> {
        // What was refused up to now may still be with the kernel.
        self.denied();
        let text = self.counts.report(&self.rules);
        let file = in_memory(text.as_bytes())?;
        send_with(&self.control, &[REPORT], &[file.as_fd()])
    }
}

fn in_memory(mut bytes: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = memfd_create("purple-net report", flags)?;
    while !bytes.is_empty() {
        let written = write(&file, bytes)?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    fcntl_add_seals(&file, seals)?;
    Ok(file)
}
