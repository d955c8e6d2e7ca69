//! What entries reach, and where the policy says what is shown.

use crate::ir::network::{Connections, Direction};
use crate::lint::scope::Scope;
use crate::resolve::Allowed;
use crate::source::Span;

/// The connections that an entry of `allow` names.
pub(super) fn connections(allowed: &Allowed) -> Connections {
    Connections::new(Direction::Out, &allowed.hosts, allowed.ports)
}

/// The place of a view where the policy itself shows it, or else of a list.
pub(super) fn place(view: Option<Span>, list: &str, scope: &Scope<'_>) -> Span {
    view.filter(|span| span.file == 0)
        .unwrap_or_else(|| scope.key(list))
}
