//! Names of calls that are not what they seem: unknown, misspelt, of elsewhere, or replaced.

use super::resolver::Resolver;
use crate::diagnostics::{Applicability, Diagnostic, quote};
use crate::source::Span;
use crate::syscalls::groups::group;
use crate::syscalls::{
    Arch, closest_name, exists_elsewhere, replaced, syscall, syscall_number_anywhere,
};

impl Resolver<'_> {
    /// The warning that other calls were taken for a name.
    pub(super) fn report_replaced(
        &mut self,
        name: &str,
        span: Span,
        replacements: &[(Arch, &'static str)],
    ) {
        let Some(&(arch, _)) = replacements.first() else {
            return;
        };
        let mut instead: Vec<_> = replacements
            .iter()
            .map(|(_, name)| format!("`{name}`"))
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        instead.retain(|name| seen.insert(name.clone()));
        let instead = instead.join(", ");
        let message = match syscall(arch, name) {
            Some(_) => {
                format!(
                    "{arch} has other calls with the effect of `{name}`, which are denied too: {instead}"
                )
            }
            None => format!(
                "{arch} has no `{name}`; calls with its effect are denied instead: {instead}"
            ),
        };
        self.report(
            Diagnostic::warning("syscall-replaced", span, message)
                .with_help(format!("list {instead} too, to remove this warning")),
        );
    }

    /// A name that no kernel and no library has.
    pub(super) fn unknown(&mut self, name: &str, span: Span) {
        let message = format!("no system call is called {}", quote(name));
        self.report(self.with_guess(
            Diagnostic::error("syscall-unknown", span, message),
            "",
            name,
        ));
    }

    /// The same with a guess at what call or group was meant. `sign` is the `!` of an exclusion.
    pub(super) fn with_guess(&self, diagnostic: Diagnostic, sign: &str, name: &str) -> Diagnostic {
        if !self.sink.has_room(diagnostic.code) {
            return diagnostic;
        }
        if let Some((_, second)) = name.split_once(" - ") {
            return diagnostic.with_help(format!(
                "the line `- {second}` is indented deeper than the item before it, and continues its text: indent both alike"
            ));
        }
        let bare = bare(name);
        let guess = if is_known(&bare) {
            Some(bare)
        } else if let Some(group) = group(&format!("@{name}")) {
            Some(group.name.to_owned())
        } else {
            closest_name(self.native, &bare).map(str::to_owned)
        };
        match guess {
            Some(guess) => offered(diagnostic, sign, name, &guess, Applicability::Unsafe),
            None => diagnostic,
        }
    }
}

/// The same with what was meant by a name, and a fix where the name stands there as it is.
pub(in crate::resolve) fn offered(
    diagnostic: Diagnostic,
    sign: &str,
    name: &str,
    guess: &str,
    applicability: Applicability,
) -> Diagnostic {
    let span = diagnostic.span;
    let diagnostic = diagnostic.with_help(format!("did you mean `{sign}{guess}`?"));
    // With or without quotes, and not with escapes between them.
    let (length, written) = (span.end.saturating_sub(span.start), sign.len() + name.len());
    if length != written && length != written + 2 {
        return diagnostic;
    }
    // A group's name needs its quotes, and so does an exclusion.
    let quotes = if sign.is_empty() && !guess.starts_with('@') {
        ""
    } else {
        "\""
    };
    let text = format!("{quotes}{sign}{guess}{quotes}");
    diagnostic.with_fix(applicability, format!("write `{text}`"), span, text)
}

/// Whether the name means anything on Linux, on whatever architecture.
pub(super) fn is_known(name: &str) -> bool {
    syscall_number_anywhere(name) || exists_elsewhere(name).is_some() || replaced(name).is_some()
}

/// A name without what other languages put in front of it: `SYS_read`, `__NR_read`, `READ`.
fn bare(name: &str) -> String {
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return name.to_owned();
    }
    let lower = name.trim().to_ascii_lowercase();
    let prefixes = ["__nr_", "__x64_sys_", "nr_", "sys_"];
    let rest = prefixes
        .into_iter()
        .find_map(|prefix| lower.strip_prefix(prefix));
    rest.unwrap_or(&lower).trim_end_matches("()").to_owned()
}
