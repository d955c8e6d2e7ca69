//! The paths of the host that a policy shows.

use super::kind::{Kind, kind};
use crate::ir::{Action, Ir};
use crate::resolve::host::plain;
use crate::source::Span;

/// A path of the host, shown inside.
#[derive(Debug, Clone)]
pub struct Share {
    /// On the host, without `.` steps and slashes at the end: `/usr`, `output`, or `.`.
    pub host: String,
    /// Inside.
    pub inside: String,
    /// Whether the program can write there.
    pub writable: bool,
    /// The place of the host path; `None` for a default.
    pub span: Option<Span>,
}

/// How dangerous it is that a program sees a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Danger {
    /// Everything of the host.
    Root,
    /// A way to act outside.
    Socket,
    /// Secrets, or what the sandbox separates.
    Secrets,
    /// The host's programs and settings: harmless to read.
    System,
    /// A directory like any other.
    None,
}

impl Share {
    /// How dangerous it is to see it.
    pub fn danger(&self) -> Danger {
        match kind(&self.host) {
            Kind::Root => Danger::Root,
            Kind::Socket(_) => Danger::Socket,
            Kind::Kernel | Kind::Secrets(_) | Kind::Settings | Kind::Home | Kind::Homes => {
                Danger::Secrets
            }
            Kind::System => Danger::System,
            Kind::Plain => Danger::None,
        }
    }

    /// Whether it is the directory that the sandbox is started from, or one above it.
    pub fn is_project(&self) -> bool {
        self.host.split('/').all(|part| matches!(part, "." | ".."))
    }
}

/// Every path of the host that the policy shows, in the order of the paths inside.
pub fn shares(ir: &Ir) -> Vec<Share> {
    let steps = ir.steps.iter();
    steps
        .filter(|step| !step.target.starts_with("/dev/"))
        .filter_map(|step| match &step.action {
            Action::Bind { source, .. } => Some(Share {
                host: plain(source),
                inside: step.target.clone(),
                writable: !step.attributes.read_only,
                span: step.span,
            }),
            _ => None,
        })
        .collect()
}
