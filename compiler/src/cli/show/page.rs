//! Lines of `what: text`, as `show` prints a plan for people.

use purplec::diagnostics::render::visible;
use std::fmt::Write as _;

/// What is printed so far.
#[derive(Default)]
pub(super) struct Page(pub(super) String);

impl Page {
    /// Adds a line, what it is about first. Control characters are made visible.
    pub(super) fn line(&mut self, about: &str, text: &str) {
        let text = visible(text);
        if writeln!(self.0, "{about:13} {text}").is_err() {
            // Writing to a string cannot fail.
        }
    }

    /// Adds names, as many on a line as fit.
    pub(super) fn names(&mut self, about: &str, names: &[&str]) {
        const WIDTH: usize = 84;
        let mut line = String::new();
        for name in names {
            if !line.is_empty() && line.len() + name.len() > WIDTH {
                self.line(about, &line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(name);
        }
        self.line(about, if names.is_empty() { "none" } else { &line });
    }
}
