//! `toolchains`: compilers, interpreters and their packages, where people have them in their home directories.

use super::shares::{READ_ONLY, Shares};
use crate::diagnostics::{Diagnostic, nearest, quote};
use crate::facts::HostFact;
use crate::parse::NodeId;
use crate::source::Span;

pub(super) const KEY: &str = "toolchains";

/// What people have of a language in their home directories.
#[derive(Debug, Clone, Copy)]
pub struct Toolchain {
    /// Its name in a policy, with the `@`.
    pub name: &'static str,
    /// Paths from the home directory. None of them has credentials.
    pub paths: &'static [&'static str],
    /// What says that it lies there.
    pub source: &'static str,
}

/// The toolchains that a policy can name.
pub const TOOLCHAINS: [Toolchain; 6] = [
    Toolchain {
        name: "@go",
        paths: &[".goenv", ".local/go", "go/bin", "go/pkg/mod", "sdk"],
        source: "go.dev, Managing Go installations; `go help gopath`; goenv's manual",
    },
    Toolchain {
        name: "@java",
        paths: &[
            ".jdks",
            ".jenv",
            ".m2/repository",
            ".m2/wrapper",
            ".sdkman/candidates",
        ],
        source: "the manuals of IntelliJ IDEA, jenv, Maven (Settings Reference) and SDKMAN!",
    },
    Toolchain {
        name: "@node",
        paths: &[
            ".fnm",
            ".local/share/fnm",
            ".local/share/pnpm",
            ".npm-global",
            ".nvm",
            ".volta",
        ],
        source: "the manuals of fnm, pnpm (`PNPM_HOME`), npm (Resolving EACCES permissions errors), nvm and Volta",
    },
    Toolchain {
        name: "@python",
        paths: &[
            ".local/bin",
            ".local/lib",
            ".pyenv",
            "anaconda3",
            "miniconda3",
            "miniforge3",
        ],
        source: "Python's manual on `site` (user site directory); the manuals of pyenv and conda",
    },
    Toolchain {
        name: "@rust",
        paths: &[
            ".cargo/bin",
            ".cargo/env",
            ".cargo/git",
            ".cargo/registry",
            ".rustup",
        ],
        source: "the Cargo book, Cargo Home; the rustup book, Environment variables",
    },
    Toolchain {
        name: "@uv",
        paths: &[".local/bin", ".local/share/uv"],
        source: "uv's reference on storage",
    },
];

impl Shares<'_, '_> {
    /// Shows what the host has of the toolchains, except for what the policy shows otherwise.
    pub(super) fn toolchains(&mut self) {
        let Some((_, list)) = self.short_form(KEY) else {
            return;
        };
        let names: Vec<(String, Span)> = self
            .document
            .items(list)
            .iter()
            .filter_map(|&id| self.name(id))
            .collect();
        if !self.document.is_list(list) || names.len() < self.document.items(list).len() {
            return;
        }
        self.done.push(KEY);
        for (name, span) in names {
            let Some(toolchain) = TOOLCHAINS.iter().find(|one| one.name == name) else {
                self.unknown(&name, span);
                continue;
            };
            let home = self.facts.used_at(HostFact::Home, span, self.sink);
            for path in toolchain.paths {
                let path = format!("{home}/{path}");
                // A cache, or a share of the policy's own, has the same path; another toolchain may have it too.
                if !self.is_shown(&path) {
                    let optional = self.document.add_truth(span, true);
                    self.add(
                        READ_ONLY,
                        (&path, &path),
                        span,
                        vec![("optional", optional)],
                    );
                }
            }
        }
    }

    fn name(&self, id: NodeId) -> Option<(String, Span)> {
        let text = self.document.text(id)?;
        Some((text.to_owned(), self.document.node_span(id)))
    }

    fn unknown(&mut self, name: &str, span: Span) {
        let names = TOOLCHAINS.map(|toolchain| toolchain.name);
        let mut help = format!("there are `{}`", names.join("`, `"));
        if let Some(near) = nearest(name, names) {
            help = format!("did you mean `{near}`? {help}");
        }
        let message = format!("no toolchain is called {}", quote(name));
        self.sink
            .push(Diagnostic::error("unknown-toolchain", span, message).with_help(help));
    }
}
