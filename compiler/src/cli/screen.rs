//! What findings are printed on: a terminal of some width, with or without colour, or a file.

#![expect(
    unsafe_code,
    reason = "the width of a terminal is known to an ioctl only, which nix declares as unsafe"
)]

use clap::ValueEnum;
use nix::libc;
use purplec::diagnostics::render::{Form, Look};
use std::env;
use std::io::IsTerminal;
use std::os::fd::{AsFd, AsRawFd};

/// Below this width there is no room for a frame and line numbers.
const NARROW: usize = 60;

/// Sentences are not wider than this on any screen.
const WIDEST: usize = 120;

/// What is assumed of a terminal that does not know its width.
const USUAL: usize = 80;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set; anywhere if `CLICOLOR_FORCE` is
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How findings are to look on a stream.
pub(super) fn look(stream: &(impl IsTerminal + AsFd), colour: Colour) -> Look {
    let terminal = stream.is_terminal() && variable("TERM") != "dumb";
    let colour = match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto if !variable("NO_COLOR").is_empty() => false,
        Colour::Auto if !matches!(variable("CLICOLOR_FORCE").as_str(), "" | "0") => true,
        Colour::Auto => terminal && variable("CLICOLOR") != "0",
    };
    if !terminal {
        return Look {
            form: Form::Plain,
            colour,
            width: USUAL,
        };
    }
    let width = columns(stream)
        .or_else(|| variable("COLUMNS").parse().ok())
        .unwrap_or(USUAL);
    let form = if width < NARROW {
        Form::Narrow
    } else {
        Form::Graphical { unicode: unicode() }
    };
    Look {
        form,
        colour,
        width: width.clamp(20, WIDEST),
    }
}

/// The value of a variable; empty where it is not set or not text.
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// Whether the locale's characters are Unicode (setlocale(3): the first of these that is set).
fn unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable);
    let locale = locale.iter().find(|value| !value.is_empty());
    locale.is_some_and(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}

nix::ioctl_read_bad!(window_size, libc::TIOCGWINSZ, libc::winsize);

/// The columns of a terminal; `None` where it does not say.
fn columns(stream: &impl AsFd) -> Option<usize> {
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let descriptor = stream.as_fd().as_raw_fd();
    // SAFETY: the descriptor is borrowed until the call returns, and TIOCGWINSZ (ioctl_tty(2))
    // writes one `struct winsize`, which `size` is, or fails.
    let read = unsafe { window_size(descriptor, &raw mut size) };
    read.ok()
        .and_then(|_| (size.ws_col > 0).then_some(usize::from(size.ws_col)))
}
