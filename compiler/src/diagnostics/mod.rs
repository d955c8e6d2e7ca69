//! Diagnostics as data: collected in a sink, rendered elsewhere.

mod about;
mod finding;
pub mod fix;
mod hidden;
pub mod pages;
pub mod render;
mod sink;
mod subjects;
mod suggest;
mod suppressed;

pub(crate) use finding::REMOVE_ITEM;
pub use finding::{Applicability, Diagnostic, Edit, Fix, Related, Severity, respelt};
pub(crate) use hidden::{Hidden, hidden, is_hidden};
pub use sink::{MAX_PER_CODE, Sink};
pub use subjects::{Subjects, listed};
pub use suggest::{Meant, alternatives, meant, nearest, quote};
pub use suppressed::Suppressed;
