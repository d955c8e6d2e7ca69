//! Files that a policy contains.

use super::paths::inside;
use super::scope::Scope;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use purple_policy as policy;

/// The most bytes that all files have together.
const MOST: usize = 512 << 10;

/// A file that the policy contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineFile {
    /// Inside: absolute and straight down.
    pub inside: String,
    /// What is in it.
    pub content: String,
    /// Whether it can be executed.
    pub executable: bool,
    /// The place of its path.
    pub span: Span,
}

/// The files.
pub(super) fn resolve(files: &[policy::InlineFile], scope: &mut Scope<'_>) -> Vec<InlineFile> {
    let sizes = files.iter().map(|file| file.content.len());
    if sizes.fold(0, usize::saturating_add) > MOST {
        let span = scope.document.key_span("/filesystem/files");
        let message = "the files have more than 512 KiB together";
        scope.report(
            Diagnostic::error("plan-too-large", span, message)
                .with_help("show a directory of the host with `immutable_paths`"),
        );
        return Vec::new();
    }
    let mut all = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let at = format!("/filesystem/files/{index}/sandbox_path");
        if let Some(inside) = inside(&file.sandbox_path, &at, scope) {
            all.push(InlineFile {
                inside,
                content: file.content.clone(),
                executable: file.executable,
                span: scope.span(&at),
            });
        }
    }
    all
}
