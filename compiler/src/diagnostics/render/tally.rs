//! What a run found, in numbers.

use crate::diagnostics::{Applicability, Diagnostic, Severity};

/// Counts over all files of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Policies looked at.
    pub files: usize,
    /// Errors found.
    pub errors: usize,
    /// Warnings found.
    pub warnings: usize,
    /// Notes found.
    pub notes: usize,
    /// Notes and warnings found that comments let stand.
    pub suppressed: usize,
    /// Fixes that a program may apply.
    pub fixable: usize,
    /// A code that was found: that of the first of the worst findings.
    pub code: Option<(Severity, &'static str)>,
    /// Files that could not be looked at.
    pub failures: Vec<Failure>,
}

/// A file that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The file as it was named.
    pub file: String,
    /// Why.
    pub message: String,
}

impl Tally {
    /// Counts the findings of one more file, and those that its comments let stand.
    pub fn add(&mut self, found: &[Diagnostic], suppressed: usize) {
        self.files += 1;
        self.suppressed += suppressed;
        for finding in found {
            match finding.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
                Severity::Note => self.notes += 1,
            }
            let safe = |fix: &crate::diagnostics::Fix| fix.applicability == Applicability::Safe;
            self.fixable += usize::from(finding.fix.as_ref().is_some_and(safe));
            if self
                .code
                .is_none_or(|(severity, _)| finding.severity > severity)
            {
                self.code = Some((finding.severity, finding.code));
            }
        }
    }

    /// Counts what another one has counted, which comes after it.
    pub fn join(&mut self, other: Self) {
        self.files += other.files;
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.notes += other.notes;
        self.suppressed += other.suppressed;
        self.fixable += other.fixable;
        if let Some((severity, _)) = other.code
            && self.code.is_none_or(|(before, _)| severity > before)
        {
            self.code = other.code;
        }
        self.failures.extend(other.failures);
    }

    /// The counts in a line: "2 files checked: 1 error, 3 notes". What comments let stand is another
    /// line, so that it does not read as nothing. What could not be checked stands
    /// for itself: nothing was found there because nobody has looked.
    pub fn summary(&self) -> String {
        let failed = match self.failures.len() {
            0 => None,
            count => Some(format!("{} could not be checked", counted(count, "file"))),
        };
        if let (0, Some(failed)) = (self.files, &failed) {
            return failed.clone();
        }
        let parts: Vec<String> = [
            (self.errors, "error"),
            (self.warnings, "warning"),
            (self.notes, "note"),
        ]
        .into_iter()
        .filter(|&(count, _)| count > 0)
        .map(|(count, noun)| counted(count, noun))
        .collect();
        let all = if parts.is_empty() {
            "nothing found".to_owned()
        } else {
            parts.join(", ")
        };
        let failed = failed.map_or(String::new(), |failed| format!("; {failed}"));
        let suppressed = match self.suppressed {
            0 => String::new(),
            count => format!("\n{} suppressed with a reason", counted(count, "finding")),
        };
        format!(
            "{} checked: {all}{failed}{suppressed}",
            counted(self.files, "file")
        )
    }

    /// What to type next; empty where nothing was found, otherwise lines.
    pub fn hints(&self) -> String {
        let mut out = String::new();
        if self.fixable > 0 {
            let fixes = counted(self.fixable, "safe fix");
            out.extend([fixes.as_str(), ": `purplec check --fix` writes them\n"]);
        }
        if let Some((_, code)) = self.code {
            out.extend([
                "`purplec explain ",
                code,
                "` says why, and what to write instead\n",
            ]);
        }
        out
    }
}

/// A number with its noun.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = match noun {
        _ if count == 1 => "",
        _ if noun.ends_with('x') => "es",
        _ => "s",
    };
    format!("{count} {noun}{plural}")
}
