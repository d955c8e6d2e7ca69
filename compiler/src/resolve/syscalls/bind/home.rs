//! Whether a constant is one of the argument that it is compared with.

use std::ops::Range;

use super::{Binder, constants};
use crate::diagnostics::Diagnostic;
use crate::syscalls::Argument;

/// How many constants of an argument the help names.
const MOST_NAMES: usize = 4;

impl Binder<'_, '_> {
    /// Reports a constant of another argument, such as `SOCK_STREAM` beside `domain`: its number means something else there.
    pub(super) fn check_home(&mut self, name: &str, range: &Range<usize>, of: Option<Argument>) {
        let call = self.arguments.call;
        let Some(argument) = of.filter(|of| self.first && !depends(of.name)) else {
            return;
        };
        let known = constants::of_argument(self.arguments.arch, call, argument.name);
        if known.is_empty() || known.contains(&name) {
            return;
        }
        let span = self.span(range);
        if !self.misplaced.insert(span) {
            return;
        }
        let own: Vec<String> = known
            .iter()
            .take(MOST_NAMES)
            .map(|own| format!("`{own}`"))
            .collect();
        let more = if known.len() > MOST_NAMES {
            ", ..."
        } else {
            ""
        };
        let own = format!(
            "`{}` of `{call}` takes {}{more}",
            argument.name,
            own.join(", ")
        );
        let message = format!(
            "`{name}` is not a constant of argument `{}` of `{call}`",
            argument.name
        );
        let help = match constants::home(name, call) {
            Some((home, of)) if home == call => {
                format!("`{name}` belongs to its argument `{of}`; {own}")
            }
            Some(("*", of)) => format!("`{name}` belongs to arguments `{of}`; {own}"),
            Some((home, of)) => format!("`{name}` belongs to argument `{of}` of `{home}`; {own}"),
            None => own,
        };
        self.resolver.report(
            Diagnostic::warning("condition-constant-foreign", span, message).with_help(help),
        );
    }
}

/// Whether another argument says what one means, as in prctl(2): what it takes is in no table.
fn depends(argument: &str) -> bool {
    argument.starts_with("arg") || argument.starts_with("val")
}
