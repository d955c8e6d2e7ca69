//! Names of calls that exist, but on none of the interfaces in question. A list for several architectures has many of them,
//! and one finding says so of all.

use super::absent::{Place, Why};
use super::resolver::Resolver;
use crate::diagnostics::{Diagnostic, Severity, Subjects, quote};
use crate::source::Span;
use crate::syscalls::{Arch, replaced};

/// For how many names the help says which calls do their jobs.
const MOST_JOBS: usize = 8;

impl<'a> Resolver<'a> {
    /// Notes a name that has no effect.
    pub(super) fn elsewhere(&mut self, name: &'a str, span: Span, place: Place) {
        let why = match replaced(name).map(|known| known.what) {
            Some("never merged") => Why::NeverMerged,
            Some("library" | "other system") => Why::NoCall,
            _ => Why::Other,
        };
        let names = self.elsewhere.entry((place, why)).or_default();
        names.push((name, span));
    }

    /// Reports them: one finding for each list and reason.
    pub(super) fn names_of_elsewhere(&mut self) {
        let native = self.native;
        for ((place, why), mut names) in std::mem::take(&mut self.elsewhere) {
            names.sort_by_key(|(_, span)| *span);
            let jobs = jobs(&names, native);
            let effect = match place {
                Place::Allow => ["allowing it has no effect", "allowing them has no effect"],
                Place::Deny => ["there is nothing to deny"; 2],
                Place::Rule => ["this rule has no effect", "these rules have no effect"],
            };
            let said = match why {
                Why::NoCall => ["is no system call of Linux", "are no system calls of Linux"],
                Why::NeverMerged => [
                    "was proposed for Linux and never merged",
                    "were proposed for Linux and never merged",
                ],
                Why::Other => ["does not exist", "do not exist"],
            };
            let here = if why == Why::Other {
                format!(" on {native}")
            } else {
                String::new()
            };
            let subjects = Subjects {
                each: names
                    .iter()
                    .map(|(name, span)| ((*name).to_owned(), *span))
                    .collect(),
                said: [0, 1].map(|at: usize| {
                    let part = |of: [&'static str; 2]| of.get(at).copied().unwrap_or_default();
                    format!("{}{here}: {}", part(said), part(effect))
                }),
                here: "has no effect either",
            };
            let found = Diagnostic::about(Severity::Warning, "syscall-elsewhere", subjects);
            let found = found.map(|found| match &jobs {
                Some(jobs) => found.with_help(jobs.clone()),
                None => found,
            });
            if let Some(found) = found {
                self.report(found);
            }
        }
    }
}

/// The calls that do the jobs of names, where there are some.
fn jobs(names: &[(&str, Span)], native: Arch) -> Option<String> {
    let mut known: Vec<(&str, String)> = Vec::new();
    for (name, _) in names {
        let by = replaced(name)
            .map(|known| known.by(native))
            .unwrap_or_default();
        let by: Vec<String> = by.into_iter().map(quote).collect();
        if !by.is_empty() && known.iter().all(|(other, _)| other != name) {
            known.push((name, by.join(", ")));
        }
    }
    let shown = known.iter().take(MOST_JOBS);
    match (names, known.as_slice()) {
        (_, []) => None,
        ([_], [(_, by)]) => Some(format!("its job on {native}: {by}")),
        _ => {
            let shown = shown.map(|(name, by)| format!("{by} for {}", quote(name)));
            let more = match known.len().saturating_sub(MOST_JOBS) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            Some(format!(
                "their jobs on {native}: {}{more}",
                shown.collect::<Vec<_>>().join("; ")
            ))
        }
    }
}
