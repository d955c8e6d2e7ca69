//! What the executor says on standard error, one line at a time.
//!
//! Deeds come before words: who kills, or writes what stays, does that first and speaks then.

use crate::decode;
use crate::errno;
use crate::standard_error;
use crate::text::Text;
use core::ffi::CStr;
use purple_plan::{Mount, SourceLine};
pub use purple_report::SETUP_REFUSED;
use rustix::io::Errno;

/// What is said of a call that the kernel has not carried out although it was answered with success: a
/// filter of the caller's that answers in the kernel's place does so, or a tracer (`PRoot`, and what
/// emulates root in containers).
pub(crate) const EMULATED: &str = ": answered with success and not done; the surroundings emulate system calls (a seccomp filter, PRoot, fakeroot): run it outside of them";

/// A step has failed, and the run must end with this exit status.
///
/// Holding one proves that the message has been printed: [`refused`] makes it after that, and so do
/// the few places that print by themselves. So it is passed upwards and never printed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) struct Refused {
    pub(crate) status: u8,
}

/// A piece of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'a> {
    /// Words of ours.
    Text(&'a str),
    /// A path or a word that does not come from this program: control bytes are made visible.
    Bytes(&'a [u8]),
    /// A number.
    Number(u64),
    /// An error, by name.
    Error(Errno),
    /// The line of the policy that asked for it; says nothing for none.
    Line(SourceLine),
}

/// A message out of its pieces, each of any type that a [`Part`] can be made from.
macro_rules! parts {
    ($($part:expr),+ $(,)?) => { &[$($crate::message::Part::from($part)),+] };
}

impl<'a> From<&'a str> for Part<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Part<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<u64> for Part<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<Errno> for Part<'_> {
    fn from(errno: Errno) -> Self {
        Self::Error(errno)
    }
}

impl From<SourceLine> for Part<'_> {
    fn from(line: SourceLine) -> Self {
        Self::Line(line)
    }
}

impl<'a> From<&'a CStr> for Part<'a> {
    fn from(name: &'a CStr) -> Self {
        Self::Bytes(name.to_bytes())
    }
}

/// Prints `purple-exec: STEP: PARTS` and gives the token that ends the run. Few pieces, as most messages have, are
/// put together in one place for all messages with pieces of these types, and not where each is made.
macro_rules! refuse {
    ($step:expr, $one:expr $(,)?) => {
        $crate::message::refused_for_one($step, $one)
    };
    ($step:expr, $one:expr, $two:expr $(,)?) => {
        $crate::message::refused_for_two($step, $one, $two)
    };
    ($step:expr, $one:expr, $two:expr, $three:expr $(,)?) => {
        $crate::message::refused_for_three($step, $one, $two, $three)
    };
    ($step:expr, $($part:expr),+ $(,)?) => {
        $crate::message::refused($step, $crate::message::parts![$($part),+])
    };
}

/// Prints `purple-exec: STEP: PARTS`.
macro_rules! say {
    ($step:expr, $($part:expr),+ $(,)?) => {
        $crate::message::print($step, $crate::message::parts![$($part),+])
    };
}

pub(crate) use {parts, refuse, say};

/// An error of the kernel's that ends the run.
pub(crate) trait OrRefuse<T> {
    /// Refuses the run for an error: STEP, and what failed.
    fn or_refuse(self, step: &str, what: &str) -> Result<T, Refused>;

    /// Refuses it for an error at the target of a mount.
    fn at(self, step: &Mount<'_>) -> Result<T, Refused>;
}

impl<T> OrRefuse<T> for Result<T, Errno> {
    fn or_refuse(self, step: &str, what: &str) -> Result<T, Refused> {
        self.map_err(|errno| refuse!(step, what, errno))
    }

    fn at(self, step: &Mount<'_>) -> Result<T, Refused> {
        self.map_err(|errno| refused_at(step, errno))
    }
}

#[inline(never)]
fn refused_at(step: &Mount<'_>, errno: Errno) -> Refused {
    refuse!("mount", step.target, errno, step.line)
}

/// What [`refuse!`] does.
pub(crate) fn refused(step: &str, parts: &[Part<'_>]) -> Refused {
    print(step, parts);
    Refused {
        status: SETUP_REFUSED,
    }
}

/// What [`refuse!`] does with one piece.
#[cold]
#[inline(never)]
pub(crate) fn refused_for_one<'p>(step: &str, one: impl Into<Part<'p>>) -> Refused {
    refused(step, &[one.into()])
}

/// What [`refuse!`] does with two pieces.
#[cold]
#[inline(never)]
pub(crate) fn refused_for_two<'p>(
    step: &str,
    one: impl Into<Part<'p>>,
    two: impl Into<Part<'p>>,
) -> Refused {
    refused(step, &[one.into(), two.into()])
}

/// What [`refuse!`] does with three pieces.
#[cold]
#[inline(never)]
pub(crate) fn refused_for_three<'p>(
    step: &str,
    one: impl Into<Part<'p>>,
    two: impl Into<Part<'p>>,
    three: impl Into<Part<'p>>,
) -> Refused {
    refused(step, &[one.into(), two.into(), three.into()])
}

/// What [`say!`] does.
pub(crate) fn print(step: &str, parts: &[Part<'_>]) {
    let mut line = Line::new();
    line.push("purple-exec: ");
    line.push(step);
    line.push(": ");
    for part in parts {
        match *part {
            Part::Text(text) => line.push(text),
            Part::Bytes(bytes) => line.push_visible(bytes),
            Part::Number(number) => line.push_number(number),
            Part::Error(errno) => push_error(&mut line, errno),
            Part::Line(source_line) => push_source_line(&mut line, source_line),
        }
    }
    line.push("\n");
    standard_error::write(line.bytes());
}

/// The longest message: room for two names of which every byte is escaped.
type Line = Text<2560>;

fn push_error(line: &mut Line, errno: Errno) {
    line.push(": ");
    match errno::name(errno) {
        Some(name) => line.push(name),
        None => line.push_number(u64::from(errno.raw_os_error().unsigned_abs())),
    }
}

fn push_source_line(line: &mut Line, source_line: SourceLine) {
    if !source_line.is_some() {
        return;
    }
    line.push(" (");
    match decode::policy_of(source_line) {
        Some(name) => line.push_visible(name.to_bytes()),
        None => line.push("policy"),
    }
    line.push(" line ");
    line.push_number(u64::from(source_line.line()));
    line.push(")");
}
